"""The figures of one set of rows, each with its interval, or with the reason why there is none."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Interval(NamedTuple):
    """A confidence interval, at the level that the evaluation states: 95 % without a wish."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Measured:
    """Metrics of one slice.

    Attributes:
        count: Rows that were judged.
        values: Metric name to figure. A figure that does not exist is NaN, never 0.
        intervals: Confidence intervals of those metrics for which one is known.
        reasons: For each NaN, a sentence that says why.
        inexact: Metric to the most by which its figure may be off, where so many rows were judged that
            neighbouring numbers were put together; figures that are not named are exact.
    """

    count: int
    values: Mapping[str, float]
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    inexact: Mapping[str, float] = field(default_factory=dict)

    def joined(self, other: Measured) -> Measured:
        """The figures of both, of the same rows."""
        return Measured(
            self.count,
            {**self.values, **other.values},
            {**self.intervals, **other.intervals},
            {**self.reasons, **other.reasons},
            {**self.inexact, **other.inexact},
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; NaN becomes ``None``."""
        plain: dict[str, Any] = {
            "count": self.count,
            "values": {name: None if math.isnan(x) else x for name, x in self.values.items()},
            "intervals": {name: list(interval) for name, interval in self.intervals.items()},
            "reasons": dict(self.reasons),
        }
        return plain | {"inexact": dict(self.inexact)} if self.inexact else plain

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Measured:
        """The inverse of :meth:`as_dict`."""
        return cls(
            count=value["count"],
            values={name: math.nan if x is None else float(x) for name, x in value["values"].items()},
            intervals={name: Interval(*ends) for name, ends in value["intervals"].items()},
            reasons=dict(value["reasons"]),
            inexact=dict(value.get("inexact", {})),
        )


class Sheet:
    """Collects figures into a :class:`Measured`; a fraction without a denominator becomes NaN with its reason."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._values: dict[str, float] = {}
        self._intervals: dict[str, Interval] = {}
        self._reasons: dict[str, str] = {}
        self._inexact: dict[str, float] = {}

    def put(self, name: str, value: float, *, why: str = "", interval: Interval | None = None) -> None:
        """Write a figure; if it is NaN, ``why`` says why."""
        value = float(value)
        self._values[name] = value
        if math.isnan(value):
            self._reasons[name] = why or "it is not a number"
        elif interval is not None and not math.isnan(interval.low):
            self._intervals[name] = interval

    def off(self, name: str, most: float) -> None:
        """Say by how much a figure that was put may be off at most."""
        if most > 0 and not math.isnan(self._values[name]):
            self._inexact[name] = float(most)

    def fraction(
        self, name: str, top: float, bottom: float, *, why: str, interval: Interval | None = None
    ) -> float:
        """Write ``top / bottom`` and return it."""
        value = float(top) / float(bottom) if bottom > 0 else math.nan
        self.put(name, value, why=why, interval=interval)
        return value

    def spoil(self, why: str, *, keep: frozenset[str]) -> None:
        """Turn every figure into NaN except those named: something is wrong with the rows as a whole."""
        for name in self._values.keys() - keep:
            self._values[name], self._reasons[name] = math.nan, why
            self._intervals.pop(name, None)
            self._inexact.pop(name, None)

    def done(self) -> Measured:
        """All that was written."""
        return Measured(self._count, self._values, self._intervals, self._reasons, self._inexact)
