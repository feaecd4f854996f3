"""Requests that were answered: found, and shown in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from mainspring.app.accounts import Role
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.deployments.briefs import Brief, brief, right_of, safe_error
from mainspring.app.api.subjects.deployments.log import truths
from mainspring.app.api.subjects.deployments.log.conditions import (
    Conditions,
    arm_of,
    comparisons,
    flagged,
    rows_of,
)
from mainspring.app.api.subjects.deployments.log.searching import Cursor, Page, search
from mainspring.app.api.subjects.deployments.privacy import masked_columns, private_columns
from mainspring.core.clock import from_iso
from mainspring.core.errors import InputError, NotFoundError
from mainspring.serving.feedback.record import Feedback
from mainspring.serving.payloads.record import LogRecord

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring

MOST: Final = 500
"""So many requests are given at once at most."""

Flag: TypeAlias = Literal["", "yes", "no"]

_PATIENCE: Final = 1.5
_LONG: Final = 20.0
_ID_TIME: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """A page of requests.

    Attributes:
        model: The model that was asked.
        requests: They, the newest first.
        earlier: What asks for the page behind; empty at the end of the log.
        looked: How many were looked at.
        hurried: Whether the page is not full because the time was over: ``earlier`` goes on.
        folder: The log.
        exists: Whether there is one.
        hidden: Columns whose values are private.
    """

    model: str
    requests: Sequence[Brief]
    earlier: str
    looked: int
    hurried: bool
    folder: str
    exists: bool
    hidden: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request in full.

    Attributes:
        record: As it was logged; private values are masked unless they were asked for.
        arm: The way that a rollout sent it.
        values: The rows that were asked, by column, private values masked.
        answers: What was answered, row by row.
        truth: What became known, row by row: by key.
        feedback: Everything that was told, the newest first.
        outlier: Whether a row is unlike those that the model was trained on.
        hidden: Columns whose values are private.
        revealed: Whether they are shown.
        right: Whether each answer was right; ``None`` where that is not known.
    """

    record: LogRecord
    arm: str
    values: Sequence[Mapping[str, Any]]
    answers: Sequence[Mapping[str, Any]]
    truth: Sequence[Mapping[str, Any]]
    feedback: Sequence[Feedback]
    outlier: bool
    hidden: Sequence[str]
    revealed: bool
    right: Sequence[bool | None]


def log_of(opened: Mainspring) -> Path:
    """The folder of the log."""
    return opened.settings.path(opened.settings.serving.log)


@operation(
    "deployments.requests",
    "GET",
    "/deployments/{model:path}/requests",
    command="mainspring payloads tail --model {model}",
)
def requests(
    desk: Desk,
    model: str,
    *,
    since: str = "",
    until: str = "",
    version: str = "",
    arm: str = "",
    status: str = "",
    slower: float | None = None,
    text: str = "",
    columns: str = "",
    request: str = "",
    outlier: Flag = "",
    truth: Flag = "",
    before: str = "",
    limit: int = 50,
    seconds: float = _PATIENCE,
) -> Requests:
    """Requests to a model, the newest first.

    Args:
        arm: Only what this arm of a rollout answered.
        status: Only what ended so.
        slower: Only what took longer than so many milliseconds.
        text: What is in an input, an answer or an error.
        columns: Conditions with commas between, such as `age > 40`.
        outlier: Whether it was far from what the model knows.
        truth: Whether the truth is known.
        before: What the page before gave as `earlier`.
        seconds: How long to look before a page is given that is not full.
    """
    hidden = private_columns(desk.shared, model)
    folder = log_of(desk.platform)
    wanted = Conditions(
        model=model,
        since=_moment(since),
        until=_moment(until),
        version=version,
        arm=arm,
        status=status,
        slower=None if slower is None else slower / 1000.0,
        text=text,
        columns=comparisons(columns),
        request=request.strip(),
        outlier=None if not outlier else outlier == "yes",
        hidden=hidden,
    )
    page = search(
        folder,
        wanted,
        cursor=Cursor.read(before),
        limit=max(1, min(limit, MOST)),
        seconds=max(0.05, min(seconds, _LONG)),
        suits=partial(_known_or_not, folder, truth == "yes") if truth else None,
    )
    return _shown(folder, model, page, hidden)


def _known_or_not(folder: Path, wanted: bool, records: Sequence[LogRecord]) -> list[bool]:
    """Of each record, whether its truth is known, or is not, as it is wanted."""
    known = _told(folder, records)
    return [(one.id in known) is wanted for one in records]


