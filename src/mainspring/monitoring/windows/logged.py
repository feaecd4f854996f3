"""The windows of a log as it lies there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mainspring.core.clock import now
from mainspring.core.errors import InputError
from mainspring.data import ColumnType
from mainspring.monitoring.windows.building import built
from mainspring.monitoring.windows.outlines import Outline
from mainspring.monitoring.windows.window import Window
from mainspring.serving.feedback import Feedback
from mainspring.serving.feedback import read as read_feedback
from mainspring.serving.feedback.log import FOLDER
from mainspring.serving.payloads import LogRecord
from mainspring.serving.payloads.journal_reading import Wanted, read_as
from mainspring.serving.payloads.reading import ARRAYS


def by_time(
    folder: Path,
    *,
    seconds: float,
    model: str | None = None,
    since: float | None = None,
    until: float | None = None,
    types: Mapping[str, ColumnType] | None = None,
) -> Iterator[Window]:
    """Windows of equal length, oldest first; stretches without requests have none.

    The first begins at a whole multiple of the length since the epoch, so that everybody who looks sees the same
    windows. The requests between ``since`` and ``until`` are held in memory, and what became known of them since.

    Args:
        folder: The prediction log.
        seconds: Length of a window.
        model: Only requests to this model.
        since: Only requests from this time on.
        until: Only requests before this time; by default up to now.
        types: Types of columns; best those of the training data, so that columns without values fit them.

    Raises:
        InputError: If the length is not positive.
    """
    if seconds <= 0:
        raise InputError(f"a window of {seconds} seconds", expected="a positive length")
    end = now() if until is None else until
    parts: dict[int, list[LogRecord]] = {}
    for record in read_as(folder, ARRAYS, Wanted(since, until, model)):
        parts.setdefault(int(record.time // seconds), []).append(record)
    known = _feedback(folder, since, model)
    for number, records in sorted(parts.items()):
        start, stop = number * seconds, (number + 1) * seconds
        yield built(records, _about(records, known), start, stop, complete=stop <= end, types=types, number=number)


def by_count(
    folder: Path,
    *,
    rows: int,
    model: str | None = None,
    since: float | None = None,
    types: Mapping[str, ColumnType] | None = None,
) -> Iterator[Window]:
    """Windows of at least so many rows that were asked for, oldest first; requests are not torn apart.

    A request that failed and could not be read counts as many rows as the last one that could. The last window may
    be smaller, and is then not complete.

    Args:
        folder: The prediction log.
        rows: Rows in a window.
        model: Only requests to this model.
        since: Only requests from this time on.
        types: Types of columns, as for :func:`by_time`.

    Raises:
        InputError: If the number of rows is not positive.
    """
    if rows <= 0:
        raise InputError(f"a window of {rows} rows", expected="a positive number")
    known = _feedback(folder, since, model)
    waiting: list[LogRecord] = []
    outline = Outline(number=0, since=0.0, until=0.0)
    for record in read_as(folder, ARRAYS, Wanted(since, None, model)):
        waiting.append(record)
        outline.count(record)
        if outline.rows >= rows:
            yield _counted(waiting, known, outline.number, complete=True, types=types)
            waiting, outline = [], Outline(number=outline.number + 1, since=0.0, until=0.0, each=outline.each)
    if outline.rows:
        yield _counted(waiting, known, outline.number, complete=False, types=types)


def _counted(
    records: Sequence[LogRecord], known: Mapping[str, list[Feedback]], number: int, **more: Any
) -> Window:
    return built(records, _about(records, known), records[0].time, records[-1].time, number=number, **more)


def _feedback(folder: Path, since: float | None, model: str | None) -> dict[str, list[Feedback]]:
    """What became known since, by request; what is of no model may be of any."""
    found: dict[str, list[Feedback]] = {}
    for one in read_feedback(folder, since=since) if (folder / FOLDER).is_dir() else ():
        if model is None or one.model in {model, ""}:
            found.setdefault(one.id, []).append(one)
    return found


def _about(records: Iterable[LogRecord], known: Mapping[str, list[Feedback]]) -> Iterator[Feedback]:
    """What became known of some requests."""
    for name in {record.id for record in records} if known else ():
        yield from known.get(name, ())
