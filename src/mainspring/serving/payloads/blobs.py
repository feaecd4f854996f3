"""Large values of a log: each stored once under the digest of its content, or a bundle under a name of its own."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from mainspring.core.errors import NotFoundError
from mainspring.serving.payloads.spools import make, places

FOLDER = "blobs"
SHA256 = "sha256:"
BUNDLE = "bundle:"

Part: TypeAlias = bytes | memoryview
_NAME_BYTES = 32


class Blobs:
    """The large values of one log. Safe for threads.

    A value is first kept in memory (:mod:`mainspring.serving.payloads.spools`), where it survives this process,
    and moved to the log's folder by :meth:`settle`: nobody who answers requests waits for the disk.

    Args:
        folder: Of the log.
        budget: How many bytes may wait to be moved.
    """

    def __init__(self, folder: Path, *, budget: int = 64 << 20) -> None:
        self._folder, self._budget = folder / FOLDER, budget
        self._spools = [place / FOLDER for place in places(folder)]
        self._waiting: dict[str, int] = {}

    def put(self, data: bytes | memoryview) -> str | None:
        """Store a value; gives its digest, or ``None`` if too much is waiting already, or there is no room."""
        digest = hashlib.sha256(data).hexdigest()
        if digest in self._waiting or self._path(digest).exists() or self._keep(digest, [data], len(data)):
            return SHA256 + digest
        return None

    def bundle(self, parts: Sequence[Part], size: int) -> str | None:
        """Store values one behind the other under a name that is made for them: to look for their like would take
        longer than to store them. ``None`` if too much is waiting already, or there is no room.

        Args:
            parts: The values.
            size: All of their bytes.
        """
        name = os.urandom(_NAME_BYTES).hex()
        return BUNDLE + name if self._keep(name, parts, size) else None

    def settle(self) -> None:
        """Move what waits, of this process and of those that died, to the folder of the log.

        Raises:
            OSError: If the disk is full; what was not moved still waits.
        """
        for spool in self._spools:
            for path in _finished(spool):
                target = self._path(path.name)
                if not target.exists():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    fresh = target.with_name(f"{path.name}.{os.getpid()}.new")
                    shutil.copyfile(path, fresh)
                    fresh.rename(target)
                path.unlink(missing_ok=True)
                self._waiting.pop(path.name, None)
            with contextlib.suppress(OSError):
                spool.rmdir()

    def read(self, digest: str) -> bytes:
        """The content with a digest.

        Raises:
            NotFoundError: If it is not there.
        """
        name = digest.rpartition(":")[2]
        for path in (self._path(name), *(spool / name for spool in self._spools), self._path(name)):
            try:
                return path.read_bytes()
            except FileNotFoundError:
                continue
        raise NotFoundError(f"the log has no value {digest}", where=str(self._folder))

    def stored(self) -> Iterator[tuple[str, float]]:
        """The names of all that lie in the folder of the log, and when they were put there."""
        for path in self._folder.glob("??/*"):
            if "." not in path.name:
                yield path.name, path.stat().st_mtime

    def remove(self, digest: str) -> None:
        """Forget a value."""
        name = digest.rpartition(":")[2]
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name

    def _keep(self, name: str, parts: Sequence[Part], size: int) -> bool:
        if sum(self._waiting.values()) + size > self._budget:
            return False
        for spool in self._spools:
            with contextlib.suppress(OSError):
                while not _written(spool, name, parts):
                    pass  # somebody found the folder empty, and removed it
                self._waiting[name] = size
                return True
        return False


def _written(spool: Path, name: str, parts: Sequence[Part]) -> bool:
    make(spool.parent)
    spool.mkdir(mode=0o700, exist_ok=True)
    fresh = spool / f"{name}.{os.getpid()}.new"
    try:
        with fresh.open("wb", buffering=0) as file:
            for part in parts:
                file.write(part)
        fresh.rename(spool / name)
    except FileNotFoundError:
        return False
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    return True


def _finished(spool: Path) -> list[Path]:
    try:
        return [path for path in spool.iterdir() if "." not in path.name]
    except FileNotFoundError:
        return []
