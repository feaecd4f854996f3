"""The files that hold the figures of a server's processes, one per process, in a folder of the server's run.

A file is locked (``flock``) as long as its process lives: whoever gets the lock knows that the process is dead.
The system sees to that, also after ``kill -9``, and a process id that is used again does no harm.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import shutil
import tempfile
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

from mainspring.core.clock import Clock, now
from mainspring.core.errors import UnavailableError
from mainspring.serving.telemetry import records
from mainspring.serving.telemetry.arena import Arena
from mainspring.serving.telemetry.records import CHUNK

SUFFIX = ".figures"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  a folder of our own is made in it
PREFIX = "mainspring-metrics-"
_OWNER = "owner"


class ProcessFile:
    """The file of this process. A context manager; leaving it keeps the file for whoever folds it.

    Args:
        folder: Where it is made.
        name: Its name without ending; by default a new one that sorts by time.

    Attributes:
        arena: Hands out places in it.
        path: Where it is.

    Raises:
        UnavailableError: If there is no room for it.
    """

    def __init__(self, folder: Path, name: str | None = None, *, clock: Clock = now) -> None:
        self.path = folder / f"{name or _new_name(clock())}{SUFFIX}"
        hidden = self.path.with_suffix(".new")
        self._file = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._maps: list[mmap.mmap] = []
        try:
            # Locked before it has its name: nobody may take it for that of a dead process.
            fcntl.flock(self._file, fcntl.LOCK_EX)
            self.arena = Arena(self._grow, clock=clock)
            hidden.rename(self.path)
        except BaseException:
            os.close(self._file)
            hidden.unlink(missing_ok=True)
            raise

    def close(self) -> None:
        """Let go of the file; its figures stay until they are folded. Calling it again does nothing."""
        if self._file >= 0:
            fcntl.flock(self._file, fcntl.LOCK_UN)  # every map holds the file open, too
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _grow(self) -> memoryview:
        end = CHUNK * (len(self._maps) + 1)
        try:
            # Room is taken now: a page that cannot be written later would kill the process.
            os.pwrite(self._file, bytes(CHUNK), end - CHUNK)
        except OSError as error:
            raise UnavailableError(
                f"there is no room for metrics: {error.strerror}",
                where=str(self.path.parent),
                fix="free some space, or set another folder: metrics.folder",
            ) from error
        self._maps.append(mmap.mmap(self._file, CHUNK, offset=end - CHUNK))
        return memoryview(self._maps[-1])


class Reading:
    """A file of figures, read while its process writes. Not safe for threads.

    Raises:
        FileNotFoundError: If it is gone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._whole = memoryview(b"")
        self._map()

    @property
    def head(self) -> memoryview:
        """The first chunk; empty for a file that is none of figures."""
        first = self.chunk(0)
        return first if bytes(first[: len(records.MAGIC)]) == records.MAGIC else memoryview(b"")

    def chunk(self, number: int) -> memoryview:
        """A chunk; empty behind the end."""
        if (number + 1) * CHUNK > len(self._whole):
            self._map()
        return self._whole[number * CHUNK : (number + 1) * CHUNK]

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _map(self) -> None:
        size = os.fstat(self._file).st_size // CHUNK * CHUNK if self._file >= 0 else 0
        if size > len(self._whole):
            self._whole = memoryview(mmap.mmap(self._file, size, access=mmap.ACCESS_READ))


def is_dead(path: Path) -> bool:
    """Whether the process that wrote this file has ended."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False  # somebody has folded it
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(file)


class RunFolder:
    """The folder of one run of a server, made by the process that starts the others. A context manager.

    Args:
        parent: Where it is made; by default in shared memory, where writing never waits for a disk.

    Folders that a killed server left in the same place are removed.
    """

    def __init__(self, parent: Path | None = None) -> None:
        place = parent or (SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else Path(tempfile.gettempdir()))
        place.mkdir(parents=True, exist_ok=True)
        _sweep(place)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
        hidden = self.path / f"{_OWNER}.new"
        self._owner = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._owner, fcntl.LOCK_EX)
        hidden.rename(self.path / _OWNER)  # locked before it is there, as with the files of processes

    def close(self) -> None:
        """Remove it. Calling it again does nothing."""
        if self._owner >= 0:
            _remove(self.path)
            os.close(self._owner)
            self._owner = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _sweep(place: Path) -> None:
    for folder in place.glob(f"{PREFIX}*"):
        try:
            if folder.stat().st_uid == os.getuid() and is_dead(folder / _OWNER):
                _remove(folder)
        except OSError:  # another server sweeps too
            continue


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _new_name(seconds: float) -> str:
    return f"{int(seconds * 1000):014d}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
