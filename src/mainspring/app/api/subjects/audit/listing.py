"""The audit list, filtered, and written out."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from mainspring.app.accounts.book import Written
from mainspring.app.accounts.decisions import Sought, approvals_before, executions_before
from mainspring.app.accounts.keeping import accounts_of
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.audit.line import Line, of_decision, of_entry
from mainspring.core.clock import from_iso, iso
from mainspring.core.errors import InputError
from mainspring.core.records import Value

_MOST: Final = 1000
_AT_ONCE: Final = 1000
_FIELDS: Final = (
    "at",
    "sort",
    "who",
    "way",
    "address",
    "operation",
    "outcome",
    "about",
    "words",
    "given",
    "digest",
)

Who = Annotated[str, Meta(description="Only of somebody of this name.")]
What = Annotated[str, Meta(description="Only this operation, or all of a subject: `models.`")]
Moment = Annotated[str, Meta(description="A day or a moment in ISO 8601.")]
Kept = Literal["", "done", "refused", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """A part of the audit list.

    Attributes:
        lines: They, the newest first.
        earlier: What to give as ``before`` for those before them; empty if there are none.
    """

    lines: Sequence[Line]
    earlier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What can be filtered by.

    Attributes:
        people: Names in the latest entries.
        operations: Operations in the latest entries.
        entries: How many entries the trail has.
    """

    people: Sequence[str]
    operations: Sequence[str]
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A filter of the list."""

    who: str = ""
    operation: str = ""
    outcome: str = ""
    since: float | None = None
    until: float | None = None
    text: str = ""
    sort: str = ""


@operation("audit.list", "GET", "/audit", command="mainspring audit list")
def listed(
    desk: Desk,
    *,
    who: Who = "",
    operation: What = "",
    outcome: Kept = "",
    since: Moment = "",
    until: Moment = "",
    text: Annotated[str, Meta(description="What is in it, in any letters.")] = "",
    sort: Annotated[Literal["", "request", "decision"], Meta(description="Only these.")] = "",
    before: Annotated[str, Meta(description="`earlier` of the part before.")] = "",
    limit: Annotated[int, Meta(ge=1, le=_MOST)] = 50,
) -> Lines:
    """Who asked for what and what became of it, with what else was decided; the newest first.

    Args:
        outcome: Only what ended so.
    """
    asked = _asked(who=who, operation=operation, outcome=outcome, since=since, until=until, text=text, sort=sort)
    return part(desk, asked, before, limit)


@operation("audit.choices", "GET", "/audit-choices")
def choices(desk: Desk) -> Choices:
    """Names and operations of the latest entries, to filter by."""
    book = accounts_of(desk.platform).book
    total = book.head().number

    def make() -> Choices:
        latest = [one.entry for one in book.find(limit=500)]
        people = sorted({one.who for one in latest})
        return Choices(people=people, operations=sorted({one.operation for one in latest}), entries=total)

    return desk.shared.remembered("audit.choices", total // 20, make) if total > 500 else make()


@operation(
    "audit.export",
    "GET",
    "/audit-export",
    command="mainspring audit export --out FILE",
    audited=True,
    like=listed,
    without=("before", "limit"),
)
def export(desk: Desk, *, layout: Literal["jsonl", "csv"] = "jsonl", **given: Any) -> str:
    """The whole audit list, or what a filter leaves of it, as JSON lines or CSV; the newest first.

    Args:
        layout: How it is written.
        given: The filter, as for ``audit.list``.
    """
    lines = every(desk, _asked(**given))
    return _csv(lines) if layout == "csv" else "".join(msgspec.json.encode(one).decode() + "\n" for one in lines)


def every(desk: Desk, asked: Asked) -> Iterator[Line]:
    """All lines that a filter leaves, the newest first."""
    before = ""
    while True:
        found = part(desk, asked, before, _AT_ONCE)
        yield from found.lines
        before = found.earlier
        if not before:
            return


def part(desk: Desk, asked: Asked, before: str, limit: int) -> Lines:
    """Some lines: the trail and the record's decisions, put together by their time.

    Each of the three is read by its own numbers, so that what happened in one moment is neither lost nor shown
    twice; ``before`` has the last number of each.
    """
    places = _places(before)
    record, sought = desk.platform.store.record, _sought(asked)
    ways: dict[str, list[Line]] = {"t": [], "e": [], "a": []}
    numbers: dict[str, dict[str, int]] = {"t": {}, "e": {}, "a": {}}
    if asked.sort != "decision":
        entries = _entries(desk, asked, places.get("t"), limit + 1)
        ways["t"] = [of_entry(one) for one in entries]
        numbers["t"] = {str(one.number): one.id for one in entries}
    if asked.sort != "request" and asked.outcome != "failed":
        for key, read in (("e", executions_before), ("a", approvals_before)):
            found = read(record, sought, places.get(key), limit + 1, lambda one: _fits(of_decision(one), asked))
            ways[key] = [of_decision(one) for one in found]
            numbers[key] = {one.id: int(one.id[1:]) for one in ways[key]}
    both = sorted((one for key, lines in ways.items() for one in _in_order(key, lines)), key=lambda one: -one[0])
    shown = both[:limit]
    for _, key, one in shown:
        places[key] = numbers[key][one.id]
    earlier = ".".join(f"{key}{number}" for key, number in sorted(places.items())) if len(both) > limit else ""
    return Lines(lines=[one for _, _, one in shown], earlier=earlier)


def _in_order(key: str, lines: Sequence[Line]) -> Iterator[tuple[float, str, Line]]:
    """Lines with the time to sort them by: clocks of several machines differ, and each way keeps its own order."""
    latest = math.inf
    for one in lines:
        latest = min(latest, one.at)
        yield latest, key, one


def _entries(desk: Desk, asked: Asked, before: int | None, limit: int) -> Sequence[Written]:
    conditions: list[str] = []
    values: dict[str, Value] = {}
    if asked.who:
        conditions.append("properties.who = :who")
        values["who"] = asked.who[:128]
    if asked.operation.endswith("."):
        conditions.append("properties.subject = :subject")
        values["subject"] = asked.operation.rstrip(".")[:128]
    elif asked.operation:
        conditions.append("properties.operation = :operation")
        values["operation"] = asked.operation
    if asked.outcome:
        conditions.append("properties.outcome = :outcome")
        values["outcome"] = asked.outcome
    for name, sign, moment in (("since", ">=", asked.since), ("until", "<", asked.until)):
        if moment is not None:
            conditions.append(f"created_at {sign} :{name}")
            values[name] = moment
    if asked.text:
        conditions.append("custom.words LIKE :text")
        values["text"] = f"%{_escaped(asked.text)}%"
    if before is not None:
        conditions.append("id < :before")
        values["before"] = before
    return accounts_of(desk.platform).book.find(" AND ".join(conditions), values, limit=limit)


def _sought(asked: Asked) -> Sought:
    return Sought(by=asked.who, text=asked.text, since=asked.since, until=asked.until)


def _fits(one: Line, asked: Asked) -> bool:
    if asked.outcome and one.outcome != asked.outcome:
        return False
    if asked.operation.endswith("."):
        return one.operation.startswith(asked.operation)
    return not asked.operation or one.operation == asked.operation


def _places(before: str) -> dict[str, int]:
    found = {}
    for one in before.split(".") if before else []:
        if one[:1] not in ("t", "e", "a") or not one[1:].isdecimal() or len(one) > 16:
            raise InputError(f"{before!r} is no place in the list", expected="`earlier` of the part before")
        found[one[0]] = int(one[1:])
    return found


def _asked(*, since: str = "", until: str = "", text: str = "", **others: str) -> Asked:
    return Asked(since=_moment(since), until=_moment(until), text=text.lower(), **others)


def _moment(text: str) -> float | None:
    return from_iso(text) if text else None


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _csv(lines: Iterator[Line]) -> str:
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow(_FIELDS)
    for one in lines:
        told: dict[str, Any] = {name: getattr(one, name) for name in _FIELDS}
        told |= {"at": iso(one.at), "given": msgspec.json.encode(one.given).decode()}
        writer.writerow([_cell(str(value)) for value in told.values()])
    return made.getvalue()


def _cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


__all__ = ["Asked", "Choices", "Lines", "choices", "every", "export", "listed", "part"]
