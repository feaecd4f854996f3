"""Copies of what is served, by digest: what a server was told to serve stays, whatever becomes of where it was."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
import uuid
from collections.abc import Callable, Collection
from pathlib import Path

from mainspring.core.errors import UnavailableError

_INCOMING = ".incoming-"
_NEW_SECONDS = 3600.0


class Stock:
    """A folder of packages, each under its digest and never changed. Safe for many threads and processes.

    Args:
        folder: Where; it is made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def place(self, digest: str) -> Path:
        """Where the package of a digest lies, or would."""
        return self._folder / digest.replace(":", "-")

    def bring(self, digest: str, write: Callable[[Path], None]) -> Path:
        """The package of a digest, brought here if it is not yet.

        Args:
            digest: Its digest.
            write: Writes it into a folder that is not there yet.

        Raises:
            UnavailableError: If it cannot be written here.
        """
        place = self.place(digest)
        if place.is_dir():
            return place
        incoming = self._folder / f"{_INCOMING}{uuid.uuid4().hex}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write(incoming)
            try:
                incoming.rename(place)
            except OSError:
                if not place.is_dir():  # another process was faster
                    raise
        except OSError as error:
            raise UnavailableError(f"a copy cannot be kept: {error}", where=str(self._folder)) from error
        finally:
            shutil.rmtree(incoming, ignore_errors=True)
        return place

    def keep(self, digests: Collection[str]) -> None:
        """Let go of all others; not of what came in just now, which somebody may be about to want."""
        kept = {self.place(one).name for one in digests}
        for place in self._folder.iterdir() if self._folder.is_dir() else ():
            with contextlib.suppress(OSError):
                if place.name not in kept and time.time() - place.stat().st_ctime > _NEW_SECONDS:
                    shutil.rmtree(place, ignore_errors=True)


def copy(source: Path, target: Path, *, stem: str = "") -> None:
    """Copy a folder; or a file into a new folder, as ``<stem><its suffix>``."""
    if source.is_dir():
        shutil.copytree(source, target)
        return
    target.mkdir(parents=True)
    shutil.copy2(source, target / f"{stem or source.stem}{source.suffix}")


def link(source: Path, target: Path) -> None:
    """Copy a folder that is never changed: by links, where the file system can."""
    shutil.copytree(source, target, copy_function=_link_or_copy)


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
