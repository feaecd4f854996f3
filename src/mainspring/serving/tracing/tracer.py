"""Beginning a trace, or going on with one."""

from __future__ import annotations

import random
from collections.abc import Mapping

from mainspring.serving.trace_context import TraceContext
from mainspring.serving.tracing.headers import RANDOM, SAMPLED, read_parent

_BITS = 56
"""By so many of the last bits of a trace's id all of its servers choose (level 2, section 3.2.2.3)."""


class Tracer:
    """Gives every request its place in a trace. Takes about a microsecond.

    Args:
        sample: The share of traces that begin here and are kept.
    """

    def __init__(self, sample: float = 0.0) -> None:
        self.sample = sample
        # The highest ids are kept, as other servers of the same trace would (OpenTelemetry's "consistent
        # probability sampling").
        self._kept_from = round((1 - sample) * (1 << _BITS))

    def begin(self, headers: Mapping[bytes, bytes]) -> TraceContext:
        """The trace of a request: the one that it came with, if it did and is valid, or a new one.

        Args:
            headers: By name in lower case; the metadata of gRPC in the same form.
        """
        given = headers.get(b"traceparent")
        found = None if given is None else read_parent(given)
        if found is None:
            chance = random.getrandbits(192).to_bytes(24).hex()
            trace, span = chance[:32], chance[32:]
            kept = self.sample > 0 and int(trace[-_BITS // 4 :], 16) >= self._kept_from
            return TraceContext(trace, span, "", kept)
        trace, parent, flags = found
        state = headers.get(b"tracestate")
        span = random.getrandbits(64).to_bytes(8).hex()
        stated = "" if state is None else state.decode("latin-1")
        return TraceContext(trace, span, parent, flags & SAMPLED != 0, stated, flags & RANDOM != 0)
