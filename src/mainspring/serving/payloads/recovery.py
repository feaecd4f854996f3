"""Bringing a log in order after its writers were killed: what they had accepted goes where it belongs."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mainspring.serving.payloads.ring import Ring, locked
from mainspring.serving.payloads.segments import OPEN, SegmentWriter, closed, write_all
from mainspring.serving.payloads.spools import ring_files, tidy

_PIECE = 1 << 20
_SETTLED_SECONDS = 60.0


def recover(folder: Path) -> list[Path]:
    """Finish what writers that died have left: their rings are emptied, and their segments closed.

    Of a segment without a ring, complete lines are kept, and a torn last line is dropped. What belongs to writers
    that live is left alone. Several processes may recover the same folder at once.

    Returns:
        The segments that were closed, under their final names; one that held no complete line is removed.
    """
    recovered = []
    for path in ring_files(folder):
        ring = Ring.open(path, lock=True)
        if ring is not None:
            with ring:
                recovered += _empty(ring, folder)
                path.unlink(missing_ok=True)
        elif _is_torso(path):
            path.unlink(missing_ok=True)
        tidy(path.parent)
    taken = _targets(folder)  # of writers that live, and of those that somebody else is just finishing
    for path in sorted(folder.glob(f"*{OPEN}")):
        if path.name in taken:
            continue
        with _left_behind(path) as file:
            if file is not None and _keep_complete_lines(file, path):
                recovered.append(closed(path))
    return recovered


def _is_torso(path: Path) -> bool:
    """Whether a ring was not finished, because its maker was killed a good while ago."""
    try:
        with path.open("rb") as file:
            old = os.fstat(file.fileno()).st_mtime < time.time() - _SETTLED_SECONDS
            return old and file.read(8) in (b"", bytes(8))
    except OSError:
        return False


def _targets(folder: Path) -> set[str]:
    found = set()
    for path in ring_files(folder):
        ring = Ring.open(path, lock=False)
        if ring is not None:
            with ring:
                found.add(ring.target.segment)
    return found


def _empty(ring: Ring, folder: Path) -> list[Path]:
    """Move what is left in a ring, whose maker has died, to its segment, or to a new one."""
    target = ring.target
    if target.segment:
        path = folder / target.segment
        with _left_behind(path) as file:
            if file is not None:
                os.lseek(file, 0, os.SEEK_END)
                for piece in _pieces(ring, target.base + os.fstat(file).st_size):
                    write_all(file, piece)
                ring.release(ring.head - ring.tail)
                ring.point("")
                return [closed(path)] if _keep_complete_lines(file, path) else []
    begin = _unmoved(ring, folder / target.segment) if target.segment else ring.tail
    if begin >= ring.head:
        return []
    writer = SegmentWriter(folder, max_bytes=1, max_seconds=0.0)
    writer.begin()
    path = folder / writer.name
    ring.release(begin - ring.tail)
    ring.point(writer.name)
    for piece in _pieces(ring, begin):
        writer.append(piece)
    ring.release(ring.head - ring.tail)
    ring.point("")
    writer.close()
    return [closed(path)]


def _unmoved(ring: Ring, segment: Path) -> int:
    """The position of a ring from which on nothing is in its segment, which somebody else may have closed."""
    for form in (segment, closed(segment)):
        with contextlib.suppress(FileNotFoundError):
            return max(ring.target.base + form.stat().st_size, ring.tail)
    return ring.tail


def _pieces(ring: Ring, position: int) -> Iterator[bytes]:
    while position < ring.head:
        piece = ring.peek(position, _PIECE)
        yield piece
        position += len(piece)


@contextmanager
def _left_behind(path: Path) -> Iterator[int | None]:
    """An open segment, locked by us, if nobody else has locked it."""
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        yield None
        return
    try:
        yield file if locked(file) and path.exists() else None
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)
        os.close(file)


def _keep_complete_lines(file: int, path: Path) -> bool:
    end = _end_of_last_line(file)
    if end == 0:
        path.unlink()
        return False
    os.ftruncate(file, end)
    os.fsync(file)
    path.rename(closed(path))
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
