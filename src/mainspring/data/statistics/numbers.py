"""What a feature of numbers holds: counts, moments, quantiles, histograms."""

from __future__ import annotations

import bisect
import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from mainspring.data.sketches import HASHED, Distinct, Quantiles

BINS: Final = 10
T = TypeVar("T", int, float, str)


@dataclass(frozen=True, slots=True)
class Histogram:
    """Rows per bin. A bin holds its lower edge but not its upper one; the last holds both.

    Attributes:
        edges: One more than there are bins.
        counts: Rows in each bin.
        exact: Whether they were counted, not estimated from a summary.
    """

    edges: tuple[int | float, ...]
    counts: tuple[int | float, ...]
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a column of numbers holds. Mean, deviation and order are those of the finite numbers.

    Attributes:
        count: Finite numbers.
        num_nan: "Not a number", which is not the same as missing.
        num_inf: Infinities.
        zeros: How many are zero.
        whole: How many are whole numbers.
        min: The least; ``None`` if there is no finite number, as are ``max`` and ``mean``.
        m2: Sum of squared differences from the mean, capped at the largest float.
        unique: How many different ones there are; exact unless parts with many were merged.
    """

    count: int
    num_nan: int
    num_inf: int
    zeros: int
    whole: int
    min: int | float | None
    max: int | float | None
    mean: float | None
    m2: float
    unique: int
    quantiles: Quantiles
    histogram: Histogram
    distinct: Distinct | None = None

    @property
    def std_dev(self) -> float:
        """Standard deviation of the population."""
        return math.sqrt(self.m2 / self.count) if self.count else math.nan

    @property
    def median(self) -> float:
        """The median."""
        return self.quantiles.at(0.5)

    @property
    def total(self) -> float:
        """The sum of the finite numbers."""
        return self.mean * self.count if self.mean is not None else 0.0

    def quantile(self, share: float) -> float:
        """The least number that is not less than this share of the rows; NaN if there is no finite number."""
        if self.min is not None and share <= 0.0:
            return self.min
        if self.max is not None and share >= 1.0:
            return self.max
        return self.quantiles.at(share)

    def deciles(self) -> tuple[float, ...]:
        """Least, the nine deciles, largest; empty if there is no finite number."""
        if self.min is None or self.max is None:
            return ()
        return (self.min, *(self.quantiles.at(share / BINS) for share in range(1, BINS)), self.max)

    def quantile_histogram(self) -> Histogram:
        """Bins that hold a tenth of the rows each; fewer where a value repeats so often that deciles coincide."""
        edges = tuple(dict.fromkeys(self.deciles()))
        return binned(self.quantiles, edges * 2 if len(edges) == 1 else edges)

    @classmethod
    def merged(cls, parts: Sequence[Numbers]) -> Numbers:
        """Of the rows of all parts: counts exact, moments to the last digits, quantiles in their bound."""
        mean, m2 = merged_moments((part.count, part.mean, part.m2) for part in parts)
        low, high = least(part.min for part in parts), most(part.max for part in parts)
        quantiles = Quantiles.merged([part.quantiles for part in parts])
        few = quantiles.exact and len(quantiles.values) <= HASHED
        distinct = None if few else Distinct.merged([part._distinct() for part in parts])
        return Numbers(
            count=sum(part.count for part in parts),
            num_nan=sum(part.num_nan for part in parts),
            num_inf=sum(part.num_inf for part in parts),
            zeros=sum(part.zeros for part in parts),
            whole=sum(part.whole for part in parts),
            min=low,
            max=high,
            mean=mean,
            m2=m2,
            unique=len(quantiles.values) if distinct is None or quantiles.exact else distinct.estimate(),
            quantiles=quantiles,
            histogram=merged_histogram([part.histogram for part in parts], quantiles, low, high),
            distinct=distinct,
        )

    def merge(self, other: Numbers) -> Numbers:
        """Of the rows of both: counts exact, moments to the last digits, quantiles in their bound."""
        return self.merged([self, other])

    def _distinct(self) -> Distinct:
        return self.distinct or Distinct.of_numbers(self.quantiles.values)


def equal_width(low: float, high: float) -> tuple[float, ...]:
    """Edges of ten bins of equal width."""
    if low == high:
        return (low, high)
    # Halves first: the difference of two very large numbers is not finite.
    return (low, *(low + (high / BINS - low / BINS) * place for place in range(1, BINS)), high)


def binned(quantiles: Quantiles, edges: Sequence[int | float]) -> Histogram:
    """Rows per bin, from the points of a distribution."""
    if len(edges) < 2:
        return Histogram((), (), quantiles.exact)
    places = [min(max(bisect.bisect_right(edges, value) - 1, 0), len(edges) - 2) for value in quantiles.values]
    counts: list[int | float] = [0] * (len(edges) - 1)
    for place, weight in zip(places, quantiles.weights, strict=True):
        counts[place] += weight
    return Histogram(tuple(edges), tuple(counts), quantiles.exact)


def least(bounds: Iterable[T | None]) -> T | None:
    """The least of the bounds that there are."""
    return min((bound for bound in bounds if bound is not None), default=None)


def most(bounds: Iterable[T | None]) -> T | None:
    """The largest of the bounds that there are."""
    return max((bound for bound in bounds if bound is not None), default=None)


def merged_moments(parts: Iterable[tuple[float, float | None, float]]) -> tuple[float | None, float]:
    """Mean and sum of squared differences of all rows (Chan, Golub and LeVeque, 1979).

    Args:
        parts: Rows, or their weight, with their mean and sum of squares; no mean where there are none.
    """
    weight, mean, m2 = 0.0, None, 0.0
    for more, own, squares in parts:
        if own is None:
            continue
        if mean is None:
            weight, mean, m2 = more, own, squares
            continue
        total = weight + more
        apart = own - mean
        m2 += squares + apart * apart * (weight * (more / total))
        mean += apart * (more / total)
        weight = total
    return mean, min(m2, sys.float_info.max)


def merged_histogram(
    parts: Sequence[Histogram], quantiles: Quantiles, low: float | None, high: float | None
) -> Histogram:
    """Rows per bin of all parts; where their bins differ, estimated from the points of the distribution."""
    if len({part.edges for part in parts}) == 1:
        counts = tuple(_added(column) for column in zip(*(part.counts for part in parts), strict=True))
        return Histogram(parts[0].edges, counts, all(part.exact for part in parts))
    return binned(quantiles, equal_width(low, high) if low is not None and high is not None else ())


def _added(counts: Iterable[int | float]) -> int | float:
    """Whole numbers stay whole; the sum of others does not depend on their order."""
    kept = list(counts)
    return sum(kept) if all(isinstance(count, int) for count in kept) else math.fsum(kept)
