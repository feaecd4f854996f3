"""Reading a log, while it may still be written, in whatever form its segments are."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from pathlib import Path

import msgspec

from mainspring.core.errors import IntegrityError
from mainspring.serving.payloads import parquet
from mainspring.serving.payloads.packing import decoded
from mainspring.serving.payloads.record import LogRecord
from mainspring.serving.payloads.ring import Ring
from mainspring.serving.payloads.segments import COMPACT, OPEN, lines, segments, stem
from mainspring.serving.payloads.spools import ring_files


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
    seen: set[str] = set()
    rest: list[bytes] | None = None
    while rest is None:
        for segment in segments(folder):
            if stem(segment) in seen:
                continue
            seen.add(stem(segment))
            if since is None or _last_change(segment) >= since:
                for _, record in records(segment, since=since, until=until, model=model):
                    yield record
        rest = _homeless(folder, seen)
    for number, line in enumerate(rest):
        record = _decoded(line, folder, number)
        if _wanted(record, since, until, model):
            yield record


def records(
    segment: Path,
    *,
    since: float | None = None,
    until: float | None = None,
    model: str | None = None,
    start: int = 0,
) -> Iterator[tuple[int, LogRecord]]:
    """The records of a segment with the numbers of their lines, which they keep for ever.

    Args:
        segment: One of :func:`mainspring.serving.payloads.segments.segments`.
        since: Only records from this time on.
        until: Only records before this time.
        model: Only records of this model.
        start: Only lines from this number on.

    Raises:
        IntegrityError: If a complete line is not a record; the message names the file and the line.
    """
    if not segment.name.endswith(COMPACT):
        number = -1
        try:
            for number, line in enumerate(every_line(segment)):
                if number >= start and not line.isspace():
                    record = _decoded(line, segment, number)
                    if _wanted(record, since, until, model):
                        yield number, record
        except FileNotFoundError:
            start = max(start, number + 1)  # it became a Parquet file since it was listed
        else:
            return
    compact = segment.with_name(stem(segment) + COMPACT)
    yield from parquet.read(compact, since=since, until=until, model=model, start=start)


def every_line(segment: Path) -> Iterator[bytes]:
    """The complete lines of a segment of lines, with those that are still on their way to it.

    Raises:
        FileNotFoundError: If it is not there any more, not even closed.
    """
    size = 0
    while True:
        for line in lines(segment, size):
            size += len(line)
            yield line
        rest = _on_the_way(segment, size) if segment.name.endswith(OPEN) else b""
        if rest is not None:
            yield from rest.splitlines(keepends=True)
            return


def _homeless(folder: Path, seen: Collection[str]) -> list[bytes] | None:
    """The lines in rings for which there is no segment yet; ``None`` if there is one that was not seen."""
    found: list[bytes] = []
    for path in ring_files(folder):
        ring = Ring.open(path, lock=False)
        if ring is None:
            continue
        with ring:
            target = ring.target
            if target.segment:
                if stem(Path(target.segment)) not in seen:
                    return None
                continue  # the segment told of them already
            found += ring.peek(ring.tail, ring.capacity).splitlines(keepends=True)
            if ring.target != target:
                return None
    return found


def _on_the_way(segment: Path, size: int) -> bytes | None:
    """What a ring holds for a segment beyond this size; ``None`` if it was moved there meanwhile."""
    for path in ring_files(segment.parent):
        ring = Ring.open(path, lock=False)
        if ring is None:
            continue
        with ring:
            target = ring.target
            if target.segment == segment.name:
                begin = target.base + size
                data = ring.peek(begin, ring.capacity)
                return None if ring.tail > begin or ring.target != target else data
    return b""


def _decoded(line: bytes, where: Path, number: int) -> LogRecord:
    try:
        return decoded(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise IntegrityError(
            f"a line is not a log record: {error}",
            expected="one JSON object per line, as the server wrote it",
            where=f"{where}:{number + 1}",
            fix="restore the file, or move it out of the folder",
        ) from error


def _wanted(record: LogRecord, since: float | None, until: float | None, model: str | None) -> bool:
    return not (
        (since is not None and record.time < since)
        or (until is not None and record.time >= until)
        or (model is not None and record.model != model)
    )


def _last_change(segment: Path) -> float:
    try:
        return segment.stat().st_mtime
    except FileNotFoundError:
        return time.time()  # renamed since it was listed
