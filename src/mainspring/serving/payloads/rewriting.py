"""Changing lines of a log that are already written. Every other line keeps its number."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from mainspring.serving.payloads.segments import CLOSED, OPEN, closed, stem, write_all

Change: TypeAlias = Callable[[bytes], bytes | None]
"""Gives the line that takes the place of one, with its line feed; an empty one for nothing at all, and ``None`` if
nothing changes."""

FRESH = ".new"


def change_lines(segment: Path, change: Change) -> int:
    """Change lines of a segment of lines, which may be growing; gives how many were.

    A closed segment is replaced as a whole. In one that is being written, a line is overwritten where it stands,
    with blanks at its end; one that does not fit there any more moves to a segment of its own, right behind.

    Raises:
        FileNotFoundError: If the segment is not there, not even closed.
    """
    if segment.name.endswith(OPEN):
        try:
            with segment.open("r+b") as file:
                return sum(_overwrite(file.fileno(), *found, segment) for found in _changes(file, change))
        except FileNotFoundError:
            segment = closed(segment)  # closed since it was listed
    with segment.open("rb") as file:
        changes = {start: new for start, _, new in _changes(file, change)}
        if changes:
            file.seek(0)
            _replace(segment, _changed(file, changes))
    return len(changes)


def _changes(file: Iterator[bytes], change: Change) -> Iterator[tuple[int, bytes, bytes]]:
    """Where lines are to be changed, what stands there, and what should."""
    start = 0
    for line in file:
        if not line.endswith(b"\n"):
            return
        new = change(line)
        if new is not None:
            yield start, line, new
        start += len(line)


def _changed(file: Iterator[bytes], changes: dict[int, bytes]) -> Iterator[bytes]:
    start = 0
    for line in file:
        yield (changes[start] or b"\n") if start in changes else line
        start += len(line)


def _replace(segment: Path, lines: Iterator[bytes]) -> None:
    fresh = segment.with_name(segment.name + FRESH)
    with fresh.open("wb") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())
    keep_times(segment, fresh)
    fresh.rename(segment)


def _overwrite(file: int, start: int, old: bytes, new: bytes, segment: Path) -> int:
    room = len(old) - 1
    if len(new) - 1 > room:
        _set_apart(segment, start, new)
        new = b"\n"
    os.pwrite(file, new[:-1].ljust(room), start)
    return 1


def _set_apart(segment: Path, start: int, line: bytes) -> None:
    target = segment.with_name(f"{stem(segment)}+{start:012d}{CLOSED}")
    fresh = target.with_name(target.name + FRESH)
    file = os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o644)
    try:
        write_all(file, line)
        os.fsync(file)
    finally:
        os.close(file)
    fresh.rename(target)


def keep_times(old: Path, new: Path) -> None:
    """Give a file the times of another one: the files of a log are read by when they changed."""
    status = old.stat()
    os.utime(new, ns=(status.st_atime_ns, status.st_mtime_ns))
