"""Lines of JSON, on their way to a file or to standard error by a thread."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from mainspring.serving.security.redacting import redact
from mainspring.serving.tracing.outbox import Outbox

EVERY = 0.1
"""Seconds for which lines are gathered."""

_STDERR = 2


class Lines:
    """Writes lines, without ever making anybody wait. A file that was moved away is begun anew.

    Args:
        file: Where they go; standard error by default.
        most: How many may wait; more are dropped.

    Attributes:
        outbox: What is on its way, with the counts of what was written and dropped.
    """

    def __init__(self, file: str = "", *, most: int = 10_000) -> None:
        self._path = Path(file) if file else None
        self._file: int | None = None
        self._number = 0
        self.outbox = Outbox[msgspec.Struct | str]("log-lines", self._write, most=most, every=EVERY)

    def write(self, line: msgspec.Struct | str) -> None:
        """Hand a line over: a text, or something that is one as JSON. Secrets are taken out of texts."""
        self.outbox.put(line)

    def close(self) -> None:
        """Have what waits written."""
        self.outbox.close()
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _write(self, lines: Sequence[msgspec.Struct | str]) -> None:
        data = memoryview(b"".join(_encoded(line) + b"\n" for line in lines))
        file = self._opened()
        while data:
            data = data[os.write(file, data) :]

    def _opened(self) -> int:
        if self._path is None:
            return _STDERR
        try:
            here = self._path.stat().st_ino
        except FileNotFoundError:
            here = -1
        if self._file is None or here != self._number:
            if self._file is not None:
                os.close(self._file)
                self._file = None
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
            self._number = os.fstat(self._file).st_ino
        return self._file


def _encoded(line: msgspec.Struct | str) -> bytes:
    if isinstance(line, str):
        return redact(line).encode("utf-8", "backslashreplace")
    try:
        return msgspec.json.encode(line)
    except UnicodeEncodeError:  # a caller may send what UTF-8 cannot say, and must not silence others by it
        return json.dumps(msgspec.to_builtins(line)).encode()
