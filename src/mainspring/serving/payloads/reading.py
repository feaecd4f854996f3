"""Reading a payload log, while it may still be written, in whatever form its segments are."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

from mainspring.serving.payloads import parquet
from mainspring.serving.payloads.journal_reading import ALL, Form, Place, Wanted, entries, read_as
from mainspring.serving.payloads.packing import decoded
from mainspring.serving.payloads.record import LogRecord


def read(
    folder: Path, *, since: float | None = None, until: float | None = None, model: str | None = None
) -> Iterator[LogRecord]:
    """The records of a log, while it may still be written: also those that are not on the disk yet, and those that
    killed servers left behind.

    They come in the order in which they were written, segment by segment; if several servers share the folder
    their segments may overlap in time.

    Args:
        since: Only records from this time on, in seconds since the epoch.
        until: Only records before this time.
        model: Only records of this model.

    Raises:
        IntegrityError: If a complete line is not a record; the message names the file and the line.
    """
    return read_as(folder, RECORDS, Wanted(since, until, model))


def records(segment: Path, wanted: Wanted = ALL, place: Place | None = None) -> Iterator[tuple[int, LogRecord]]:
    """The records of a segment with the numbers of their lines, which they keep for ever.

    Args:
        segment: One of :func:`mainspring.serving.payloads.segments.segments`.
        wanted: Which records.
        place: Where to begin; set to where it ended.

    Raises:
        IntegrityError: If a complete line is not a record; the message names the file and the line.
    """
    return entries(segment, RECORDS, wanted, place)


def _compact(path: Path, wanted: Wanted, place: Place) -> Iterator[tuple[int, LogRecord]]:
    found = parquet.read(path, since=wanted.since, until=wanted.until, model=wanted.model, start=place.line)
    for number, record in found:
        place.line = number + 1
        yield number, record


RECORDS: Form[LogRecord] = Form(decoded, _compact)
"""The form of a payload log."""

ARRAYS: Form[LogRecord] = Form(functools.partial(decoded, arrays=True), _compact)
"""The same with arrays for packed numbers, for :mod:`mainspring.serving.payloads.cells`."""
