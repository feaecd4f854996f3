"""The payload log: every request, what came in, what went out, how long it took, or why it failed.

A record is safe when :meth:`PredictionLog.write` comes back, even if the process is killed in the next moment,
and nobody waits for a disk. When there is no more room for records that wait, one is dropped and counted: logging
never slows a prediction and never eats the memory.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from mainspring.serving.payloads.journal import Journal
from mainspring.serving.payloads.record import LogRecord

MakeRecord: TypeAlias = Callable[[], LogRecord]


class PredictionLog(Journal):
    """A journal of :class:`mainspring.serving.payloads.LogRecord`. Safe for threads; a context manager."""

    _called = "prediction log"
    _encode = staticmethod(msgspec.json.Encoder().encode)

    def write(self, make: MakeRecord | LogRecord, *, rows: int = 1) -> bool:
        """Hand over a record, without ever waiting.

        Args:
            make: The record, or what makes it.
            rows: How many rows it holds; of no consequence.

        Returns:
            Whether it was taken; ``False`` if there is no room for it, it cannot be written as JSON, or the log is
            closed.
        """
        _ = rows
        try:
            line = self._encode(make if isinstance(make, LogRecord) else make())
        except Exception as error:  # noqa: BLE001  one record that cannot be written must not stop the others
            self.failed += 1
            print(f"{self._called}: a record could not be written: {error!r}", file=sys.stderr)
            return False
        return self.append(line + b"\n")
