"""Where a request stands in a distributed trace (W3C Trace Context, level 2)."""

from __future__ import annotations

import msgspec


class TraceContext(msgspec.Struct, frozen=True, gc=False):
    """The trace of a request, and the place of this server in it.

    Attributes:
        trace: The id of the trace, 32 hexadecimal digits.
        span: The id of this server's own span, 16 hexadecimal digits.
        parent: The id of the caller's span; empty where the trace begins here.
        sampled: Whether the trace is kept.
        state: What vendors said of it (``tracestate``), as it came.
        random: Whether the id of the trace is known to be chance, so that others may choose by it.
    """

    trace: str
    span: str
    parent: str = ""
    sampled: bool = False
    state: str = ""
    random: bool = True
