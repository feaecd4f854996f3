"""The payload log: every request, what came in, what went out, how long it took, or why it failed.

A record is safe when :meth:`PredictionLog.write` comes back, even if the process is killed in the next moment,
and nobody waits for a disk. When there is no more room for records that wait, one is dropped and counted: logging
never slows a prediction and never eats the memory.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias, Unpack

import msgspec

from mainspring.serving.payloads.blobs import Blobs
from mainspring.serving.payloads.journal import Journal, JournalOptions
from mainspring.serving.payloads.record import LogRecord

MakeRecord: TypeAlias = Callable[[], LogRecord]


class PredictionLog(Journal):
    """A journal of :class:`mainspring.serving.payloads.LogRecord`. Safe for threads; a context manager.

    Args:
        folder: Where it lies.
        **options: Of :class:`mainspring.serving.payloads.journal.Journal`.

    Attributes:
        blobs: Its large values.
    """

    _called = "prediction log"
    _encode = staticmethod(msgspec.json.Encoder().encode)

    def __init__(self, folder: Path, **options: Unpack[JournalOptions]) -> None:
        self.blobs = Blobs(folder)
        super().__init__(folder, **options)
        self.blobs.settle()

    def write(self, make: MakeRecord | LogRecord) -> bool:
        """Hand over a record, without ever waiting.

        Args:
            make: The record, or what makes it.

        Returns:
            Whether it was taken; ``False`` if there is no room for it, it cannot be written as JSON, or the log is
            closed.
        """
        try:
            line = self._encode(make if isinstance(make, LogRecord) else make())
        except Exception as error:  # noqa: BLE001  one record that cannot be written must not stop the others
            self.fail(error)
            return False
        return self.append(line + b"\n")

    def _prepare(self) -> None:
        self.blobs.settle()  # what a record refers to is there before it is
