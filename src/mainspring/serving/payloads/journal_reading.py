"""Reading the segments of a journal, while it may still be written, whatever its lines are about."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeAlias, TypeVar

import msgspec

from mainspring.core.errors import IntegrityError
from mainspring.serving.payloads.blobs import Blobs
from mainspring.serving.payloads.packing import Fetch
from mainspring.serving.payloads.ring import Ring
from mainspring.serving.payloads.segments import COMPACT, lines, opened, segments, stem
from mainspring.serving.payloads.spools import ring_files


class Timed(Protocol):
    """What lines are about: something of a model, at a time."""

    @property
    def time(self) -> float:
        """When, in seconds since the epoch."""
        ...

    @property
    def model(self) -> str:
        """The model."""
        ...


T = TypeVar("T", bound=Timed)


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

    def has(self, record: Timed) -> bool:
        """Whether a record is."""
        return not (
            (self.since is not None and record.time < self.since)
            or (self.until is not None and record.time >= self.until)
            or (self.model is not None and record.model != self.model)
        )


ALL = Wanted()

Entries: TypeAlias = Iterator[tuple[int, T]]
"""What lines say, with their numbers, which they keep for ever."""


@dataclass(frozen=True, slots=True)
class Form(Generic[T]):
    """What the lines of a journal are.

    Attributes:
        decode: Makes something of a line.
        compact: Reads a segment that is a Parquet file, from a place on, which it moves along; ``None`` where no
            segment ever becomes one.
    """

    decode: Callable[[bytes, Fetch], T]
    compact: Callable[[Path, Wanted, Place], Entries[T]] | None = None


def read_as(folder: Path, form: Form[T], wanted: Wanted = ALL) -> Iterator[T]:
    """What a journal says: also what is not on the disk yet, and what killed processes left behind.

    Args:
        folder: Of the journal.
        form: What its lines are.
        wanted: What is wanted of it.

    Raises:
        IntegrityError: If a complete line is of another form; the message names the file and the line.
    """
    places: dict[str, Place] = {}
    told: set[Path] = set()
    complete = False
    while not complete:
        before = {path: _tail(path) for path in ring_files(folder)}
        for segment in segments(folder):
            place = places.setdefault(stem(segment), Place())
            if wanted.since is None or _last_change(segment) >= wanted.since:
                for _, found in entries(segment, form, wanted, place):
                    yield found
        rings = set(ring_files(folder))
        complete = rings >= before.keys()  # one that is gone is in segments now
        for path in rings - told:
            rest = _rest(path, places, before.get(path))
            if rest is None:
                complete = False
                continue
            told.add(path)
            for _, found in _decoded(rest.splitlines(keepends=True), form, path, Place()):
                if wanted.has(found):
                    yield found


def entries(segment: Path, form: Form[T], wanted: Wanted = ALL, place: Place | None = None) -> Entries[T]:
    """What the lines of a segment say, with their numbers.

    Args:
        segment: One of :func:`mainspring.serving.payloads.segments.segments`.
        form: What its lines are.
        wanted: What is wanted of it.
        place: Where to begin; set to where it ended.

    Raises:
        IntegrityError: If a complete line is of another form.
    """
    place = place or Place()
    if not segment.name.endswith(COMPACT):
        try:
            for number, found in _decoded(_new_lines(segment, place), form, segment, place):
                if wanted.has(found):
                    yield number, found
        except FileNotFoundError:
            pass  # it became a Parquet file since it was listed
        else:
            return
    if form.compact is not None:
        with contextlib.suppress(FileNotFoundError):  # it was empty, or too old to be kept
            yield from form.compact(segment.with_name(stem(segment) + COMPACT), wanted, place)


def _decoded(found: Iterable[bytes], form: Form[T], where: Path, place: Place) -> Entries[T]:
    fetch = Blobs(where.parent).read
    for line in found:
        place.line += 1
        if line.isspace():
            continue
        try:
            value = form.decode(line, fetch)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise IntegrityError(
                f"a line is not of the form of this log: {error}",
                expected="one JSON object per line, as the server wrote it",
                where=f"{where}:{place.line}",
                fix="restore the file, or move it out of the folder",
            ) from error
        yield place.line - 1, value


def _new_lines(segment: Path, place: Place) -> Iterator[bytes]:
    """The complete lines of a segment from a place on, which moves along."""
    with opened(segment) as file:
        inode = os.fstat(file.fileno()).st_ino
        if place.line and place.inode != inode:
            # Lines were changed since, and it is another file; their numbers are the same.
            place.offset = sum(len(line) for line, _ in zip(file, range(place.line), strict=False))
        place.inode = inode
        for line in lines(file, place.offset):
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


def _last_change(segment: Path) -> float:
    try:
        return segment.stat().st_mtime
    except FileNotFoundError:
        return time.time()  # renamed since it was listed
