"""Blobs, in memory."""

from __future__ import annotations

import contextlib
import io
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from mainspring.core.digests import PREFIX, digest_bytes
from mainspring.core.errors import ConflictError, InputError, IntegrityError, NotFoundError
from mainspring.store import manifests
from mainspring.store.ports import BlobEntry


def open_blobs(url: str = "memory:") -> MemoryBlobs:
    """A new, empty blob store.

    Args:
        url: ``memory:``.

    Raises:
        InputError: For any other URL.
    """
    if url.rstrip("/") != "memory:":
        raise InputError(f"{url!r} names no blob store in memory", expected="memory:")
    return MemoryBlobs()


class MemoryBlobs:
    """The :class:`mainspring.store.ports.BlobStore` in memory, safe for threads.

    Attributes:
        files: The bytes by digest; open to tests that want to damage them.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._folders: dict[str, Sequence[BlobEntry]] = {}
        self._put_at: dict[str, float] = {}
        self._lock = threading.RLock()
        self._laid_out: Path | None = None

    def put_bytes(self, data: bytes) -> str:
        """Store bytes as a one-file blob."""
        digest = self._keep(bytes(data))
        self._put_at[digest] = time.time()
        return digest

    def put(self, path: Path, *, move: bool = False) -> str:
        """Store a file or a folder."""
        if not path.exists():
            raise NotFoundError(f"there is no file or folder {path}")
        digest = self._put_folder(path) if path.is_dir() else self.put_bytes(path.read_bytes())
        if move:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        return digest

    def exists(self, digest: str) -> bool:
        """Whether the blob, with all its parts, is here."""
        manifests.check_digest(digest)
        folder = self._folders.get(digest)
        if folder is None:
            return digest in self.files
        return all(entry.digest in self.files for entry in folder)

    def entries(self, digest: str) -> Sequence[BlobEntry]:
        """The files of a blob."""
        manifests.check_digest(digest)
        if digest in self._folders:
            return self._folders[digest]
        return [BlobEntry("", digest, len(self._bytes(digest)))]

    @contextlib.contextmanager
    def open(self, digest: str, path: str = "") -> Iterator[BinaryIO]:
        """Read one file of a blob."""
        entries = self.entries(digest)
        found = [entry for entry in entries if entry.path == path]
        if not found:
            raise NotFoundError(
                f"blob {digest} has no file {path!r}",
                expected="one of " + ", ".join(repr(entry.path) for entry in entries[:20]),
            )
        yield io.BytesIO(self._bytes(found[0].digest))

    def fetch(self, digest: str, target: Path) -> Path:
        """Lay the blob out as ordinary files."""
        if target.exists() or target.is_symlink():
            raise ConflictError(f"{target} exists already", expected="a path where nothing is yet")
        contents = {entry.path: self._bytes(entry.digest) for entry in self.entries(digest)}
        target.parent.mkdir(parents=True, exist_ok=True)
        if digest in self._folders:
            target.mkdir()
        for path, data in contents.items():
            file = target / path if path else target
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        return target

    def local(self, digest: str) -> Path:
        """A read-only path with the blob's content, in a temporary folder."""
        with self._lock:
            if self._laid_out is None:
                self._laid_out = Path(tempfile.mkdtemp(prefix="mainspring-blobs-"))
                weakref.finalize(self, shutil.rmtree, self._laid_out, ignore_errors=True)
            path = self._laid_out / digest.removeprefix(PREFIX)
            for entry in self.entries(digest):
                self._bytes(entry.digest)
            return path if path.exists() else self.fetch(digest, path)

    def digests(self) -> Iterator[str]:
        """The digests of all blobs put."""
        yield from sorted(self._put_at)

    def collect(self, keep: set[str], *, older_than: float = 86400.0, dry_run: bool = False) -> Sequence[str]:
        """Remove what is not to be kept."""
        with self._lock:
            before = time.time() - older_than
            old = sorted(digest for digest, at in self._put_at.items() if digest not in keep and at < before)
            if not dry_run:
                for digest in old:
                    del self._put_at[digest]
                    self._folders.pop(digest, None)
                    if self._laid_out is not None:
                        shutil.rmtree(self._laid_out / digest.removeprefix(PREFIX), ignore_errors=True)
                needed = {entry.digest for folder in self._folders.values() for entry in folder}
                for digest in set(self.files) - needed - set(self._put_at):
                    del self.files[digest]
            return old

    def _put_folder(self, folder: Path) -> str:
        with self._lock:
            entries = []
            for path, file in manifests.files_of(folder):
                data = file.read_bytes()
                entries.append(BlobEntry(path, self._keep(data), len(data)))
            digest = digest_bytes(manifests.to_bytes(entries))
            self._folders[digest] = manifests.from_bytes(manifests.to_bytes(entries))
            self._put_at[digest] = time.time()
            return digest

    def _keep(self, data: bytes) -> str:
        digest = digest_bytes(data)
        self.files.setdefault(digest, data)
        return digest

    def _bytes(self, digest: str) -> bytes:
        try:
            data = self.files[digest]
        except KeyError as error:
            raise NotFoundError(f"there is no blob {digest}") from error
        if digest_bytes(data) != digest:
            raise IntegrityError(
                f"the bytes of blob {digest} are not what was stored", fix="put the original again"
            )
        return data
