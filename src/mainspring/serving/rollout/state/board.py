"""A notice board: one process at a time writes, all others read without a lock, and nobody sees half a notice.

A file that is mapped into memory. A notice has a number, its generation; those with even numbers are written into
one place, those with odd numbers into another, and only then the number is changed, which is one store of eight
bytes. A writer that is killed leaves the old notice as it was; a reader during whose reading the number changed
reads again. Checksums find what a machine that failed has left.
"""

from __future__ import annotations

import errno
import mmap
import os
import time
import zlib
from pathlib import Path
from typing import Final

from mainspring.core.errors import UnavailableError

_MAGIC: Final = int.from_bytes(b"msboard1", "little")
_PAGE: Final = 4096
_MAGIC_AT, _GENERATION_AT = 0, 1
_SLOTS: Final = (8, 16)
_START, _SIZE, _SUM, _ROOM = range(4)
_TRIES: Final = 10_000


class Board:
    """The file, made if it is not there. For any number of readers and one writer at a time.

    Args:
        path: Of the file.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if os.fstat(self._file).st_size < _PAGE:
            reserve(self._file, 0, _PAGE)
        self._take()

    @property
    def generation(self) -> int:
        """The number of the notice; 0 if there is none."""
        return self._words[_GENERATION_AT]

    def read(self) -> tuple[int, bytes] | None:
        """The number of the notice, and the notice; ``None`` if there is none, or it is spoilt."""
        words = self._words
        for _ in range(_TRIES):
            generation = words[_GENERATION_AT]
            if not generation or words[_MAGIC_AT] != _MAGIC:
                return None
            slot = _SLOTS[generation & 1]
            start, size, checksum = words[slot + _START], words[slot + _SIZE], words[slot + _SUM]
            if start + size > len(self._map):
                if start + size > os.fstat(self._file).st_size:
                    return None if words[_GENERATION_AT] == generation else self.read()
                self._take()
                words = self._words
            notice = self._map[start : start + size]
            if words[_GENERATION_AT] == generation:
                return (generation, notice) if zlib.crc32(notice) == checksum else None
        return None

    def write(self, notice: bytes) -> int:
        """Put a notice in the place of the last one; gives its number."""
        words = self._words
        if words[_MAGIC_AT] != _MAGIC:
            # New, or spoilt: begin with a number that nobody has seen.
            self._map[:_PAGE] = bytes(_PAGE)
            words[_GENERATION_AT] = time.time_ns() // 1000
            words[_MAGIC_AT] = _MAGIC
        generation = words[_GENERATION_AT] + 1
        slot, size = _SLOTS[generation & 1], len(notice)
        if words[slot + _ROOM] < size or words[slot + _START] + size > len(self._map):
            room = -(-2 * size // _PAGE) * _PAGE
            end = os.fstat(self._file).st_size
            reserve(self._file, end, room)
            self._take()
            words = self._words
            words[slot + _START], words[slot + _ROOM] = end, room
        start = words[slot + _START]
        self._map[start : start + size] = notice
        words[slot + _SIZE], words[slot + _SUM] = size, zlib.crc32(notice)
        words[_GENERATION_AT] = generation
        return generation

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            self._words.release()
            self._map.close()
            os.close(self._file)
            self._file = -1

    def _take(self) -> None:
        # What was mapped before is let go of by the collector: another thread may be reading it.
        self._map = mmap.mmap(self._file, 0)
        self._words = memoryview(self._map)[:_PAGE].cast("Q")


def reserve(file: int, start: int, size: int) -> None:
    """Make room on the disk, now: memory that is mapped to a disk without any would kill who writes to it.

    Raises:
        UnavailableError: If there is none.
    """
    try:
        os.posix_fallocate(file, start, size)
    except OSError as error:
        if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):
            raise UnavailableError(
                f"there is no room for what a rollout knows: {error.strerror}", fix="make room on the disk"
            ) from error
        os.ftruncate(file, start + size)
