"""Lines about the server itself: what libraries and its own modules say by :mod:`logging`."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import msgspec

from mainspring.core.clock import iso
from mainspring.serving.security.redacting import redact
from mainspring.serving.tracing.lines import Lines

_LOG = logging.getLogger("mainspring.serving")

CALL = "call"
"""With ``extra={"call": call}``, a line about the server says which request it is about."""


class Note(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line, as it is written down in JSON.

    Attributes:
        time: When it was said.
        level: How bad it is.
        message: What was said.
        logger: Who said it.
        request: The id of the request that it is about.
        trace: The id of its trace.
        model: What it asked.
        error: The kind of error.
        stack: Where it happened.
    """

    time: str
    level: str
    message: str
    logger: str
    request: str = ""
    trace: str = ""
    model: str = ""
    error: str = ""
    stack: str = ""


class LineHandler(logging.Handler):
    """Writes records as lines, without making those wait who log.

    Args:
        lines: Where they go.
        form: ``text`` or ``json``.
    """

    def __init__(self, lines: Lines, form: Literal["text", "json"]) -> None:
        super().__init__()
        self._lines, self._form = lines, form
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one."""
        try:
            self._lines.write(self.format(record) if self._form == "text" else note_of(record))
        except Exception:  # noqa: BLE001  as every handler does: a record that cannot be written harms nobody
            self.handleError(record)


def note_of(record: logging.LogRecord) -> Note:
    """A record as it is written down in JSON, without its secrets."""
    call = getattr(record, CALL, None)
    trace = getattr(call, "trace", None)
    error = record.exc_info[0] if record.exc_info else None
    stack = logging.Formatter().formatException(record.exc_info) if record.exc_info and error else ""
    return Note(
        time=iso(record.created),
        level=record.levelname,
        message=redact(record.getMessage()),
        logger=record.name,
        request=getattr(call, "id", ""),
        trace="" if trace is None else trace.trace,
        model=getattr(call, "model", ""),
        error="" if error is None else error.__name__,
        stack=redact(stack),
    )


def complain(error: BaseException, call: object = None) -> None:
    """Write down an error that nobody foresaw, where the server's own lines go: by default to standard error.

    Args:
        error: What happened.
        call: The request that it happened to.
    """
    if any(isinstance(handler, LineHandler) for handler in logging.getLogger().handlers):
        _LOG.error("a request failed: %r", error, exc_info=error, extra={CALL: call})
    else:
        sys.stderr.write(redact("".join(traceback.format_exception(error))))


@contextmanager
def logging_by(lines: Lines, form: Literal["text", "json"] = "text") -> Iterator[None]:
    """While it lasts, what is logged in this process is written as lines."""
    root = logging.getLogger()
    handler = LineHandler(lines, form)
    handler.setLevel(logging.INFO if form == "json" else logging.WARNING)
    level = root.level
    root.addHandler(handler)
    root.setLevel(min(level, handler.level) if level else handler.level)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
