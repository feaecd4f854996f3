"""What it takes to run a model: bytes, seconds and rows per second, measured by really serving it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar, Final, Self

from mainspring.core.records import Value
from mainspring.evaluation.metrics.facts import Better, Fact, Facts
from mainspring.evaluation.metrics.measured import Interval
from mainspring.evaluation.stored import StoredAsJson

FACTS: Final[Facts] = {
    "size_bytes": Fact(better=Better.LOWER, title="size", says="the bytes of the model's files"),
    "latency_p50": Fact(
        better=Better.LOWER,
        title="median latency",
        says="the seconds within which half of the requests are answered",
    ),
    "latency_p90": Fact(
        better=Better.LOWER, title="latency, 90 %", says="the seconds within which 9 of 10 requests are answered"
    ),
    "latency_p95": Fact(
        better=Better.LOWER, title="latency, 95 %", says="the seconds within which 19 of 20 requests are answered"
    ),
    "latency_p99": Fact(
        better=Better.LOWER, title="latency, 99 %", says="the seconds within which 99 of 100 requests are answered"
    ),
    "throughput": Fact(better=Better.HIGHER, title="throughput", says="the rows answered per second, in batches"),
    "memory_bytes": Fact(better=Better.LOWER, title="memory", says="the most bytes that the server held at once"),
    "load_seconds": Fact(
        better=Better.LOWER,
        title="time to load",
        says="the seconds from the start of a server to its first answer",
    ),
}
"""What is known of each figure of an :class:`Operation`."""

EXACT: Final = frozenset({"size_bytes"})
"""Figures that are counted and not estimated: their interval is the figure itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(StoredAsJson):
    """What a model takes to be served, and how that was measured. A figure that is not known is NaN.

    Attributes:
        size_bytes: Bytes of the model's files.
        latency_p50: Seconds within which half of the requests of one row are answered; likewise the others.
        throughput: Rows answered per second, asked in batches.
        memory_bytes: The most memory that the server held.
        load_seconds: From the start of the server process to its being ready.
        intervals: 95 % intervals of those figures for which one is known.
        rows: Different rows that were asked.
        requests: Requests that were timed.
        warm_up: Requests before them, that were not.
        batch: Rows per request of the throughput.
        concurrency: Requests that were under way at the same time.
        machine: Where it was measured. Figures of different machines do not compare.
        interleaved: Whether the requests took turns with those to a baseline, so that both saw the same noise.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Operation"
    FILE: ClassVar[str] = "operation.json"

    size_bytes: float = math.nan
    latency_p50: float = math.nan
    latency_p90: float = math.nan
    latency_p95: float = math.nan
    latency_p99: float = math.nan
    throughput: float = math.nan
    memory_bytes: float = math.nan
    load_seconds: float = math.nan
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    rows: int = 0
    requests: int = 0
    warm_up: int = 0
    batch: int = 0
    concurrency: int = 1
    machine: str = ""
    interleaved: bool = False

    @property
    def values(self) -> Mapping[str, float]:
        """Name to figure, NaN where it is not known."""
        return {name: float(getattr(self, name)) for name in FACTS}

    def interval(self, name: str) -> Interval | None:
        """The interval of a figure; of one that is counted, the figure itself."""
        if name in EXACT:
            value = float(getattr(self, name))
            return None if math.isnan(value) else Interval(value, value)
        return self.intervals.get(name)

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        told: dict[str, Value] = {name: value for name, value in self.values.items() if not math.isnan(value)}
        return {**told, "requests": self.requests, "machine": self.machine}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; NaN becomes ``None``."""
        plain = asdict(self)
        plain["intervals"] = {name: list(interval) for name, interval in self.intervals.items()}
        return plain | {name: None if math.isnan(value) else value for name, value in self.values.items()}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        given = {key.name: value[key.name] for key in fields(cls) if key.name in value}
        given |= {name: math.nan for name in FACTS if given.get(name) is None}
        given["intervals"] = {name: Interval(*ends) for name, ends in value.get("intervals", {}).items()}
        return cls(**given)
