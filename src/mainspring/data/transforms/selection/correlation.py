"""How closely two columns of numbers go together: Pearson, Spearman and Kendall, each with its p-value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainspring.data.transforms.selection.tails import t_tail

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Correlation:
    """A coefficient from -1 to 1, NaN where one of the columns does not vary.

    Attributes:
        value: The coefficient.
        p_value: How likely one this far from 0 is if the columns have nothing to do with each other.
        count: Rows in which both were there.
    """

    value: float
    p_value: float
    count: int


def pearson(one: np.ndarray, other: np.ndarray) -> Correlation:
    """Pearson's coefficient, with the p-value of Student's t (exact for normal values).

    Rows in which a value is missing are left out.

    Example:
        >>> import numpy as np
        >>> round(pearson(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 3.0, 2.0, 4.0])).value, 3)
        0.8
    """
    x, y = _both(one, other)
    return _of_coefficient(_coefficient(x, y), len(x))


def spearman(one: np.ndarray, other: np.ndarray) -> Correlation:
    """Pearson's coefficient of the ranks, ties having their mean rank; the p-value is that of Student's t."""
    x, y = _both(one, other)
    return _of_coefficient(_coefficient(ranks(x), ranks(y)), len(x))


def kendall(one: np.ndarray, other: np.ndarray) -> Correlation:
    """Kendall's tau-b, in n log n steps (Knight, 1966); normal p-value with ties (Kendall, 1970)."""
    import numpy as np

    x, y = _both(one, other)
    size = len(x)
    places_x, places_y = _places(x), _places(y)
    order = np.lexsort((places_y, places_x))
    swaps = _inversions(places_y[order])
    pairs = size * (size - 1) // 2
    ties_x, x0, x1 = _ties(np.bincount(places_x) if size else np.zeros(1, dtype=np.int64))
    ties_y, y0, y1 = _ties(np.bincount(places_y) if size else np.zeros(1, dtype=np.int64))
    both = np.unique(np.stack([places_x, places_y]), axis=1, return_counts=True)[1] if size else np.zeros(1)
    ties_both = _ties(both.astype(np.int64))[0]
    if ties_x == pairs or ties_y == pairs:
        return Correlation(math.nan, math.nan, size)
    gap = pairs - ties_x - ties_y + ties_both - 2 * swaps
    tau = gap / math.sqrt(pairs - ties_x) / math.sqrt(pairs - ties_y)
    twice = 2 * pairs
    variance = (twice * (2 * size + 5) - x1 - y1) / 18 + 2 * ties_x * ties_y / twice
    variance += x0 * y0 / (9 * twice * (size - 2)) if size > 2 else 0.0
    chance = math.erfc(abs(gap) / math.sqrt(2 * variance)) if variance > 0 else math.nan
    return Correlation(max(-1.0, min(1.0, tau)), chance, size)


def ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1; equal values have their mean rank."""
    import numpy as np

    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    found: np.ndarray = (last - (counts - 1) / 2)[places]
    return found


def correlations(matrix: np.ndarray) -> np.ndarray:
    """Pearson's coefficients of all pairs of columns, ``[columns, columns]``; 0 where a column does not vary."""
    import numpy as np

    centred = matrix - matrix.mean(axis=0)
    lengths = np.sqrt((centred**2).sum(axis=0))
    unit = np.divide(centred, lengths, out=np.zeros_like(centred), where=lengths > 0)
    return np.asarray(np.clip(unit.T @ unit, -1.0, 1.0))


def _both(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    x, y = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    there = np.isfinite(x) & np.isfinite(y)
    return x[there], y[there]


def _coefficient(x: np.ndarray, y: np.ndarray) -> float:
    import numpy as np

    if len(x) < 2 or (x == x[0]).all() or (y == y[0]).all():
        return math.nan
    x, y = x - x.mean(), y - y.mean()
    lengths = float(np.sqrt(x @ x)) * float(np.sqrt(y @ y))
    return max(-1.0, min(1.0, float(x @ y) / lengths)) if lengths > 0 else math.nan


def _of_coefficient(value: float, count: int) -> Correlation:
    if math.isnan(value) or count < 3:
        return Correlation(value, math.nan, count)
    rest = (1 - value) * (1 + value)
    statistic = value * math.sqrt((count - 2) / rest) if rest > 0 else math.inf
    return Correlation(value, t_tail(statistic, count - 2), count)


def _places(values: np.ndarray) -> np.ndarray:
    import numpy as np

    found: np.ndarray = np.unique(values, return_inverse=True)[1].astype(np.int64)
    return found


def _ties(counts: np.ndarray) -> tuple[int, float, float]:
    """Pairs of equal values, and the two sums over ties that the variance of tau needs."""
    sizes = [int(count) for count in counts.tolist() if count > 1]
    pairs = sum(size * (size - 1) // 2 for size in sizes)
    cubic = sum(size * (size - 1) * (size - 2) for size in sizes)
    return pairs, float(cubic), float(sum(size * (size - 1) * (2 * size + 5) for size in sizes))


def _inversions(places: np.ndarray) -> int:
    """Pairs of whole numbers of which the first is the larger one, bit by bit from the highest."""
    import numpy as np

    total, values = 0, places
    for bit in range(int(places.max(initial=0)).bit_length() - 1, -1, -1):
        group, ones = values >> (bit + 1), (values >> bit) & 1
        before = np.cumsum(ones) - ones
        starts = np.concatenate([[True], group[1:] != group[:-1]])
        first = before[np.maximum.accumulate(np.where(starts, np.arange(len(values)), 0))]
        total += int((before - first)[ones == 0].sum())
        values = values[np.argsort(values >> bit, kind="stable")]
    return total
