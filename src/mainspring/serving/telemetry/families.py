"""What a metric is: a name, a kind, a meaning, and the names of its labels."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Kind: TypeAlias = Literal["counter", "gauge", "histogram"]

Across: TypeAlias = Literal["sum", "max", "min"]

LabelValues: TypeAlias = tuple[str, ...]

SECONDS = (
    0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
)  # fmt: skip
"""Upper bounds in seconds, from 50 microseconds to 10 seconds."""

ROWS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 4096.0, 16384.0)
"""Upper bounds in rows."""

OVERFLOW = "overflow"
"""The value of every label of the series that takes what a metric has no room for."""

CAP = 1_000
"""How many series a metric may have in one process, unless it says otherwise."""


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """A metric with all its series.

    Attributes:
        name: Its name; that of a counter ends in ``_total``.
        kind: Counter, gauge or histogram.
        text: One sentence that says what it counts.
        labels: Names of its labels.
        bounds: Of a histogram: upper bounds of the buckets, growing, without the last one (infinity).
        across: Of a gauge: what becomes of the figures of several processes.
        cap: How many series it may have; what comes after goes to one series that is called ``overflow``.
        exemplars: Of a histogram: whether its buckets remember a trace.
    """

    name: str
    kind: Kind
    text: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()
    across: Across = "sum"
    cap: int = CAP
    exemplars: bool = False

    @property
    def figures(self) -> int:
        """How many numbers a series has: one, or one per bucket and the sum."""
        return len(self.bounds) + 2 if self.kind == "histogram" else 1

    @property
    def words(self) -> int:
        """How many words of 8 bytes a series takes: its figures and its exemplars."""
        return self.figures + (EXEMPLAR_WORDS * (len(self.bounds) + 1) if self.exemplars else 0)


EXEMPLAR_WORDS = 4
"""When it was seen, its value, and a trace id of 16 bytes."""