def _shown(folder: Path, model: str, page: Page, hidden: frozenset[str]) -> Requests:
    known = _told(folder, page.records)
    return Requests(
        model=model,
        requests=[brief(one, known.get(one.id, ()), hidden) for one in page.records],
        earlier=str(page.earlier or ""),
        looked=page.looked,
        hurried=page.hurried,
        folder=str(folder),
        exists=folder.is_dir(),
        hidden=sorted(hidden),
    )


@operation(
    "deployments.request",
    "GET",
    "/deployments/{model:path}/requests/{request:path}",
    command="mainspring payloads tail --model {model} --json",
)
def request(desk: Desk, model: str, request: str) -> Request:
    """A request in full: what was asked and answered, its way, and what became known of it. Private values are
    masked.
    """
    return _full(desk, model, request, revealed=False)


@operation(
    "deployments.reveal",
    "GET",
    "/deployments/{model:path}/requests/{request:path}/private",
    role=Role.ADMIN,
    audited=True,
)
def reveal(desk: Desk, model: str, request: str) -> Request:
    """A request in full, with the values of private columns. That they were looked at is in the audit trail."""
    return _full(desk, model, request, revealed=True)


def found(desk: Desk, model: str, request: str) -> LogRecord:
    """A request as it was logged.

    Raises:
        NotFoundError: If the log does not have it.
    """
    folder = log_of(desk.platform)
    made = time_of(request)
    near = [] if made is None else [(made - _LONG, Cursor(made + _LONG))]
    records: Sequence[LogRecord] = ()
    for since, cursor in [*near, (None, Cursor())]:  # the caller's own id may look like one of ours
        for exact in (True, False):
            wanted = Conditions(model=model, request=request, exact=exact, since=since)
            records = records or search(folder, wanted, cursor=cursor, limit=2, seconds=_LONG).records
    if not records:
        raise NotFoundError(
            f"the log has no request {request!r} to {model}",
            where=str(folder),
            expected="the id of a logged request, as the header x-request-id of its answer told",
        )
    if len({one.id for one in records}) > 1:
        raise InputError(f"several requests begin with {request!r}", expected="more of the id")
    return records[0]


def _full(desk: Desk, model: str, request: str, *, revealed: bool) -> Request:
    record = found(desk, model, request)
    hidden = private_columns(desk.shared, model)
    feedback = sorted(
        _told(log_of(desk.platform), [record]).get(record.id, ()), key=lambda one: (-one.received, -one.time)
    )
    kept = record if revealed else _masked(record, hidden)
    truth: list[dict[str, Any]] = [{} for _ in range(record.rows)]
    for one in reversed(feedback):
        for row in range(record.rows) if one.row is None else [one.row]:
            if row < len(truth):
                truth[row][one.key] = one.value
    return Request(
        record=kept,
        arm=arm_of(record),
        values=[{name: row.get(name) for name in kept.columns} for row in rows_of(kept)],
        answers=[{name: row.get(name) for name in kept.outputs} for row in rows_of(kept)],
        truth=truth,
        feedback=feedback,
        outlier=flagged(record),
        hidden=sorted(hidden & set(record.columns)),
        revealed=revealed,
        right=right_of(record, feedback),
    )


def _masked(record: LogRecord, hidden: frozenset[str]) -> LogRecord:
    """A request without private values; what could not be read may hold any, and is left out."""
    from msgspec.structs import replace

    if not hidden:
        return record
    return replace(
        record,
        columns=masked_columns(record.columns, hidden),
        outputs=masked_columns(record.outputs, hidden),
        error=None if record.error is None else safe_error(record, hidden),
        body=None,
        subject="",
        parameters={name: value for name, value in record.parameters.items() if name not in hidden},
    )


def _told(folder: Path, records: Sequence[LogRecord]) -> Mapping[str, tuple[Feedback, ...]]:
    if not records:
        return {}
    return truths.told(folder, {one.id for one in records}, since=min(one.time for one in records))


def _moment(text: str) -> float | None:
    return from_iso(text) if text else None


def time_of(request: str) -> float | None:
    """When a request came by its id, if that is one that a server made (UUID version 7)."""
    digits = request.replace("-", "")
    if len(request) < len("00000000-0000-7") or digits[_ID_TIME : _ID_TIME + 1] != "7":
        return None
    try:
        return int(digits[:_ID_TIME], 16) / 1000.0
    except ValueError:
        return None
