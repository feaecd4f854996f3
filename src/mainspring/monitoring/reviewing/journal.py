"""Where reviews of a model lie: one file of events, written by any number of processes.

Each line is an event, a JSON object. Lines are appended under a lock and are safe on the disk before anybody acts
on them; one that a crash cut short is cut off by whoever writes next.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from mainspring.core.errors import IntegrityError
from mainspring.serving.payloads.exclusive import alone

FILE: Final = "reviews.jsonl"


class ReviewJournal:
    """The events of one model. Not safe for threads; safe for processes inside :meth:`alone`.

    Args:
        folder: Where; it is made when something is first written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self._offset, self._line = folder, 0, 0

    @property
    def file(self) -> Path:
        """The file of events."""
        return self.folder / FILE

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else writes meanwhile."""
        with alone(self.folder):
            yield

    def new(self) -> list[dict[str, Any]]:
        """The events that were written since the last call.

        Raises:
            IntegrityError: If a complete line is no event; with its number.
        """
        if not self.file.exists():
            return []
        with self.file.open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        found = []
        for line in whole.splitlines():
            self._line += 1
            try:
                event = json.loads(line)
            except ValueError as error:
                where = f"{self.file}:{self._line}"
                raise IntegrityError(f"the line is no event: {error}", where=where) from error
            found.append(event)
        self._offset += len(whole)
        return found

    def append(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Write events; they are on the disk when it comes back. Inside :meth:`alone`, after :meth:`new`."""
        lines = b"".join(json.dumps(event, ensure_ascii=False).encode() + b"\n" for event in events)
        descriptor = os.open(self.file, os.O_CREAT | os.O_RDWR, 0o644)
        try:
            os.ftruncate(descriptor, self._offset)  # what a crash left half written
            os.pwrite(descriptor, lines, self._offset)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
