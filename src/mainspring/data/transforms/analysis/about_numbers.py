"""Requests about numbers: means, bounds, quantiles, histograms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from mainspring.data.transforms.analysis.asking import Request
from mainspring.data.transforms.analysis.summaries import Distribution


@dataclass(frozen=True, slots=True)
class Mean(Request):
    """The mean; 0.0 if there is no number."""

    def answer(self, summary: Any) -> Any:
        """The mean."""
        return summary.mean


@dataclass(frozen=True, slots=True)
class Deviation(Request):
    """The population standard deviation; 1.0 for a constant or no number."""

    def answer(self, summary: Any) -> Any:
        """The deviation."""
        return summary.deviation


@dataclass(frozen=True, slots=True)
class Minimum(Request):
    """The least finite number; 0.0 if there is none."""

    def answer(self, summary: Any) -> Any:
        """The least number."""
        return summary.low


@dataclass(frozen=True, slots=True)
class Maximum(Request):
    """The greatest finite number; 0.0 if there is none."""

    def answer(self, summary: Any) -> Any:
        """The greatest number."""
        return summary.high


@dataclass(frozen=True, slots=True)
class Extent(Request):
    """The greatest number less the least; 1.0 for a constant or no number."""

    def answer(self, summary: Any) -> Any:
        """The difference."""
        return summary.high - summary.low or 1.0


@dataclass(frozen=True, slots=True)
class Quantile(Request):
    """The quantile at a share of the rows; ``empty`` if there is no number."""

    share: float
    empty: float | None = 0.0

    SUMMARY: ClassVar[type[Any]] = Distribution

    def answer(self, summary: Any) -> Any:
        """The quantile."""
        return float(summary.quantiles.at(self.share)) if summary.quantiles.values else self.empty


@dataclass(frozen=True, slots=True)
class QuantileRange(Request):
    """The difference of two quantiles; 1.0 if it is 0 or there is no number."""

    low: float = 0.25
    high: float = 0.75

    SUMMARY: ClassVar[type[Any]] = Distribution

    def answer(self, summary: Any) -> Any:
        """The difference."""
        found = summary.quantiles
        return float(found.at(self.high) - found.at(self.low)) or 1.0 if found.values else 1.0


@dataclass(frozen=True, slots=True)
class MostFrequentNumber(Request):
    """The number that most rows hold, the least of several; 0.0 if there is none."""

    SUMMARY: ClassVar[type[Any]] = Distribution

    def answer(self, summary: Any) -> Any:
        """The mode. Beyond 1,000 different numbers it is that of the points that stand for them."""
        found = summary.quantiles
        pairs = zip(found.weights, found.values, strict=True)
        return float(max(pairs, key=lambda pair: pair[0], default=(0, 0.0))[1])


@dataclass(frozen=True, slots=True)
class Edges(Request):
    """The different quantiles that cut the rows into so many buckets of about the same size."""

    buckets: int

    SUMMARY: ClassVar[type[Any]] = Distribution

    def answer(self, summary: Any) -> Any:
        """The edges, ascending, at most ``buckets - 1``."""
        found = summary.quantiles
        if not found.values:
            return ()
        return tuple(sorted({float(found.at(place / self.buckets)) for place in range(1, self.buckets)}))


@dataclass(frozen=True, slots=True)
class Count(Request):
    """How many rows hold a finite number."""

    def answer(self, summary: Any) -> Any:
        """The count."""
        return summary.count


@dataclass(frozen=True, slots=True)
class Variance(Request):
    """The population variance; 0.0 for a constant or no number."""

    def answer(self, summary: Any) -> Any:
        """The variance."""
        return summary.squares / summary.count if summary.count else 0.0


@dataclass(frozen=True, slots=True)
class Histogram(Request):
    """How many rows lie in each of so many ranges of equal width, from the least to the greatest number.

    Exact up to 1,000 different numbers; of the points that stand for them beyond.
    """

    buckets: int = 10

    SUMMARY: ClassVar[type[Any]] = Distribution

    def answer(self, summary: Any) -> Any:
        """The edges, and the rows in each range; the last one holds its upper edge too."""
        import numpy as np

        found = summary.quantiles
        if not found.values:
            return (), ()
        rows, edges = np.histogram(found.values, bins=self.buckets, weights=found.weights)
        return tuple(edges.tolist()), tuple(rows.tolist())
