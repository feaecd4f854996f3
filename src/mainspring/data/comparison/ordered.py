"""Two distributions of numbers on one line: pooled quantiles, Kolmogorov-Smirnov, Wasserstein.

A distribution is given as weighted points, be they all rows or the points of a summary.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainspring.data.comparison.significance import DRAWS, by_simulation

if TYPE_CHECKING:
    import numpy as np

CLIP: Final = 0.01
"""Wasserstein looks at numbers as if those beyond the outermost 1 % lay there: one outlier moves nothing."""
_CELLS: Final = 128
_SEED: Final = 19_331_116
_MOST_EXACT: Final = 1_000


@dataclass(frozen=True, slots=True)
class Points:
    """Finite numbers with their weights.

    Attributes:
        values: Ascending; may repeat.
        weights: Rows each stands for; ``None`` if one each.
        total: Rows altogether.
        error: How far a rank may be off, as a share of the rows; 0 if the points are the rows themselves.
    """

    values: np.ndarray
    weights: np.ndarray | None
    total: float
    error: float = 0.0

    @property
    def effective(self) -> float:
        """How many rows the points are worth: fewer than they stand for, where ranks are not exact."""
        if not self.error:
            return self.total
        # A rank that is off by up to e, evenly, varies like that of 0.135 / e**2 rows in a bin of a tenth.
        return 1.0 / (1.0 / self.total + self.error**2 / 0.135) if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """Two distributions on one line.

    Attributes:
        values: The numbers of both, ascending, none repeated.
        below: For each, the rows of either side that hold it or less; shape (2, values).
        shares: The same as shares of their side, the distribution functions; 0 for an empty side.
        sides: The two distributions.
    """

    values: np.ndarray
    below: np.ndarray
    shares: np.ndarray
    sides: tuple[Points, Points]

    @classmethod
    def of(cls, one: Points, other: Points) -> Line:
        """Both sides in order."""
        import numpy as np

        values = np.concatenate([one.values, other.values])
        # Two sorted runs: a stable sort only merges them.
        order = np.argsort(values, kind="stable")
        values = values[order]
        below = _reached(one, other, order)
        last = np.append(values[1:] != values[:-1], True) if len(values) else np.zeros(0, dtype=bool)
        if not last.all():
            values, below = values[last], below[:, last]
        totals = np.array([[one.total or 1.0], [other.total or 1.0]])
        return cls(values, below, below / totals, (one, other))

    @property
    def effective(self) -> float:
        """The size that a comparison is worth: half the harmonic mean of both sides' sizes."""
        return half_harmonic(self.sides[0].effective, self.sides[1].effective)

    def quantiles(self, shares: Sequence[float], *, balanced: bool = False) -> list[float]:
        """Quantiles of both sides together; ``balanced`` gives both the same weight, however many rows they have.

        Where a share falls exactly between two numbers it is their mean (definition 2 of Hyndman and Fan, 1996).
        """
        import numpy as np

        if not len(self.values):
            return []
        both = self.shares if balanced else self.below
        reached = both[0] + both[1]
        wanted = np.asarray(shares) * reached[-1]
        close = 1e-9 * reached[-1]
        places = np.minimum(np.searchsorted(reached, wanted - close, side="left"), len(reached) - 1)
        after = np.minimum(places + 1, len(reached) - 1)
        found = self.values[places]
        halfway = (np.abs(reached[places] - wanted) <= close) & (wanted > 0) & (wanted < reached[-1])
        # Halves first: the sum of two very large numbers is not finite.
        means: list[float] = np.where(halfway, found / 2 + self.values[after] / 2, found).tolist()
        return means

    def counts_below(self, edges: Sequence[float]) -> np.ndarray:
        """Rows of either side less than each edge, shape (2, edges)."""
        import numpy as np

        places = np.searchsorted(self.values, np.asarray(edges), side="left")
        found: np.ndarray = self.below[:, np.maximum(places - 1, 0)] * (places > 0)
        return found


