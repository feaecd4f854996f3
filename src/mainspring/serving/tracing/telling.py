"""What a server tells of its requests and of itself: spans, and lines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

from mainspring.serving.call import Call
from mainspring.serving.tracing.access_log import AccessLog
from mainspring.serving.tracing.lines import Lines
from mainspring.serving.tracing.observer import SpanObserver, are_sent, share_of
from mainspring.serving.tracing.options import LogOptions, TracingOptions
from mainspring.serving.tracing.server_log import logging_by
from mainspring.serving.tracing.tracer import Tracer

_Observer: TypeAlias = Callable[[Call], None]


class Telling:
    """Traces, and the two logs of a server. For the thread of one event loop.

    Args:
        tracing: Which requests are traced, and where their spans go.
        logging: About which requests lines are written, and where.

    Attributes:
        tracer: Gives requests their place in a trace.
        observers: Who has to be told of every finished request.
        spans: Those on their way; ``None`` if none are sent.
        access_log: Which requests have a line.
        lines: The lines about requests, on their way.

    Raises:
        UnavailableError: If spans are to be sent, and the library for it is not installed.
    """

    def __init__(self, tracing: TracingOptions, logging: LogOptions) -> None:
        self._form = logging.form
        self._server_lines = Lines(most=logging.queue)
        self.lines = Lines(logging.file, most=logging.queue) if logging.file else self._server_lines
        self.access_log = AccessLog(logging, self.lines)
        self.spans = SpanObserver(tracing) if are_sent(tracing) else None
        self.tracer = Tracer(share_of(tracing) if self.spans is not None else 0.0)
        self.observers: tuple[_Observer, ...] = (
            (self.access_log,) if self.spans is None else (self.access_log, self.spans)
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While it lasts, lines are written; at the end, what waits is written and sent."""
        with logging_by(self._server_lines, self._form):
            try:
                yield
            finally:
                await asyncio.to_thread(self.close)

    def close(self) -> None:
        """Have what waits written and sent."""
        if self.spans is not None:
            self.spans.close()
        for lines in {self.lines, self._server_lines}:
            lines.close()
