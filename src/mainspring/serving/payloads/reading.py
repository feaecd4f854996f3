"""Reading a log, while it may still be written, in whatever form its segments are."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from mainspring.core.errors import IntegrityError
from mainspring.serving.payloads import parquet
from mainspring.serving.payloads.blobs import Blobs
from mainspring.serving.payloads.packing import Fetch, decoded
from mainspring.serving.payloads.record import LogRecord
from mainspring.serving.payloads.ring import Ring
from mainspring.serving.payloads.segments import COMPACT, lines, opened, segments, stem
from mainspring.serving.payloads.spools import ring_files


@dataclass(slots=True)
class Place:
    """How far a segment was read.

    Attributes:
        line: The number of the next line.
        offset: Where it begins, in bytes,
        inode: in this file.
    """

    line: int = 0
    offset: int = 0
    inode: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records are wanted.

    Attributes:
        since: Those from this time on, in seconds since the epoch.
        until: Those before this time.
        model: Those of this model.
    """

    since: float | None = None
    until: float | None = None
    model: str | None = None

    def has(self, record: LogRecord) -> bool:
        """Whether a record is."""
        return not (
            (self.since is not None and record.time < self.since)
            or (self.until is not None and record.time >= self.until)
            or (self.model is not None and record.model != self.model)
        )


_ALL = Wanted()


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
    wanted = Wanted(since, until, model)
    places: dict[str, Place] = {}
    told: set[Path] = set()
    complete = False
    while not complete:
        before = {path: _tail(path) for path in ring_files(folder)}
        for segment in segments(folder):
            place = places.setdefault(stem(segment), Place())
            if since is None or _last_change(segment) >= since:
                for _, record in records(segment, wanted, place):
                    yield record
        rings = set(ring_files(folder))
        complete = rings >= before.keys()  # one that is gone is in segments now
        for path in rings - told:
            rest = _rest(path, places, before.get(path))
            if rest is None:
                complete = False
                continue
            told.add(path)
            fetch = Blobs(folder).read
            for number, line in enumerate(rest.splitlines(keepends=True)):
                record = _decode(line, path, number, fetch)
                if wanted.has(record):
                    yield record


def records(segment: Path, wanted: Wanted = _ALL, place: Place | None = None) -> Iterator[tuple[int, LogRecord]]:
    """The records of a segment with the numbers of their lines, which they keep for ever.

    Args:
        segment: One of :func:`mainspring.serving.payloads.segments.segments`.
        wanted: Which records.
        place: Where to begin; set to where it ended.

    Raises:
        IntegrityError: If a complete line is not a record; the message names the file and the line.
    """
    place = place or Place()
    if not segment.name.endswith(COMPACT):
        fetch = Blobs(segment.parent).read
        try:
            for line in _new_lines(segment, place):
                if not line.isspace():
                    record = _decode(line, segment, place.line - 1, fetch)
                    if wanted.has(record):
                        yield place.line - 1, record
        except FileNotFoundError:
            pass  # it became a Parquet file since it was listed
        else:
            return
    compact = segment.with_name(stem(segment) + COMPACT)
    try:
        for number, record in parquet.read(
            compact, since=wanted.since, until=wanted.until, model=wanted.model, start=place.line
        ):
            place.line = number + 1
            yield number, record
    except FileNotFoundError:
        return  # it was empty, or too old to be kept


def _new_lines(segment: Path, place: Place) -> Iterator[bytes]:
    """The complete lines of a segment from a place on, which moves along."""
    with opened(segment) as file:
        inode = os.fstat(file.fileno()).st_ino
        if place.line and place.inode != inode:
            # Lines were changed since, and it is another file; their numbers are the same.
            place.offset = sum(len(line) for line, _ in zip(file, range(place.line), strict=False))
        place.inode = inode
        for line in lines(file, place.offset):
            place.line += 1
            place.offset += len(line)
            yield line


def _tail(path: Path) -> int | None:
    ring = Ring.open(path, lock=False)
    if ring is None:
        return None
    with ring:
        return ring.tail


def _rest(path: Path, places: dict[str, Place], tail: int | None) -> bytes | None:
    """The lines of a ring that are in no segment; ``None`` if there is more in segments than was read.

    Args:
        path: The ring.
        places: How far segments were read.
        tail: How far it had been moved before.
    """
    ring = Ring.open(path, lock=False)
    if ring is None:
        return b"" if path.exists() else None
    with ring:
        target = ring.target
        if target.segment:
            place = places.get(stem(Path(target.segment)))
            begin = None if place is None else target.base + place.offset
        else:
            begin = tail
        if begin is None:
            return None
        rest = ring.peek(begin, ring.capacity)
        return rest if ring.target == target and ring.tail <= begin else None


def _decode(line: bytes, segment: Path, number: int, fetch: Fetch) -> LogRecord:
    try:
        return decoded(line, fetch)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise IntegrityError(
            f"a line is not a log record: {error}",
            expected="one JSON object per line, as the server wrote it",
            where=f"{segment}:{number + 1}",
            fix="restore the file, or move it out of the folder",
        ) from error


def _last_change(segment: Path) -> float:
    try:
        return segment.stat().st_mtime
    except FileNotFoundError:
        return time.time()  # renamed since it was listed