def half_harmonic(one: float, other: float) -> float:
    """``n m / (n + m)``; 0 if a side is empty."""
    return one * other / (one + other) if one and other else 0.0


def kolmogorov_smirnov(line: Line) -> float:
    """The largest difference of the two distribution functions (Smirnov, 1939); 0 if a side is empty."""
    import numpy as np

    if not line.sides[0].total or not line.sides[1].total:
        return 0.0
    return float(np.abs(line.shares[0] - line.shares[1]).max())


def kolmogorov_smirnov_p(line: Line, distance: float) -> float:
    """P-value of the two-sample test; exact for up to 1,000 rows in all, if the points are the rows themselves.

    What a summary's ranks may be off by is taken off the distance first, so that the summary alone never alarms.
    """
    one, other = line.sides
    error = one.error + other.error
    distance -= error
    if distance <= 0.0 or not one.total or not other.total:
        return 1.0
    if not error and one.total + other.total <= _MOST_EXACT:
        return _exact_p(round(one.total), round(other.total), distance)
    root = math.sqrt(line.effective)
    return kolmogorov_tail((root + 0.12 + 0.11 / root) * distance)  # Stephens (1970)


def kolmogorov_tail(size: float) -> float:
    """How likely the supremum of a Brownian bridge is at least this large (Kolmogorov, 1933)."""
    if size <= 0.0:
        return 1.0
    if size < 1.18:
        # The other series of the theta function, which is quick where this one is not.
        unit = -(math.pi**2) / (8 * size * size)
        total = math.fsum(math.exp(unit * odd * odd) for odd in (1, 3, 5, 7))
        return min(max(1.0 - math.sqrt(2 * math.pi) / size * total, 0.0), 1.0)
    terms = ((-1) ** (place - 1) * math.exp(-2.0 * (place * size) ** 2) for place in range(1, 6))
    return min(max(2.0 * math.fsum(terms), 0.0), 1.0)


def _exact_p(one: int, other: int, distance: float) -> float:
    """Share of the lattice paths from (0, 0) to (one, other) that leave the band (Hodges, 1958)."""
    import numpy as np

    steps = np.arange(other + 1) / other
    paths, scale = np.ones(other + 1), 0.0
    for row in range(one + 1):
        inside = np.abs(row / one - steps) < distance - 1e-12
        # The band is one stretch per row, so that a running sum counts the paths inside.
        paths = np.where(inside, paths if row == 0 else np.where(inside, paths, 0.0).cumsum(), 0.0)
        if row == 0:
            paths *= np.logical_and.accumulate(inside)
        largest = float(paths.max())
        if not largest:
            return 1.0
        paths, scale = paths / largest, scale + math.log(largest)
    ways = math.lgamma(one + other + 1) - math.lgamma(one + 1) - math.lgamma(other + 1)
    last = float(paths[-1])
    return min(max(1.0 - math.exp(math.log(last) + scale - ways), 0.0), 1.0) if last else 1.0


@dataclass(frozen=True, slots=True)
class Transport:
    """The earth mover's distance of two sides.

    Attributes:
        distance: How far the mean row has to move, in spreads of the first side.
        p_value: How likely it is at least so far by chance alone; ``None`` if that was not asked for.
        chance: How far chance alone moves it on average.
    """

    distance: float
    p_value: float | None
    chance: float


