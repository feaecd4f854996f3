"""Large values of a log, each stored once under the digest of its content."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from mainspring.core.errors import NotFoundError
from mainspring.serving.payloads.spools import make, places

FOLDER = "blobs"
SHA256 = "sha256:"


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
        if digest in self._waiting or self._path(digest).exists():
            return SHA256 + digest
        if sum(self._waiting.values()) + len(data) > self._budget:
            return None
        for spool in self._spools:
            with contextlib.suppress(OSError):
                while not self._keep(spool, digest, data):
                    pass  # somebody found the folder empty, and removed it
                self._waiting[digest] = len(data)
                return SHA256 + digest
        return None

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
        name = digest.removeprefix(SHA256)
        for path in (self._path(name), *(spool / name for spool in self._spools), self._path(name)):
            try:
                return path.read_bytes()
            except FileNotFoundError:
                continue
        raise NotFoundError(f"the log has no value {digest}", where=str(self._folder))

    def stored(self) -> Iterator[tuple[str, float]]:
        """The digests of all that lie in the folder of the log, and when they were put there."""
        for path in self._folder.glob("??/*"):
            if "." not in path.name:
                yield SHA256 + path.name, path.stat().st_mtime

    def remove(self, digest: str) -> None:
        """Forget a value."""
        name = digest.removeprefix(SHA256)
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name

    def _keep(self, spool: Path, digest: str, data: bytes | memoryview) -> bool:
        make(spool.parent)
        spool.mkdir(mode=0o700, exist_ok=True)
        fresh = spool / f"{digest}.{os.getpid()}.new"
        try:
            fresh.write_bytes(data)
            fresh.rename(spool / digest)
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
