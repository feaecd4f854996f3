"""What was answered, beside what became known of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mainspring.data import ColumnType, Table
from mainspring.serving.feedback.record import REWARD, Feedback
from mainspring.serving.payloads.cells import REQUEST, Cells, alike, cells_of, picked, plain
from mainspring.serving.payloads.record import LogRecord
from mainspring.serving.payloads.tables import made_of

FEEDBACK = "feedback."


def join(
    log: Iterable[LogRecord],
    feedback: Iterable[Feedback],
    types: Mapping[str, ColumnType] | None = None,
    *,
    known: bool = False,
) -> Table:
    """The rows of a log with what became known of them, as ``feedback.truth``, ``feedback.reward`` and so on.

    Whatever the order in which feedback came: of several values for the same request, key and row the one that
    became known last counts, and of those with one time the one that was told last. What is said of a row counts
    more than what is said of its whole request. Rows of which nothing is known have no value there.

    Requests that several servers logged under one id are told apart by nobody: give ids that are unique.

    Args:
        log: Requests to one model.
        feedback: What became known; what is about other requests is left out.
        types: Types of columns; see :func:`mainspring.serving.payloads.table`.
        known: Only rows of which something is known.
    """
    columns = cells_of(log)
    found = told(columns, feedback)
    columns |= found
    if known:
        kept = [
            place
            for place, cells in enumerate(zip(*found.values(), strict=True))
            if any(c is not None for c in cells)
        ]
        columns = {name: picked(values, kept) for name, values in columns.items()}
    return made_of(columns, {f"{FEEDBACK}{REWARD}": ColumnType.FLOAT, **(types or {})})


def told(columns: Mapping[str, Cells], feedback: Iterable[Feedback]) -> dict[str, Cells]:
    """The columns of what became known of some rows; see :func:`join`.

    Args:
        columns: Of the rows: ``request.id`` and ``request.row`` at least.
        feedback: What became known; what is about other requests is left out.
    """
    ids = columns[f"{REQUEST}id"]
    asked = set(ids)
    latest = _latest(one for one in feedback if one.id in asked)
    if not latest:
        return {}
    places = plain(columns[f"{REQUEST}row"])
    keys = sorted({key for said in latest.values() for key, _ in said})
    found: dict[str, list[Any]] = {f"{FEEDBACK}{key}": [] for key in keys}
    nothing: Mapping[tuple[str, int | None], Feedback] = {}
    for name, row in zip(ids, places, strict=True):
        said = latest.get(name, nothing)
        for key in keys:
            one = said.get((key, row)) or said.get((key, None))
            found[f"{FEEDBACK}{key}"].append(None if one is None else one.value)
    return {name: alike(values) for name, values in found.items()}


def pending(log: Iterable[LogRecord], feedback: Iterable[Feedback]) -> list[Feedback]:
    """The feedback about requests that are not in a log: not yet, not any more, or never.

    Args:
        log: Requests.
        feedback: What became known.
    """
    known = {record.id for record in log}
    return [one for one in feedback if one.id not in known]


def _latest(feedback: Iterable[Feedback]) -> dict[str, dict[tuple[str, int | None], Feedback]]:
    """The value that counts, by request, key and row."""
    latest: dict[str, dict[tuple[str, int | None], Feedback]] = {}
    for one in feedback:
        said = latest.setdefault(one.id, {})
        before = said.get((one.key, one.row))
        if before is None or (one.time, one.received) >= (before.time, before.received):
            said[one.key, one.row] = one
    return latest
