"""A ring of bytes in shared memory: what was put into it outlives the process that did it.

The log of a server cannot wait for a disk, and must lose nothing when the server is killed. So a record is copied
into a file that is mapped into memory, where the operating system owns it from that moment on, and a thread moves
it to the disk. The copy costs a fraction of a microsecond and no system call.

A ring knows, besides its bytes, into which segment they are being moved, and at which position of the ring that
segment began. How far it got is not written down: the size of the segment says it, to the byte. So after a kill
the rest can be moved by anybody, and nothing twice.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import mmap
import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_MAGIC: Final = int.from_bytes(b"msring01", "little")
_PAGE: Final = 4096
_PIECE: Final = 1 << 20
_MAGIC_AT, _CAPACITY_AT, _HEAD_AT, _TAIL_AT, _SLOT_AT, _BASE_AT = range(6)
_SLOTS: Final = (512, 1024)  # where the names of segments are kept: the one that counts, and the next
_LONGEST_NAME: Final = 255
_OWNER_AT: Final = 2048


@dataclass(frozen=True, slots=True)
class Target:
    """Where the bytes of a ring go.

    Attributes:
        segment: Name of the segment; empty between two of them.
        base: The position of the ring with which the segment begins.
    """

    segment: str
    base: int


class Ring:
    """Bytes on their way to a segment. One thread puts, one moves; a context manager.

    Positions count all the bytes ever put, and only grow.

    Attributes:
        path: The file behind it.
        capacity: How many bytes it holds.
    """

    def __init__(self, path: Path, file: int, capacity: int) -> None:
        self.path, self.capacity = path, capacity
        self._file = file
        self._map = mmap.mmap(file, _PAGE + capacity)
        self._all = memoryview(self._map)
        self._words, self._data = self._all[:_PAGE].cast("Q"), self._all[_PAGE:]
        self._head, self._tail = self._words[_HEAD_AT], self._words[_TAIL_AT]

    @classmethod
    def create(cls, path: Path, capacity: int, owner: str = "") -> Self:
        """A new ring, locked by this process as long as it lives.

        Args:
            path: Its file.
            capacity: How many bytes it holds.
            owner: The folder that its bytes go to.

        Raises:
            FileExistsError: If there is one of this name.
            OSError: If there is no room for it.
        """
        file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            _reserve(file, _PAGE + capacity)
            made = cls(path, file, capacity)
        except OSError:
            path.unlink(missing_ok=True)
            os.close(file)
            raise
        made._words[_CAPACITY_AT] = capacity
        name = owner.encode()[: _PAGE - _OWNER_AT]
        made._all[_OWNER_AT : _OWNER_AT + len(name)] = name
        made._words[_MAGIC_AT] = _MAGIC
        return made

    @classmethod
    def open(cls, path: Path, *, lock: bool) -> Self | None:
        """A ring that another process made.

        Args:
            path: Its file.
            lock: Take it over, if its maker has died.

        Returns:
            ``None`` if it is gone, not finished, not to be read, or should be locked and its maker lives.
        """
        try:
            file = os.open(path, os.O_RDWR)
        except (FileNotFoundError, PermissionError):
            return None
        with contextlib.ExitStack() as undo:
            undo.callback(os.close, file)
            if lock and not locked(file):
                return None
            size = os.fstat(file).st_size
            head = os.pread(file, 16, 0)
            if size <= _PAGE or int.from_bytes(head[:8], "little") != _MAGIC or not path.exists():
                return None
            made = cls(path, file, int.from_bytes(head[8:16], "little"))
            undo.pop_all()
            return made

    def put(self, data: bytes) -> bool:
        """Add bytes, all or none of them: false if there is no room."""
        size, head, capacity = len(data), self._head, self.capacity
        end = head + size
        if end - self._tail > capacity:
            return False
        start = head % capacity
        stop = start + size
        if stop <= capacity:
            self._data[start:stop] = data
        else:
            rest = capacity - start
            self._data[start:] = data[:rest]
            self._data[: size - rest] = data[rest:]
        # Only now do they count: who is killed before has put nothing.
        self._words[_HEAD_AT] = self._head = end
        return True

    @property
    def head(self) -> int:
        """The position after the last byte put."""
        return self._words[_HEAD_AT]

    @property
    def tail(self) -> int:
        """The position of the first byte that is still here."""
        return self._words[_TAIL_AT]

    def peek(self, position: int, limit: int) -> bytes:
        """Bytes from a position on, as far as they were put, and no more than so many."""
        size = min(self.head - position, limit)
        start = position % self.capacity
        rest = self.capacity - start
        if size <= rest:
            return bytes(self._data[start : start + size])
        return bytes(self._data[start:]) + bytes(self._data[: size - rest])

    def release(self, size: int) -> None:
        """Forget the oldest bytes: they are where they belong. Nothing of them stays in memory."""
        start, tail = self._tail % self.capacity, self._tail + size
        rest = self.capacity - start
        self._data[start : start + min(size, rest)] = bytes(min(size, rest))
        if size > rest:
            self._data[: size - rest] = bytes(size - rest)
        self._words[_TAIL_AT] = self._tail = tail

    @property
    def target(self) -> Target:
        """The segment that the bytes are being moved to."""
        slot = self._words[_SLOT_AT]
        name = bytes(self._all[_SLOTS[slot] : _SLOTS[slot] + _LONGEST_NAME]).partition(b"\0")[0]
        return Target(name.decode(), self._words[_BASE_AT + slot])

    @property
    def owner(self) -> str:
        """The folder that its bytes go to."""
        return bytes(self._all[_OWNER_AT:_PAGE]).partition(b"\0")[0].decode("utf-8", "replace")

    def point(self, segment: str) -> None:
        """What was not released yet goes to this segment, from its beginning; empty for none."""
        slot = 1 - self._words[_SLOT_AT]
        name = segment.encode()
        self._all[_SLOTS[slot] : _SLOTS[slot] + len(name) + 1] = name + b"\0"
        self._words[_BASE_AT + slot] = self._tail
        self._words[_SLOT_AT] = slot

    def close(self, *, remove: bool = False) -> None:
        """Let go of it. What it holds stays, unless the file is removed."""
        if remove:
            self.path.unlink(missing_ok=True)
        self._words.release()
        self._data.release()
        self._all.release()
        self._map.close()
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _reserve(file: int, size: int) -> None:
    """Take the room for a file now: without it, a process that writes to mapped memory would be killed."""
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(file, 0, size)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):
                raise
        else:
            return
    for start in range(0, size, _PIECE):
        os.pwrite(file, bytes(min(_PIECE, size - start)), start)


def locked(file: int) -> bool:
    """Lock a file, if nobody else has: whoever made it has died."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
