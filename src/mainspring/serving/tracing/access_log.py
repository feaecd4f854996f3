"""A line about a request: who asked what, how it ended, and where its time went. What was asked is not in it."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import msgspec

from mainspring.serving.call import Call
from mainspring.serving.security.redacting import redact
from mainspring.serving.tracing.lines import Lines
from mainspring.serving.tracing.options import LogOptions

_LONGEST = 200


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request, as it is written down.

    Attributes:
        time: When it arrived.
        level: ``INFO``; ``WARNING`` if the request was wrong, ``ERROR`` if the server failed.
        message: What happened, in a few words.
        request: Its id.
        trace: The id of its trace.
        span: The id of this server's span in it.
        caller: Who asked.
        peer: The address it came from.
        protocol: What it was written in.
        model: What it asked; a name that is not served included.
        version: The version that answered.
        status: The HTTP status of the answer, or the one that means the same.
        error: Why it failed, as the code of an error.
        rows: How many rows were answered.
        batch: Rows that were computed together.
        cached: Whether the answer was remembered.
        seconds: From its arrival to the answer being ready.
        read: Of these, seconds until its last byte was read.
        queue: Of these, seconds that it waited for the model.
        compute: Of these, seconds that the model computed.
        sent: Bytes of the answer.
    """

    time: datetime
    level: str
    message: str
    request: str
    trace: str = ""
    span: str = ""
    caller: str = ""
    peer: str = ""
    protocol: str = ""
    model: str = ""
    version: str = ""
    status: int = 0
    error: str = ""
    rows: int = 0
    batch: int = 0
    cached: bool = False
    seconds: float = 0.0
    read: float = 0.0
    queue: float = 0.0
    compute: float = 0.0
    sent: int = 0


class AccessLog:
    """Is told of every finished request, and writes a line about some of them.

    A request without a line pays for a comparison or two.

    Args:
        options: About which.
        lines: Where they go.

    Attributes:
        dropped: Lines that were not written because there were too many in a second.
    """

    def __init__(self, options: LogOptions, lines: Lines) -> None:
        self._options, self._lines = options, lines
        self._slow = float("inf") if options.slow is None else options.slow
        self._quiet = options.good == 0 and options.slow is None
        self._second, self._written = 0, 0
        self.dropped = 0

    def __call__(self, call: Call) -> None:
        """Note a finished request."""
        status = call.status
        if status < 400 and self._quiet:
            return
        if status < 500 and not self._wanted(status) and call.ended - call.arrived < self._slow:
            return
        second = int(call.time)
        if second != self._second:
            self._second, self._written = second, 0
        if self._written >= self._options.at_most:
            self.dropped += 1
            return
        self._written += 1
        self._lines.write(line_of(call))

    def _wanted(self, status: int) -> bool:
        options = self._options
        share = options.good if status < 400 else options.refused if status in (401, 403) else options.bad
        return share > 0 and random.getrandbits(32) < share * (1 << 32)


def line_of(call: Call) -> Line:
    """The line about a request."""
    status, trace, model = call.status, call.trace, call.model[:_LONGEST]
    if call.served is None:
        model = redact(model)  # who mistakes a key for a name shall not find it here
    return Line(
        time=datetime.fromtimestamp(call.time, UTC),
        level="INFO" if status < 400 else "WARNING" if status < 500 else "ERROR",
        message=f"{call.protocol} {model} {status}",
        request=call.id[:_LONGEST],
        trace="" if trace is None else trace.trace,
        span="" if trace is None else trace.span,
        caller="" if call.caller is None else call.caller.name,
        peer=call.peer or "",
        protocol=call.protocol,
        model=model,
        version=call.version[:_LONGEST],
        status=status,
        error=call.kind,
        rows=call.rows,
        batch=call.batch,
        cached=call.cached,
        seconds=_micro(call.ended - call.arrived),
        read=_micro(call.began - call.arrived) if call.began else 0.0,
        queue=_micro(call.queue),
        compute=_micro(call.compute),
        sent=call.sent,
    )


def _micro(seconds: float) -> float:
    """Rounded to a microsecond: more than that is noise."""
    return round(seconds, 6)
