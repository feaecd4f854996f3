"""Blobs in a local folder.

::

    files/3f/3f9a…      bytes, by their digest, read-only
    folders/8c/8c01…    manifests of folders
    put/3f/3f9a…        the same file once more: it was put as a blob of its own; its time is that of the last put
    trees/8c/8c01…/     a folder laid out as hard links, on demand
    tmp/                files in the making
    lock                shared while something is put, exclusive while rubbish is collected
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qsl, unquote

from mainspring.core.digests import PREFIX
from mainspring.core.errors import ConflictError, InputError, NotFoundError
from mainspring.store import manifests
from mainspring.store.adapters.local_files import IN_MEMORY, LocalFiles, copy, hard_link, remove
from mainspring.store.ports import BlobEntry

_TURNS = 5
"""How often a folder is laid out anew if other processes keep changing it."""


def open_blobs(url: str) -> LocalBlobs:
    """Open, and if need be make, a blob folder.

    Args:
        url: A plain path or ``file:///absolute/path``; ``?fsync=true`` waits for the disk at each put.
    """
    path, options = url, ""
    if url.startswith("file:"):
        path, _, options = url.partition("?")
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
        self._files = LocalFiles(root.expanduser().absolute(), fsync=fsync)
        self._planting = threading.Lock()

    def __reduce__(self) -> tuple[type[LocalBlobs], tuple[Path]]:
        return type(self), (self._files.root,)

    def put_bytes(self, data: bytes) -> str:
        """Store bytes as a one-file blob."""
        key = hashlib.sha256(data).hexdigest()
        with self._files.lock():
            if not self._files.has(key, len(data)):
                self._files.write("files", key, data)
            self._mark(key)
        return PREFIX + key

    def put(self, path: Path, *, move: bool = False) -> str:
        """Store a file or a folder."""
        with self._files.lock():
            if path.is_dir():
                entries = [
                    BlobEntry(inner, *self._take(file, move=move)) for inner, file in manifests.files_of(path)
                ]
                data = manifests.to_bytes(entries)
                key = hashlib.sha256(data).hexdigest()
                if not self._files.touch("folders", key):
                    self._files.write("folders", key, data)
            elif path.is_file():
                key = self._take(path, move=move)[0][len(PREFIX) :]
                self._mark(key)
            else:
                raise NotFoundError(f"there is no file or folder {path}")
        if move:
            remove(str(path))
        return PREFIX + key

    def exists(self, digest: str) -> bool:
        """Whether the blob, with all its parts, is here."""
        key = manifests.check_digest(digest)
        parts = self._manifest(key)
        keys = [key] if parts is None else [entry.digest[len(PREFIX) :] for entry in parts]
        return all(os.path.exists(self._files.path("files", part)) for part in keys)  # noqa: PTH110 # many, and fast

    def entries(self, digest: str) -> Sequence[BlobEntry]:
        """The files of a blob."""
        key = manifests.check_digest(digest)
        parts = self._manifest(key)
        return [BlobEntry("", digest, self._files.stat(key).st_size)] if parts is None else parts

    @contextlib.contextmanager
    def open(self, digest: str, path: str = "") -> Iterator[BinaryIO]:
        """Read one file of a blob."""
        key = self._part(digest, path)
        try:
            file = Path(self._files.path("files", key)).open("rb")  # noqa: SIM115 # closed below
        except FileNotFoundError as error:
            raise self._files.missing(key) from error
        with file:
            if os.fstat(file.fileno()).st_size <= IN_MEMORY:
                data = file.read()
                if hashlib.sha256(data).hexdigest() != key:
                    raise self._files.corrupt(key, "files")
                yield io.BytesIO(data)
            else:
                self._files.verify(key, file)
                file.seek(0)
                yield file

    def fetch(self, digest: str, target: Path) -> Path:
        """Lay the blob out as ordinary files."""
        if target.exists() or target.is_symlink():
            raise ConflictError(f"{target} exists already", expected="a path where nothing is yet")
        entries = self.entries(digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        made = target.parent / f".{target.name}.{self._files.unique()}"
        try:
            if self._manifest(manifests.check_digest(digest)) is None:
                self._copy_out(digest, made)
            else:
                made.mkdir()
                for entry in entries:
                    file = made / entry.path
                    file.parent.mkdir(parents=True, exist_ok=True)
                    self._copy_out(entry.digest, file)
            made.rename(target)
        except BaseException:
            remove(str(made))
            raise
        return target

    def local(self, digest: str) -> Path:
        """A read-only path with the blob's content."""
        key = manifests.check_digest(digest)
        entries = self._manifest(key)
        if entries is None:
            self._files.verify(key)
            return Path(self._files.path("files", key))
        tree = self._files.path("trees", key)
        with self._planting:
            for _ in range(_TURNS):
                stamps = {entry.path: self._files.verify(entry.digest[len(PREFIX) :]) for entry in entries}
                found = _stamps(tree)
                if found == stamps:
                    break
                if found is not None or os.path.isfile(tree):  # noqa: PTH113 # a text, not a Path
                    self._put_aside(tree)
                self._plant(tree, entries)
        return Path(tree)

    def digests(self) -> Iterator[str]:
        """The digests of all blobs put."""
        for shelf in ("put", "folders"):
            for key, _ in self._files.listed(shelf):
                yield PREFIX + key

    def collect(self, keep: set[str], *, older_than: float = 86400.0, dry_run: bool = False) -> Sequence[str]:
        """Remove what is not to be kept."""
        before = time.time() - older_than
        with self._files.lock(exclusive=not dry_run):
            old = [
                (shelf, key)
                for shelf in ("put", "folders")
                for key, stat in self._files.listed(shelf)
                if PREFIX + key not in keep and stat.st_mtime < before
            ]
            if not dry_run:
                for shelf, key in old:
                    remove(self._files.path(shelf, key))
                    remove(self._files.path("trees", key))
                self._sweep(before)
        return sorted({PREFIX + key for _, key in old})

    def _take(self, file: Path, *, move: bool) -> tuple[str, int]:
        """Bring a file in; gives its digest and size."""
        size = file.stat().st_size
        if size <= IN_MEMORY:
            data = file.read_bytes()
            key, size = hashlib.sha256(data).hexdigest(), len(data)
            if not self._files.has(key, size):
                self._files.write("files", key, data)
        else:
            with file.open("rb") as opened:
                key = hashlib.file_digest(opened, "sha256").hexdigest()
            if not self._files.has(key, size):
                key, size = self._files.bring(file, key, move=move and not file.is_symlink())
        return PREFIX + key, size

    def _mark(self, key: str) -> None:
        """Note that a file was put as a blob of its own, now."""
        if not self._files.touch("put", key):
            self._files.link(key, "put")
            self._files.touch("put", key)

    def _manifest(self, key: str) -> Sequence[BlobEntry] | None:
        """The files of a folder; ``None`` if this is no folder."""
        path = Path(self._files.path("folders", key))
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        if hashlib.sha256(data).hexdigest() != key:
            raise self._files.corrupt(key, "folders")
        return manifests.from_bytes(data)

    def _part(self, digest: str, path: str) -> str:
        """The key of one file of a blob."""
        entries = self.entries(digest)
        for entry in entries:
            if entry.path == path:
                return entry.digest[len(PREFIX) :]
        raise NotFoundError(
            f"blob {digest} has no file {path!r}",
            expected="one of " + ", ".join(repr(entry.path) for entry in entries[:20]),
        )

    def _copy_out(self, digest: str, target: Path) -> None:
        key = digest[len(PREFIX) :]
        try:
            actual = copy(self._files.path("files", key), str(target))
        except FileNotFoundError as error:
            raise self._files.missing(key) from error
        if actual != key:
            raise self._files.corrupt(key, "files")

    def _plant(self, tree: str, entries: Sequence[BlobEntry]) -> None:
        """Lay a folder out as links, unless there is one."""
        made = Path(self._files.temporary())
        made.mkdir()
        try:
            for entry in entries:
                link = made / entry.path
                link.parent.mkdir(parents=True, exist_ok=True)
                hard_link(self._files.path("files", entry.digest[len(PREFIX) :]), str(link))
            Path(tree).parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(OSError):  # somebody else was faster
                made.rename(tree)
        finally:
            remove(str(made))

    def _put_aside(self, tree: str) -> None:
        """Take away what should not be in the place of a folder."""
        aside = self._files.temporary()
        with contextlib.suppress(FileNotFoundError):
            Path(tree).rename(aside)
            remove(aside)

    def _sweep(self, before: float) -> None:
        """Remove files that no blob needs, and what a killed process left in the making."""
        needed = {key for key, _ in self._files.listed("put")}
        for key, _ in self._files.listed("folders"):
            needed.update(entry.digest[len(PREFIX) :] for entry in self._manifest(key) or ())
        for key, _ in list(self._files.listed("files")):
            if key not in needed:
                self._files.forget(key)
        for path in (self._files.root / "tmp").iterdir():
            with contextlib.suppress(FileNotFoundError):
                if path.lstat().st_mtime < before:
                    remove(str(path))


def _stamps(tree: str) -> dict[str, tuple[int, int, int]] | None:
    """Size, time and place on the disk of each file of a laid-out folder; ``None`` if there is none."""
    if not os.path.isdir(tree):  # noqa: PTH112 # a text, not a Path
        return None
    found = {}
    for folder, _, names in os.walk(tree):
        for name in names:
            path = f"{folder}/{name}"
            try:
                stat = os.stat(path)  # noqa: PTH116 # many, and fast
            except FileNotFoundError:  # it is being taken away
                return None
            found[path[len(tree) + 1 :]] = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
    return found
