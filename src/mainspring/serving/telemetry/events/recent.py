"""The last events of a server, kept by all of its processes and told by any.

Every process writes into a ring of places of 512 bytes: in memory, or in a file of the server's run. An event is
told only if its checksum is right, so that one half-written says nothing.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import uuid
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from mainspring.serving.telemetry.events.event import ModelEvent
from mainspring.serving.telemetry.files import is_dead

SUFFIX: Final = ".events"
PLACE: Final = 512
_HEAD: Final = 8  # the length of an event, and the checksum of its JSON
_DEAD_FILES: Final = 8


class RecentEvents:
    """The last events.

    Args:
        keep: How many of them this process keeps.
        folder: The folder of the server's run; ``None`` for memory of this process.
    """

    def __init__(self, keep: int, folder: Path | None = None) -> None:
        self._keep, self._next, self._folder, self._file = keep, 0, folder, -1
        self._path: Path | None = None
        if folder is None:
            self._whole = memoryview(bytearray(keep * PLACE))
            return
        _tidy(folder)
        hidden = folder / f"{uuid.uuid4().hex}.new"
        self._file = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        os.pwrite(self._file, bytes(keep * PLACE), 0)
        self._whole = memoryview(mmap.mmap(self._file, keep * PLACE))
        self._path = hidden.with_suffix(SUFFIX)
        hidden.rename(self._path)

    def add(self, event: ModelEvent) -> None:
        """Keep an event, in the place of the oldest. For one thread."""
        text = msgspec.json.encode(event)
        if len(text) > PLACE - _HEAD:
            text = msgspec.json.encode(msgspec.structs.replace(event, value="", expected="", trace=""))
        if len(text) > PLACE - _HEAD:
            return
        at = self._next * PLACE
        self._whole[at : at + _HEAD] = bytes(_HEAD)
        self._whole[at + _HEAD : at + _HEAD + len(text)] = text
        head = len(text).to_bytes(4, "little") + zlib.crc32(text).to_bytes(4, "little")
        self._whole[at : at + _HEAD] = head
        self._next = (self._next + 1) % self._keep

    def last(self, number: int, *, model: str, version: str = "") -> list[ModelEvent]:
        """The last events of a model, the newest first, of all processes.

        Args:
            number: How many at most.
            model: The model.
            version: One version of it; empty for all.
        """
        found = [event for event in self._all() if event.model == model and version in ("", event.version)]
        return sorted(found, key=lambda event: event.time, reverse=True)[:number]

    def close(self) -> None:
        """Let go of the file; what is in it is still told by others. Calling it again does nothing."""
        if self._file >= 0:
            fcntl.flock(self._file, fcntl.LOCK_UN)
            os.close(self._file)
            self._file = -1

    def _all(self) -> Iterator[ModelEvent]:
        yield from _events(self._whole)
        if self._folder is not None:
            for path in self._folder.glob(f"*{SUFFIX}"):
                if path != self._path:
                    with suppress(FileNotFoundError):
                        yield from _events(memoryview(path.read_bytes()))


def _events(whole: memoryview) -> Iterator[ModelEvent]:
    for at in range(0, len(whole) - PLACE + 1, PLACE):
        length = int.from_bytes(whole[at : at + 4], "little")
        text = bytes(whole[at + _HEAD : at + _HEAD + length])
        if 0 < length <= PLACE - _HEAD and zlib.crc32(text) == int.from_bytes(whole[at + 4 : at + 8], "little"):
            yield msgspec.json.decode(text, type=ModelEvent)


def _tidy(folder: Path) -> None:
    """Remove the files of processes that died long ago: those of the last few are still told."""
    dead = [path for path in folder.glob(f"*{SUFFIX}") if is_dead(path)]
    for path in sorted(dead, key=lambda path: path.stat().st_mtime)[:-_DEAD_FILES]:
        path.unlink(missing_ok=True)
