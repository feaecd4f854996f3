"""Whether means differ between classes, and whether a line explains anything: F tests from sums that merge."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from mainspring.data.transforms.selection.correlation import pearson
from mainspring.data.transforms.selection.tails import f_tail

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class FTest:
    """A ratio of mean squares.

    Attributes:
        statistic: F; infinite where nothing is left unexplained, NaN where nothing varies.
        p_value: How likely one at least this large is by chance, for normal errors of equal variance.
        explained: The share of the variance that is explained, from 0 to 1.
        count: Rows.
    """

    statistic: float
    p_value: float
    explained: float
    count: int


@dataclass(frozen=True, slots=True)
class GroupedMoments:
    """Count, mean and sum of squared differences of a column, class by class; merges over parts of the data.

    Attributes:
        counts: Rows per class.
        means: NaN-free; 0 for a class without rows.
        squares: Sums of squared differences from the mean of the class.
    """

    counts: tuple[int, ...]
    means: tuple[float, ...]
    squares: tuple[float, ...]

    @classmethod
    def of(cls, values: np.ndarray, classes: np.ndarray, number: int) -> Self:
        """Of numbers ``[n]`` (missing ones are left out) and the index of each row's class."""
        import numpy as np

        there = np.isfinite(values) & (classes >= 0)
        x, places = values[there], classes[there]
        counts = np.bincount(places, minlength=number)
        # Moved close to 0 first: sums of large values would lose digits.
        middle = float(x.mean()) if len(x) else 0.0
        near = x - middle
        means = np.bincount(places, near, minlength=number) / np.maximum(counts, 1)
        squares = np.bincount(places, (near - means[places]) ** 2, minlength=number)
        shifted = np.where(counts > 0, means + middle, 0.0)
        return cls(tuple(counts.tolist()), tuple(shifted.tolist()), tuple(squares.tolist()))

    def merge(self, other: Self) -> Self:
        """The moments over the rows of both (Chan, Golub and LeVeque, 1979)."""
        counts, means, squares = [], [], []
        for n, m, s, k, p, t in zip(
            self.counts, self.means, self.squares, other.counts, other.means, other.squares, strict=True
        ):
            both, gap = n + k, p - m
            counts.append(both)
            means.append(m + gap * k / both if both else 0.0)
            squares.append(s + t + (gap * gap * n * k / both if both else 0.0))
        return type(self)(tuple(counts), tuple(means), tuple(squares))

    def f_test(self) -> FTest:
        """The analysis of variance between the classes that have rows (Fisher, 1925)."""
        there = [(n, m, s) for n, m, s in zip(self.counts, self.means, self.squares, strict=True) if n]
        rows, groups = sum(n for n, _, _ in there), len(there)
        if groups < 2 or rows <= groups:
            return FTest(math.nan, math.nan, 0.0, rows)
        mean = math.fsum(n * m for n, m, _ in there) / rows
        between = math.fsum(n * (m - mean) ** 2 for n, m, _ in there)
        within = math.fsum(s for _, _, s in there)
        if between + within <= 0:
            return FTest(math.nan, math.nan, 0.0, rows)
        above, below = groups - 1, rows - groups
        statistic = (between / above) / (within / below) if within > 0 else math.inf
        return FTest(statistic, f_tail(statistic, above, below), between / (between + within), rows)


def anova(values: np.ndarray, classes: np.ndarray) -> FTest:
    """Whether the mean of a column differs between classes.

    Args:
        values: ``[n]``, NaN for missing.
        classes: The index of each row's class, ``[n]``; negative for rows to leave out.

    Example:
        >>> import numpy as np
        >>> anova(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 0, 1, 1])).statistic
        8.0
    """
    return GroupedMoments.of(values, classes, int(classes.max(initial=-1)) + 1).f_test()


def regression(values: np.ndarray, target: np.ndarray) -> FTest:
    """Whether a straight line over a column explains anything of a number to be predicted."""
    found = pearson(values, target)
    if math.isnan(found.value) or found.count < 3:
        return FTest(math.nan, math.nan, 0.0, found.count)
    explained = found.value**2
    rest = (1 - found.value) * (1 + found.value)
    statistic = explained / rest * (found.count - 2) if rest > 0 else math.inf
    return FTest(statistic, found.p_value, explained, found.count)
