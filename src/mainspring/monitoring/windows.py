"""Windows: stretches of the prediction log that are judged as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mainspring.core.clock import iso, now
from mainspring.core.errors import InputError
from mainspring.data import ColumnType, Table
from mainspring.serving.payloads import LogRecord, read, table


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of the prediction log.

    Attributes:
        since: Its beginning, in seconds since the epoch.
        until: Its end: the moment after it, or, in a window by count, its last request.
        table: The rows that were answered: inputs under their names, ``output.…`` and ``request.…`` beside them.
        requests: How many requests there were.
        errors: How many of them failed.
        complete: Whether nothing more can come in.
    """

    since: float
    until: float
    table: Table
    requests: int
    errors: int
    complete: bool

    def __str__(self) -> str:
        return f"{iso(self.since)} to {iso(self.until)}, {self.table.num_rows} rows"


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
    windows. The requests between ``since`` and ``until`` are held in memory.

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
    for record in read(folder, since=since, until=until, model=model):
        parts.setdefault(int(record.time // seconds), []).append(record)
    for number, records in sorted(parts.items()):
        start, stop = number * seconds, (number + 1) * seconds
        yield _window(records, start, stop, complete=stop <= end, types=types)


def by_count(
    folder: Path,
    *,
    rows: int,
    model: str | None = None,
    since: float | None = None,
    types: Mapping[str, ColumnType] | None = None,
) -> Iterator[Window]:
    """Windows of at least so many rows, oldest first; requests are not torn apart.

    The last one may be smaller, and is then not complete.

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
    waiting: list[LogRecord] = []
    count = 0
    for record in read(folder, since=since, model=model):
        waiting.append(record)
        count += record.rows
        if count >= rows:
            yield _window(waiting, waiting[0].time, record.time, complete=True, types=types)
            waiting, count = [], 0
    if count:
        yield _window(waiting, waiting[0].time, waiting[-1].time, complete=False, types=types)


def _window(
    records: Sequence[LogRecord],
    since: float,
    until: float,
    *,
    complete: bool,
    types: Mapping[str, ColumnType] | None,
) -> Window:
    return Window(
        since=since,
        until=until,
        table=table(records, types),
        requests=len(records),
        errors=sum(record.error is not None for record in records),
        complete=complete,
    )
