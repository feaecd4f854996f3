"""The files of a prediction log: segments of JSON lines that grow, are closed, and survive a kill.

A segment that is being written is called ``<time>-<process>-<number>.jsonl.open`` and is locked by its writer;
when it is large or old enough it is synced and renamed to ``….jsonl``, after which it never changes. Names sort
by the time of their beginning. A writer that died leaves its segment open and unlocked: :func:`recover` keeps
its complete lines.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from mainspring.core.clock import Clock, now

CLOSED = ".jsonl"
OPEN = ".jsonl.open"


class SegmentWriter:
    """Appends lines to the newest segment, and begins another one when it is full or old. Not safe for threads.

    Args:
        folder: Where the segments lie; made if it is missing.
        max_bytes: A segment that has reached this size is closed.
        max_seconds: A segment that was begun this long ago is closed.
    """

    def __init__(self, folder: Path, *, max_bytes: int, max_seconds: float, clock: Clock = now) -> None:
        self.folder = folder
        self._max_bytes, self._max_seconds, self._clock = max_bytes, max_seconds, clock
        self._path: Path | None = None
        self._file = -1
        self._size = 0
        self._began = 0.0
        self._number = 0
        folder.mkdir(parents=True, exist_ok=True)

    def append(self, lines: bytes) -> None:
        """Write whole lines, all or none of them, and hand them to the operating system.

        Raises:
            OSError: If they could not be written; the segment is then as it was before.
        """
        if self._path is None:
            self._begin()
        try:
            _write_all(self._file, lines)
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(lines)
        self.rotate()

    def rotate(self) -> None:
        """Close the segment if it is full or old."""
        if self._path is not None and (self._size >= self._max_bytes or self.due_in() <= 0):
            self.close()

    def due_in(self) -> float:
        """Seconds until the segment is old; infinite if there is none."""
        if self._path is None:
            return float("inf")
        return self._began + self._max_seconds - self._clock()

    def close(self) -> None:
        """Sync the segment and give it its final name. The next :meth:`append` begins another one."""
        if self._path is None:
            return
        path, file = self._path, self._file
        self._path, self._file = None, -1
        try:
            os.fsync(file)
            path.rename(_final(path))
        finally:
            os.close(file)

    def _begin(self) -> None:
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
        self._path, self._file, self._size = path, file, 0


def recover(folder: Path) -> list[Path]:
    """Close the segments of writers that died: complete lines are kept, a torn last line is dropped.

    Segments whose writer lives are left alone. Several processes may recover the same folder at once.

    Returns:
        The segments that were closed, under their final names; one that held no complete line is removed.
    """
    recovered = []
    for path in sorted(folder.glob(f"*{OPEN}")):
        try:
            file = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            continue
        try:
            if _lock(file) and path.exists() and _keep_complete_lines(file, path):
                recovered.append(_final(path))
        finally:
            os.close(file)
    return recovered


def segments(folder: Path) -> list[Path]:
    """All segments, open ones included, by the time of their beginning."""
    found = {path.name.removesuffix(".open"): path for path in folder.glob(f"*{OPEN}")}
    found |= {path.name: path for path in folder.glob(f"*{CLOSED}")}
    return [found[name] for name in sorted(found)]


def lines(segment: Path) -> Iterator[bytes]:
    """The complete lines of a segment; a line that is still being written is left for later."""
    try:
        file = segment.open("rb")
    except FileNotFoundError:
        file = _final(segment).open("rb")  # closed since it was listed
    with file:
        for line in file:
            if line.endswith(b"\n"):
                yield line


def _final(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(".open"))


def _lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _keep_complete_lines(file: int, path: Path) -> bool:
    end = _end_of_last_line(file)
    if end == 0:
        path.unlink()
        return False
    os.ftruncate(file, end)
    os.fsync(file)
    path.rename(_final(path))
    return True


def _end_of_last_line(file: int, *, block: int = 1 << 16) -> int:
    """The length of the file up to and with its last line feed."""
    end = os.fstat(file).st_size
    while end > 0:
        start = max(0, end - block)
        found = os.pread(file, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
