"""Blobs in a local folder.

::

    files/3f/3f9a…      bytes, by their digest, read-only
    folders/8c/8c01…    manifests of folders
    put/3f/3f9a…        empty: this file was put as a blob of its own; its time is that of the last put
    trees/8c/8c01…/     a folder laid out as hard links, on demand
    tmp/                files in the making
    lock                shared while something is put, exclusive while rubbish is collected
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import itertools
import os
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import parse_qsl, unquote

from mainspring.core.digests import PREFIX, digest_bytes, digest_file
from mainspring.core.errors import ConflictError, InputError, IntegrityError, NotFoundError
from mainspring.store import manifests
from mainspring.store.ports import BlobEntry

_IN_MEMORY: Final = 1 << 20
"""Files up to this size are read at once, in bytes."""

_PIECE: Final = 1 << 20

Stamp = tuple[int, int, int]


def open_blobs(url: str) -> LocalBlobs:
    """Open, and if need be make, a blob folder.

    Args:
        url: A plain path or ``file:///absolute/path``; ``?fsync=true`` waits for the disk at each put.
    """
    path, _, options = url.partition("?") if url.startswith("file:") else (url, "", "")
    if path.startswith("file:"):
        path = unquote(path.removeprefix("file://").removeprefix("file:"))
    given = dict(parse_qsl(options))
    fsync = given.pop("fsync", "false").lower()
    if given or not path or fsync not in ("true", "false"):
        raise InputError(f"{url!r} names no blob folder", expected="a path, or file:///path?fsync=true")
    return LocalBlobs(Path(path), fsync=fsync == "true")


class LocalBlobs:
    """The :class:`mainspring.store.ports.BlobStore` of a local folder.

    Args:
        root: The folder, on one file system that knows hard links and locks.
        fsync: Wait for the disk at each put, so that a power cut loses nothing.
    """

    def __init__(self, root: Path, *, fsync: bool = False) -> None:
        self._root = root.expanduser().absolute()
        self._fsync = fsync
        self._numbers = itertools.count()
        self._verified: dict[str, Stamp] = {}
        (self._root / "tmp").mkdir(parents=True, exist_ok=True)
        self._text = str(self._root)

    def __reduce__(self) -> tuple[type[LocalBlobs], tuple[Path]]:
        return type(self), (self._root,)

    def put_bytes(self, data: bytes) -> str:
        """Store bytes as a one-file blob."""
        digest = digest_bytes(data)
        key = digest[len(PREFIX) :]
        with self._lock():
            self._write(key, data)
            self._mark(key)
        return digest

    def put(self, path: Path, *, move: bool = False) -> str:
        """Store a file or a folder."""
        if path.is_dir():
            return self._put_folder(path, move=move)
        if not path.is_file():
            raise NotFoundError(f"there is no file or folder {path}")
        with self._lock():
            digest, _ = self._take(path, move=move)
            self._mark(digest[len(PREFIX) :])
        return digest

    def exists(self, digest: str) -> bool:
        """Whether the blob, with all its parts, is here."""
        key = manifests.check_digest(digest)
        if not os.path.exists(self._path("folders", key)):
            return os.path.exists(self._path("files", key))
        return all(
            os.path.exists(self._path("files", entry.digest[len(PREFIX) :])) for entry in self._manifest(key)
        )

    def entries(self, digest: str) -> Sequence[BlobEntry]:
        """The files of a blob."""
        key = manifests.check_digest(digest)
        if os.path.exists(self._path("folders", key)):
            return self._manifest(key)
        return [BlobEntry("", digest, self._stat(key).st_size)]

    @contextlib.contextmanager
    def open(self, digest: str, path: str = "") -> Iterator[BinaryIO]:
        """Read one file of a blob."""
        part = self._part(digest, path)
        key = part[len(PREFIX) :]
        try:
            file = open(self._path("files", key), "rb")  # noqa: SIM115 # closed below, or given to the caller
        except FileNotFoundError as error:
            raise self._missing(key) from error
        with file:
            if os.fstat(file.fileno()).st_size <= _IN_MEMORY:
                data = file.read()
                if digest_bytes(data) != part:
                    raise _corrupt(part, self._path("files", key))
                yield io.BytesIO(data)
            else:
                self._verify(key, file)
                file.seek(0)
                yield file

    def fetch(self, digest: str, target: Path) -> Path:
        """Lay the blob out as ordinary files."""
        if target.exists() or target.is_symlink():
            raise ConflictError(f"{target} exists already", expected="a path where nothing is yet")
        target.parent.mkdir(parents=True, exist_ok=True)
        entries = self.entries(digest)
        made = target.parent / f".{target.name}.{self._name()}"
        try:
            if len(entries) == 1 and not entries[0].path:
                self._copy_out(digest[len(PREFIX) :], made)
            else:
                made.mkdir()
                for entry in entries:
                    file = made / entry.path
                    file.parent.mkdir(parents=True, exist_ok=True)
                    self._copy_out(entry.digest[len(PREFIX) :], file)
            made.rename(target)
        except BaseException:
            _remove(made)
            raise
        return target

    def local(self, digest: str) -> Path:
        """A read-only path with the blob's content."""
        key = manifests.check_digest(digest)
        if not os.path.exists(self._path("folders", key)):
            self._verify(key)
            return Path(self._path("files", key))
        entries = self._manifest(key)
        tree = Path(self._path("trees", key))
        for entry in entries:
            self._verify(entry.digest[len(PREFIX) :])
        if not self._is_tree(tree, entries):
            self._plant(tree, entries)
        return tree

    def digests(self) -> Iterator[str]:
        """The digests of all blobs put."""
        for kind in ("put", "folders"):
            for key, _ in self._listed(kind):
                yield PREFIX + key

    def collect(self, keep: set[str], *, older_than: float = 86400.0, dry_run: bool = False) -> Sequence[str]:
        """Remove what is not to be kept."""
        before = time.time() - older_than
        with self._lock(exclusive=not dry_run):
            old = [
                (kind, key, stat)
                for kind in ("put", "folders")
                for key, stat in self._listed(kind)
                if PREFIX + key not in keep and stat.st_mtime < before
            ]
            if not dry_run:
                for kind, key, _ in old:
                    if kind == "folders":
                        _remove(Path(self._path("trees", key)))
                    os.unlink(self._path(kind, key))
                self._sweep(before)
        return sorted({PREFIX + key for _, key, _ in old})

    # Below: keys are digests without their prefix.

    def _put_folder(self, folder: Path, *, move: bool) -> str:
        with self._lock():
            entries = [BlobEntry(path, *self._take(file, move=move)) for path, file in manifests.files_of(folder)]
            data = manifests.to_bytes(entries)
            key = hashlib.sha256(data).hexdigest()
            if not self._touch("folders", key):
                self._place(data, self._path("folders", key))
        if move:
            _remove(folder)
        return PREFIX + key

    def _take(self, file: Path, *, move: bool) -> tuple[str, int]:
        """Bring a file in; gives its digest and size."""
        size = file.stat().st_size
        if size <= _IN_MEMORY:
            data = file.read_bytes()
            key = hashlib.sha256(data).hexdigest()
            self._write(key, data)
            size = len(data)
        else:
            key = digest_file(file)[len(PREFIX) :]
            if not self._has(key, size):
                key, size = self._bring(file, key, move=move and not file.is_symlink())
        if move:
            file.unlink(missing_ok=True)
        return PREFIX + key, size

    def _bring(self, file: Path, key: str, *, move: bool) -> tuple[str, int]:
        temporary = self._temporary()
        if move:
            try:
                file.rename(temporary)
            except OSError:
                move = False
        try:
            if not move:
                key = _copy(file, temporary)
            os.chmod(temporary, 0o444)
            size = os.stat(temporary).st_size
            self._settle(temporary, self._path("files", key))
        except BaseException:
            _remove(Path(temporary))
            raise
        return key, size

    def _write(self, key: str, data: bytes) -> None:
        if not self._has(key, len(data)):
            self._place(data, self._path("files", key))

    def _has(self, key: str, size: int) -> bool:
        """Whether the file is here; one that was cut short is not."""
        try:
            return os.stat(self._path("files", key)).st_size == size
        except FileNotFoundError:
            return False

    def _place(self, data: bytes, path: str) -> None:
        """Write a file so that it appears at once and whole."""
        temporary = self._temporary()
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
        try:
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(descriptor, view) :]
                if self._fsync:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
            self._settle(temporary, path, synced=True)
        except BaseException:
            _remove(Path(temporary))
            raise

    def _settle(self, temporary: str, path: str, *, synced: bool = False) -> None:
        if self._fsync and not synced:
            _sync(temporary)
        try:
            os.rename(temporary, path)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.rename(temporary, path)
        if self._fsync:
            _sync(os.path.dirname(path))

    def _mark(self, key: str) -> None:
        """Note that a file was put as a blob of its own, now."""
        if self._touch("put", key):
            return
        path = self._path("put", key)
        flags = os.O_WRONLY | os.O_CREAT
        try:
            os.close(os.open(path, flags, 0o444))
        except FileNotFoundError:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.close(os.open(path, flags, 0o444))

    def _touch(self, kind: str, key: str) -> bool:
        try:
            os.utime(self._path(kind, key))
        except FileNotFoundError:
            return False
        return True

    def _manifest(self, key: str) -> Sequence[BlobEntry]:
        path = self._path("folders", key)
        with open(path, "rb") as file:
            data = file.read()
        if hashlib.sha256(data).hexdigest() != key:
            raise _corrupt(PREFIX + key, path)
        return manifests.from_bytes(data)

    def _part(self, digest: str, path: str) -> str:
        """The digest of one file of a blob."""
        for entry in self.entries(digest):
            if entry.path == path:
                return entry.digest
        raise NotFoundError(
            f"blob {digest} has no file {path!r}",
            expected="one of " + ", ".join(repr(entry.path) for entry in self.entries(digest)[:20]),
        )

    def _verify(self, key: str, file: BinaryIO | None = None) -> None:
        """Compare a file with its digest, unless that was done and the file was not touched since."""
        found = os.fstat(file.fileno()) if file else self._stat(key)
        stamp = (found.st_size, found.st_mtime_ns, found.st_ino)
        if self._verified.get(key) == stamp:
            return
        path = self._path("files", key)
        actual = (
            hashlib.file_digest(file, "sha256").hexdigest() if file else digest_file(Path(path))[len(PREFIX) :]  # type: ignore[arg-type] # any binary file
        )
        if actual != key:
            self._verified.pop(key, None)
            raise _corrupt(PREFIX + key, path)
        self._verified[key] = stamp

    def _copy_out(self, key: str, target: Path) -> None:
        path = self._path("files", key)
        try:
            actual = _copy(Path(path), str(target))
        except FileNotFoundError as error:
            raise self._missing(key) from error
        if actual != key:
            raise _corrupt(PREFIX + key, path)

    def _is_tree(self, tree: Path, entries: Sequence[BlobEntry]) -> bool:
        """Whether a laid-out folder has exactly the files of the store."""
        found = {}
        for folder, _, names in os.walk(tree):
            for name in names:
                path = os.path.join(folder, name)
                found[os.path.relpath(path, tree)] = os.stat(path)
        if len(found) != len(entries) or not tree.is_dir():
            return False
        stamps = {path: (stat.st_size, stat.st_mtime_ns, stat.st_ino) for path, stat in found.items()}
        return all(stamps.get(entry.path) == self._verified[entry.digest[len(PREFIX) :]] for entry in entries)

    def _plant(self, tree: Path, entries: Sequence[BlobEntry]) -> None:
        made = Path(self._temporary())
        made.mkdir()
        try:
            for entry in entries:
                link = made / entry.path
                link.parent.mkdir(parents=True, exist_ok=True)
                source = self._path("files", entry.digest[len(PREFIX) :])
                try:
                    link.hardlink_to(source)
                except OSError:  # too many links to one file
                    link.symlink_to(source)
            tree.parent.mkdir(parents=True, exist_ok=True)
            if tree.exists():
                _remove(tree)
            with contextlib.suppress(OSError):  # another process was faster, with the same tree
                made.rename(tree)
        finally:
            _remove(made)

    def _sweep(self, before: float) -> None:
        """Remove files that no blob needs, and what a killed process left in the making."""
        needed = {key for key, _ in self._listed("put")}
        for key, _ in self._listed("folders"):
            needed.update(entry.digest[len(PREFIX) :] for entry in self._manifest(key))
        for key, _ in list(self._listed("files")):
            if key not in needed:
                self._verified.pop(key, None)
                os.unlink(self._path("files", key))
        for path in (self._root / "tmp").iterdir():
            with contextlib.suppress(FileNotFoundError):
                if path.lstat().st_mtime < before:
                    _remove(path)

    def _listed(self, kind: str) -> Iterator[tuple[str, os.stat_result]]:
        folder = self._root / kind
        shards = sorted(folder.iterdir()) if folder.is_dir() else []
        for shard in shards:
            for entry in sorted(os.scandir(shard), key=lambda entry: entry.name):
                with contextlib.suppress(FileNotFoundError):
                    yield entry.name, entry.stat()

    def _stat(self, key: str) -> os.stat_result:
        try:
            return os.stat(self._path("files", key))
        except FileNotFoundError as error:
            raise self._missing(key) from error

    def _missing(self, key: str) -> NotFoundError:
        return NotFoundError(f"there is no blob {PREFIX}{key}", where=self._text)

    def _path(self, kind: str, key: str) -> str:
        return f"{self._text}/{kind}/{key[:2]}/{key}"

    def _name(self) -> str:
        return f"{os.getpid()}-{threading.get_ident()}-{next(self._numbers)}"

    def _temporary(self) -> str:
        return f"{self._text}/tmp/{self._name()}"

    @contextlib.contextmanager
    def _lock(self, *, exclusive: bool = False) -> Iterator[None]:
        """Putting goes on side by side; collecting waits for it and keeps it out."""
        descriptor = os.open(f"{self._text}/lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
            yield
        finally:
            os.close(descriptor)


def _copy(source: Path, target: str) -> str:
    """Copy a file piece by piece; gives the digest of what was written."""
    hasher = hashlib.sha256()
    with source.open("rb") as reader, open(target, "xb") as writer:
        while piece := reader.read(_PIECE):
            hasher.update(piece)
            writer.write(piece)
    return hasher.hexdigest()


def _corrupt(digest: str, path: str) -> IntegrityError:
    return IntegrityError(
        f"the bytes of blob {digest} are not what was stored",
        where=path,
        fix="put the original again, or run the step that made it again",
    )


def _sync(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
