"""Files by their digests in a local folder: written at once and whole, verified before they are trusted."""

# Paths are plain texts here: making Path objects costs more than the system calls.
# ruff: noqa: PTH101, PTH103, PTH104, PTH108, PTH112, PTH114, PTH116, PTH120, PTH123, PTH208, PTH211

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import io
import itertools
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mainspring.core.digests import PREFIX
from mainspring.core.errors import IntegrityError, NotFoundError

IN_MEMORY: Final = 1 << 20
"""Files up to this size, in bytes, are read at once."""

_PIECE: Final = 1 << 20


class LocalFiles:
    """Named shelves of files, each file under its key: a digest without its prefix.

    Args:
        root: The folder, on one file system that knows hard links and locks.
        fsync: Wait for the disk before a file appears.
    """

    def __init__(self, root: Path, *, fsync: bool) -> None:
        self.root = root
        self.fsync = fsync
        self._text = str(root)
        self._temporary = f"{self._text}/tmp/"  # noqa: S108 # not the shared one
        self._numbers = itertools.count()
        self._verified: dict[str, tuple[int, int, int]] = {}
        os.makedirs(self._temporary, exist_ok=True)

    def path(self, shelf: str, key: str) -> str:
        """Where a file is, or would be."""
        return f"{self._text}/{shelf}/{key[:2]}/{key}"

    def has(self, key: str, size: int) -> bool:
        """Whether the bytes are here; a file that was cut short does not count."""
        try:
            return os.stat(self.path("files", key)).st_size == size
        except FileNotFoundError:
            return False

    def stat(self, key: str) -> os.stat_result:
        """Size and times of the bytes.

        Raises:
            NotFoundError: If they are not here.
        """
        try:
            return os.stat(self.path("files", key))
        except FileNotFoundError as error:
            raise self.missing(key) from error

    def write(self, shelf: str, key: str, data: bytes) -> None:
        """Write a file so that it appears at once and whole."""
        temporary = self.temporary()
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
        try:
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(descriptor, view) :]
                if self.fsync:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
            self._settle(temporary, self.path(shelf, key))
        except BaseException:
            remove(temporary)
            raise

    def bring(self, file: Path, key: str, *, move: bool) -> tuple[str, int]:
        """Copy or move a file in; gives the key and size of what came in."""
        temporary = self.temporary()
        try:
            if move:
                try:
                    os.rename(file, temporary)
                except OSError:  # another file system
                    move = False
            if not move:
                key = copy(str(file), temporary)
            os.chmod(temporary, 0o444)
            if self.fsync:
                _sync(temporary)
            size = os.stat(temporary).st_size
            self._settle(temporary, self.path("files", key))
        except BaseException:
            remove(temporary)
            raise
        return key, size

    def touch(self, shelf: str, key: str) -> bool:
        """Set the time of a file to now, if it is there."""
        try:
            os.utime(self.path(shelf, key))
        except FileNotFoundError:
            return False
        return True

    def link(self, key: str, shelf: str) -> None:
        """Put the bytes on a second shelf too."""
        source, path = self.path("files", key), self.path(shelf, key)
        try:
            hard_link(source, path)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            hard_link(source, path)

    def listed(self, shelf: str) -> Iterator[tuple[str, os.stat_result]]:
        """The keys of a shelf, in order."""
        top = f"{self._text}/{shelf}"
        for shard in sorted(os.listdir(top)) if os.path.isdir(top) else []:
            with os.scandir(f"{top}/{shard}") as entries:
                found = sorted(entries, key=lambda entry: entry.name)
            for entry in found:
                with contextlib.suppress(FileNotFoundError):
                    yield entry.name, entry.stat()

    def verify(self, key: str, file: io.BufferedReader | None = None) -> tuple[int, int, int]:
        """Compare the bytes with their digest, unless that was done and they were not touched since.

        Args:
            file: The bytes, opened, if the caller is going to read from it.

        Returns:
            Their size, time and place on the disk.

        Raises:
            IntegrityError: If they differ.
            NotFoundError: If they are not here.
        """
        found = os.fstat(file.fileno()) if file else self.stat(key)
        stamp = (found.st_size, found.st_mtime_ns, found.st_ino)
        if self._verified.get(key) != stamp:
            with contextlib.nullcontext(file) if file else open(self.path("files", key), "rb") as opened:
                actual = hashlib.file_digest(opened, "sha256").hexdigest()
            if actual != key:
                raise self.corrupt(key, "files")
            self._verified[key] = stamp
        return stamp

    def forget(self, key: str) -> None:
        """Remove the bytes."""
        self._verified.pop(key, None)
        remove(self.path("files", key))

    @contextlib.contextmanager
    def lock(self, *, exclusive: bool = False) -> Iterator[None]:
        """Putting goes on side by side; collecting waits for it and keeps it out."""
        descriptor = os.open(f"{self._text}/lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
            yield
        finally:
            os.close(descriptor)

    def temporary(self) -> str:
        """A path that nobody else uses, on the same file system."""
        return f"{self._temporary}{self.unique()}"

    def unique(self) -> str:
        """A name that nobody else uses."""
        return f"{os.getpid()}-{threading.get_ident()}-{next(self._numbers)}"

    def missing(self, key: str) -> NotFoundError:
        """The error for bytes that are not here."""
        return NotFoundError(f"there is no blob {PREFIX}{key}", where=self._text)

    def corrupt(self, key: str, shelf: str) -> IntegrityError:
        """The error for bytes that differ from their digest."""
        return IntegrityError(
            f"the bytes of blob {PREFIX}{key} are not what was stored",
            where=self.path(shelf, key),
            fix="put the original again, or run the step that made it again",
        )

    def _settle(self, temporary: str, path: str) -> None:
        try:
            os.rename(temporary, path)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.rename(temporary, path)
        if self.fsync:
            _sync(os.path.dirname(path))


def copy(source: str, target: str) -> str:
    """Copy a file piece by piece; gives the key of what was written."""
    hasher = hashlib.sha256()
    with open(source, "rb") as reader, open(target, "xb") as writer:
        while piece := reader.read(_PIECE):
            hasher.update(piece)
            writer.write(piece)
    return hasher.hexdigest()


def hard_link(source: str, path: str) -> None:
    """A second name for a file; a symbolic link where it has as many as it may. Nothing if there is one."""
    try:
        os.link(source, path)
    except FileExistsError:
        return
    except OSError as error:
        if error.errno != errno.EMLINK:
            raise
        os.symlink(source, path)


def remove(path: str) -> None:
    """Remove a file or a folder, if it is there."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _sync(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
