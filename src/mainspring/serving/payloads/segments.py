"""The files of a log: segments of JSON lines that grow, are closed, and survive a kill.

A segment that is being written is called ``<time>-<process>-<number>.jsonl.open`` and is locked by its writer;
when it is large or old enough it is synced and renamed to ``….jsonl``. Later it may become ``….parquet``
(:mod:`mainspring.serving.payloads.compacting`). Names sort by the time of their beginning. A line keeps its number
in its segment for ever: one that is erased leaves a blank line behind.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from mainspring.core.clock import Clock, now

CLOSED = ".jsonl"
OPEN = ".jsonl.open"
COMPACT = ".parquet"

_ORDER = (OPEN, CLOSED, COMPACT)
_BUFFER = 1 << 20


class SegmentWriter:
    """Appends lines to the newest segment. Not safe for threads.

    Args:
        folder: Where the segments lie; made if it is missing.
        max_bytes: A segment that has reached this size is full.
        max_seconds: A segment that was begun this long ago is full.

    Attributes:
        name: The segment that is being written; empty if there is none.
    """

    def __init__(self, folder: Path, *, max_bytes: int, max_seconds: float, clock: Clock = now) -> None:
        self.folder, self.name = folder, ""
        self._max_bytes, self._max_seconds, self._clock = max_bytes, max_seconds, clock
        self._file = -1
        self._size = 0
        self._began = 0.0
        self._number = 0
        folder.mkdir(parents=True, exist_ok=True)

    def begin(self) -> None:
        """Begin a segment."""
        self._began = self._clock()
        stamp = datetime.fromtimestamp(self._began, UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        while True:
            self._number += 1
            path = self.folder / f"{stamp}-{os.getpid()}-{self._number:06d}{OPEN}"
            try:
                file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o644)
            except FileExistsError:
                continue
            fcntl.flock(file, fcntl.LOCK_EX)
            if path.exists():
                break
            os.close(file)  # another process found it unlocked and empty, and cleared it away
        self.name, self._file, self._size = path.name, file, 0

    def append(self, lines: bytes) -> None:
        """Write whole lines, all or none of them, and hand them to the operating system.

        Raises:
            OSError: If they could not be written; the segment is then as it was before.
        """
        if not self.name:
            self.begin()
        try:
            write_all(self._file, lines)
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(lines)

    @property
    def room(self) -> int:
        """Bytes until the segment is full."""
        return self._max_bytes - self._size if self.name else self._max_bytes

    @property
    def full(self) -> bool:
        """Whether the segment is so large or old that it should be closed."""
        return bool(self.name) and (self.room <= 0 or self.due_in() <= 0)

    def due_in(self) -> float:
        """Seconds until the segment is old; infinite if there is none."""
        if not self.name:
            return float("inf")
        return self._began + self._max_seconds - self._clock()

    def close(self) -> None:
        """Sync the segment and give it its final name. The next :meth:`append` begins another one."""
        if not self.name:
            return
        path, file = self.folder / self.name, self._file
        self.name, self._file = "", -1
        try:
            os.fsync(file)
            path.rename(closed(path))
        finally:
            os.close(file)


def segments(folder: Path) -> list[Path]:
    """All segments, in whatever form, by the time of their beginning."""
    found = {stem(path): path for ending in _ORDER for path in folder.glob(f"*{ending}")}
    return [found[name] for name in sorted(found)]


def stem(path: Path) -> str:
    """The name of a segment, which it has in every form.

    Example:
        >>> stem(Path("log/20260101T000000.000000Z-1-000001.jsonl.open"))
        '20260101T000000.000000Z-1-000001'
    """
    name = path.name
    for ending in _ORDER:
        name = name.removesuffix(ending)
    return name


def closed(path: Path) -> Path:
    """The name of a segment of lines once it is closed."""
    return path.with_name(stem(path) + CLOSED)


def opened(segment: Path) -> BinaryIO:
    """A segment of lines, for reading.

    Raises:
        FileNotFoundError: If it is not there any more, not even closed.
    """
    try:
        return segment.open("rb", _BUFFER)
    except FileNotFoundError:
        return closed(segment).open("rb", _BUFFER)  # closed since it was listed


def lines(file: BinaryIO, offset: int = 0) -> Iterator[bytes]:
    """The complete lines of a segment, blank ones included; one that is still being written is left.

    Args:
        file: From :func:`opened`.
        offset: Where to begin, in bytes.
    """
    file.seek(offset)
    for line in file:
        if line.endswith(b"\n"):
            yield line


def write_all(file: int, data: bytes) -> None:
    """Write bytes to a file descriptor, however many calls it takes."""
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