def wasserstein(line: Line, *, drawn: bool = True) -> Transport:
    """Wasserstein distance of order 1 (Vaserstein, 1969), robust: in spreads of the first side, tails clipped.

    Numbers beyond the 1st and 99th percentile of both sides (each of equal weight) count as if they lay there.
    The spread is the standard deviation of the first side after that; where it is 0, that of both together. The
    p-value is that of the limit of the permutation test, a Brownian bridge, always with the same 999 bridges;
    without ``drawn`` there is none.
    """
    import numpy as np

    if not line.sides[0].total or not line.sides[1].total or len(line.values) < 2:
        return Transport(0.0, 1.0, 0.0)
    low, high = line.quantiles((CLIP, 1.0 - CLIP), balanced=True)
    # Very large numbers are divided first, so that squares stay finite.
    unit = max(abs(low), abs(high), 1e-300)
    values = np.clip(line.values, low, high) / unit
    apart = float((np.abs(line.shares[0] - line.shares[1])[:-1] * np.diff(values)).sum())
    moments = [_moments(side, low, high, unit) for side in line.sides]
    spread = mixed_deviation(moments[:1], [1.0]) or mixed_deviation(moments, [1.0, 1.0])
    if not spread:
        return Transport(0.0, 1.0, 0.0)
    if not drawn:
        return Transport(apart / spread, None, 0.0)
    root = math.sqrt(line.effective)
    cuts = np.array(line.quantiles([0.0, *(place / _CELLS for place in range(1, _CELLS)), 1.0]))
    chance = np.sort(_bridges() @ np.diff(np.clip(cuts, low, high) / unit)) / root
    error = line.sides[0].error + line.sides[1].error
    seen = max(apart - error * float(values[-1] - values[0]) / 4, 0.0)
    pooled = mixed_deviation(moments, [side.total for side in line.sides])
    return Transport(apart / spread, by_simulation(seen, chance, pooled / root), float(chance.mean()) / spread)


def spread_between(line: Line, low: float, high: float) -> float:
    """Standard deviation of the first side, tails clipped; that of both, equally weighted, where it is 0."""
    unit = max(abs(low), abs(high), 1e-300)
    moments = [_moments(side, low, high, unit) for side in line.sides]
    return unit * (mixed_deviation(moments[:1], [1.0]) or mixed_deviation(moments, [1.0, 1.0]))


def mixed_deviation(moments: Sequence[tuple[float, float]], weights: Sequence[float]) -> float:
    """Standard deviation of a mixture, from means and variances of its parts; 0 where only rounding is left."""
    whole = sum(weights)
    mean = sum(weight * mean for weight, (mean, _) in zip(weights, moments, strict=True)) / whole
    variance = sum(
        weight * (variance + (own - mean) ** 2) for weight, (own, variance) in zip(weights, moments, strict=True)
    )
    found = math.sqrt(max(variance / whole, 0.0))
    return found if found > 1e-12 else 0.0


def _moments(side: Points, low: float, high: float, unit: float) -> tuple[float, float]:
    """Mean and variance of the values over ``unit``, tails clipped."""
    import numpy as np

    values = np.clip(side.values, low, high) / unit
    if side.weights is None:
        mean = float(values.mean())
        return mean, float(np.square(values - mean).mean())
    mean = float((side.weights * values).sum()) / side.total
    return mean, float((side.weights * np.square(values - mean)).sum()) / side.total


def _reached(one: Points, other: Points, order: np.ndarray) -> np.ndarray:
    """How many rows of either side come up to each place of the order; shape (2, places)."""
    import numpy as np

    mine = order < len(one.values)
    if one.weights is None and other.weights is None:
        below = np.empty((2, len(order)))
        below[0] = mine.cumsum()
        np.subtract(np.arange(1.0, len(order) + 1.0), below[0], out=below[1])
        return below
    weights = np.zeros((2, len(order)))
    weights[0, mine] = 1.0 if one.weights is None else one.weights
    weights[1, ~mine] = 1.0 if other.weights is None else other.weights
    return weights.cumsum(axis=1)


@functools.cache
def _bridges() -> np.ndarray:
    """The size of Brownian bridges in the middle of each cell, shape (999, cells)."""
    import numpy as np

    steps = np.random.default_rng(_SEED).normal(size=(DRAWS, 2 * _CELLS)) / math.sqrt(2 * _CELLS)
    walks = steps.cumsum(axis=1)
    times = np.arange(1, 2 * _CELLS + 1) / (2 * _CELLS)
    found: np.ndarray = np.abs(walks - times * walks[:, -1:])[:, ::2]
    return found
