"""Intervals of the widest gap among several groups, that allow for its being the widest.

Of many groups two always lie apart, by chance alone, and resampling them anew lays them further apart still: the
middle of resampled gaps can leave out the gap that was measured, and 0 where all groups are equal. So every pair
of groups gets an interval, wide enough that all of them hold at once; the widest gap lies between the highest of
their lower ends and the highest of their upper ends. Between two groups it is the usual interval of a difference.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.fairness.across import Across
from mainspring.evaluation.fairness.figures import FACTS
from mainspring.evaluation.metrics.grouping import Floats
from mainspring.evaluation.metrics.intervals import deviations
from mainspring.evaluation.metrics.measured import Interval

Ints = npt.NDArray[np.int64]


def widest(parts: Sequence[Across], kept: Ints, *, ratio: bool, level: float) -> Interval | None:
    """The interval of the largest difference, or the smallest ratio, between any two groups in any figure.

    With resamples, pairs reach as many standard errors as the range of the studentised figures of all groups does
    (Tukey and Kramer's comparison, with the range of resamples for that of normal variables); without, they share
    the error evenly (Bonferroni) and each has the interval of :func:`difference` or :func:`quotient`.

    Reference: A. J. Hayter, *A proof of the conjecture that the Tukey-Kramer multiple comparisons procedure is
    conservative*, Annals of Statistics 12 (1984).

    Args:
        parts: The figures of all groups.
        kept: Indices of the groups that are compared, two at least.
        ratio: Whether ratios are wanted.
        level: Of the interval.

    Returns:
        The interval, or ``None`` if the spread of some group is not known.
    """
    ends = (
        _resampled(parts, kept, ratio, level) if parts[0].draws is not None else _closed(parts, kept, ratio, level)
    )
    if ends is None:
        return None
    low, high = ends
    if ratio:
        return Interval(max(0.0, float(low.min())), min(1.0, float(high.min())))
    most = 1.0 if all(FACTS[part.name].unit for part in parts) else math.inf
    return Interval(max(0.0, float(low.max())), min(most, float(high.max())))


def difference(x: Floats, a: Floats, y: Floats, b: Floats, reach: float = 1.0) -> tuple[Floats, Floats]:
    """The ends of the interval of ``x - y``, from the intervals of both.

    Reference: G. Y. Zou and A. Donner, *Construction of confidence limits about effect measures: a general
    approach*, Statistics in Medicine 27 (2008); for proportions with Wilson's intervals it is the tenth method of
    R. G. Newcombe, Statistics in Medicine 17 (1998).

    Args:
        x: Figures; ``a`` the lower and upper ends of their intervals, shape ``[2, …]``. Likewise ``y`` and ``b``.
        reach: How many times as far as these intervals.
    """
    low = x - y - reach * np.hypot(x - a[0], b[1] - y)
    return low, x - y + reach * np.hypot(a[1] - x, y - b[0])


def quotient(x: Floats, a: Floats, y: Floats, b: Floats, reach: float = 1.0) -> tuple[Floats, Floats]:
    """The same of ``x / y``, on the scale of logarithms; open to a side on which nothing is known."""
    with np.errstate(divide="ignore", invalid="ignore"):
        down = np.hypot(np.log(x / a[0]), np.log(b[1] / y))
        up = np.hypot(np.log(a[1] / x), np.log(y / b[0]))
        low = np.where(x > 0, x / y * np.exp(-reach * np.where(a[0] > 0, down, math.inf)), 0.0)
        high = np.where(x > 0, x / y * np.exp(reach * np.where(b[0] > 0, up, math.inf)), a[1] / y)
    return low, high


def ends_of(part: Across) -> Floats | None:
    """The intervals of all groups, shape ``[2, groups]``, NaN where the figure does not exist."""
    unknown = [interval is None and not why for interval, why in zip(part.intervals, part.reasons, strict=True)]
    if any(unknown):
        return None
    return np.array([interval or (math.nan, math.nan) for interval in part.intervals]).T


def _pairs(count: int, values: Floats, ratio: bool) -> tuple[Ints, Ints]:
    """The higher and the lower group of each pair; of ratios both ways, the denominator above 0."""
    if ratio:
        one, other = np.nonzero(~np.eye(count, dtype=np.bool_) & (values > 0))
        return one, other
    first, second = np.triu_indices(count, 1)
    up = values[first] >= values[second]
    return np.where(up, first, second), np.where(up, second, first)


def _closed(parts: Sequence[Across], kept: Ints, ratio: bool, level: float) -> tuple[Floats, Floats] | None:
    lows, highs = [], []
    pairs = math.comb(len(kept), 2) * len(parts)
    reach = deviations(1 - (1 - level) / pairs) / deviations(level)
    for part in parts:
        ends = ends_of(part)
        if ends is None:
            return None
        values, ends = part.values[kept], ends[:, kept]
        one, other = _pairs(len(kept), values, ratio)
        made = quotient if ratio else difference
        low, high = made(values[one], ends[:, one], values[other], ends[:, other], reach)
        lows.append(low)
        highs.append(high)
    return np.concatenate(lows), np.concatenate(highs)


def _resampled(parts: Sequence[Across], kept: Ints, ratio: bool, level: float) -> tuple[Floats, Floats] | None:
    middles, spreads, furthest = [], [], []
    for part in parts:
        if part.draws is None:
            return None
        draws, values = part.draws[:, kept], part.values[kept]
        spread = _spread(part, draws, kept, level)
        if spread is None:
            return None
        # A resample without the figure says nothing about it.
        off = np.nan_to_num((draws - values) / spread, nan=0.0)
        furthest.append(np.ptp(off, axis=1) / math.sqrt(2))
        one, other = _pairs(len(kept), values, ratio)
        if ratio:
            middle = values[one] / values[other]
            wide = np.hypot(spread[one], middle * spread[other]) / values[other]
        else:
            middle = values[one] - values[other]
            wide = np.hypot(spread[one], spread[other])
        middles.append(middle)
        spreads.append(wide)
    # A group whose figure cannot move in resamples says nothing of how far to reach.
    reach = max(float(np.quantile(np.maximum.reduce(furthest), level)), deviations(level))
    found, wide = np.concatenate(middles), np.concatenate(spreads)
    return found - reach * wide, found + reach * wide


def _spread(part: Across, draws: Floats, kept: Ints, level: float) -> Floats | None:
    """The standard deviation of each group's resamples; where there is none, that of the closed interval."""
    unknown = np.isnan(draws)
    if unknown.all(axis=0).any():
        return None
    found: Floats = np.nanstd(draws, axis=0) if unknown.any() else draws.std(axis=0)
    for place in np.flatnonzero(found == 0):
        interval = part.intervals[int(kept[place])]
        if interval is None or interval.high <= interval.low:
            return None
        found[place] = (interval.high - interval.low) / (2 * deviations(level))
    return found
