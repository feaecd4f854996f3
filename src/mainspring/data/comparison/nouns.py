"""What comparing two columns gives."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

METRICS: Final = (
    "l_infinity",
    "jensen_shannon",
    "normalized_absolute_difference",
    "psi",
    "kolmogorov_smirnov",
    "wasserstein",
    "hellinger",
    "total_variation",
    "chi_squared",
    "missing",
    "length",
)
"""The distances, by the names of their fields."""
LINEAR: Final = frozenset({"jensen_shannon", "psi", "chi_squared"})
"""Divergences, which add up; the others do so in squares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distances:
    """How far apart two columns are.

    Attributes:
        l_infinity: The largest difference of a word's share among the rows with a value; ``None`` for numbers.
        at: The word (or, for numbers, the bin) with the largest difference.
        jensen_shannon: Divergence in bits, from 0 to 1, missing rows being a bin of their own.
        psi: Population stability index over the same bins, shares of at least 0.0001 on both sides.
        p_value: How likely so large a difference is by chance alone (chi-squared test of homogeneity; rare bins
            are taken together); 1.0 where there are too few rows to say anything.
        sizes: Rows on both sides.
        normalized_absolute_difference: The largest difference of a word's number of rows, over the rows with a
            value of both sides: sees that one side has more rows. ``None`` for numbers.
        kolmogorov_smirnov: The largest difference of the two distribution functions, or of the share of NaN,
            infinite or missing rows where that is larger; ``None`` for words.
        wasserstein: How far the mean row has to move, in spreads of the first side, the outermost 1 % of both
            taken in; of finite numbers alone; ``None`` for words.
        hellinger: Hellinger distance, from 0 to 1.
        total_variation: The share of rows that would have to change their bin.
        chi_squared: Pearson's statistic, rare bins taken together.
        missing: The difference of the shares of missing rows.
        length: The largest difference of the distribution functions of the lengths of lists or texts; ``None``
            where lengths are not known.
        p_values: How likely each distance is at least so large by chance alone, by its name.
        chance: How large each is on average by chance alone, by its name.
        intervals: Where each lies with 95 % confidence, what chance adds being taken off, by its name; only
            where asked for.
    """

    l_infinity: float | None
    at: str | None
    jensen_shannon: float
    psi: float
    p_value: float
    sizes: tuple[int, int]
    normalized_absolute_difference: float | None = None
    kolmogorov_smirnov: float | None = None
    wasserstein: float | None = None
    hellinger: float = 0.0
    total_variation: float = 0.0
    chi_squared: float = 0.0
    missing: float = 0.0
    length: float | None = None
    p_values: Mapping[str, float] = field(default_factory=dict)
    chance: Mapping[str, float] = field(default_factory=dict)
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def value(self, metric: str) -> float | None:
        """A distance by its name."""
        found: float | None = getattr(self, metric)
        return found

    def corrected(self, metric: str) -> float | None:
        """A distance without what chance alone adds on average: what to hold against a limit in small samples."""
        value = self.value(metric)
        return None if value is None else without_chance(metric, value, self.chance.get(metric, 0.0))


def without_chance(metric: str, value: float, chance: float) -> float:
    """A distance without what chance adds; the divergences add up, the metrics do so in squares."""
    if metric in LINEAR:
        return max(value - chance, 0.0)
    return math.sqrt(max(value * value - chance * chance, 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One column measured between two sets of rows, drifted or not.

    Attributes:
        path: The column.
        between: What was compared, such as ``("previous train", "train")``.
        metric: The distance that was held against a limit, such as ``l_infinity`` or ``jensen_shannon``.
        value: The distance.
        limit: The largest distance that is let pass; ``None`` if there is no limit.
        distances: All distances.
        adjusted_p: The p-value after Benjamini and Hochberg (1995) over all that was measured.
        drifted: Whether it is past the limit (also without what chance alone adds), and more than chance.
    """

    path: str
    between: tuple[str, str]
    metric: str
    value: float
    limit: float | None
    distances: Distances
    adjusted_p: float
    drifted: bool
