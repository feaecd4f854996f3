"""Comparing two arms by shares, means or quantiles, as often as one likes to look.

For shares and quantiles, the bets against the figures of both arms are multiplied: what both can be together, with
the confidence asked for, is a region, and the interval of the difference is what it spans. It is narrower than two
intervals of their own would give, by up to the root of two. Means are bet against by their difference.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.serving.rollout.experiments.martingales import (
    crossing,
    difference_scale,
    least_point,
    share_bet,
)
from mainspring.serving.rollout.experiments.sample import Comparison, Summed, mean_of, variance_of

Floats: TypeAlias = npt.NDArray[np.float64]

_UNKNOWN: Final = math.inf
_PIECES: Final = 8


def compare_shares(
    primary: tuple[float, float], candidate: tuple[float, float], *, confidence: float = 0.95
) -> Comparison:
    """Compare how often something happens: errors, hits, conversions. Exact at every number of values.

    Args:
        primary: How often it happened, of how many.
        candidate: Likewise.
        confidence: Of the interval, at all looks together.

    Example:
        >>> found = compare_shares((100, 1000), (190, 1000))
        >>> found.significant, round(found.lower, 3), round(found.upper, 3)
        (True, 0.036, 0.145)
    """
    _check(confidence)
    for hits, total in (primary, candidate):
        if not 0 <= hits <= total:
            raise InputError(f"there are {hits} of {total}", expected="no more than all")
    counts = (int(primary[1]), int(candidate[1]))
    if not all(counts):
        return _nothing(counts, confidence)
    old, new = primary[0] / primary[1], candidate[0] / candidate[1]
    limit = -math.log(1.0 - confidence)

    def bet(share: float, shift: float) -> float:
        return share_bet(*primary, share) + share_bet(*candidate, share + shift)

    def excess(shift: float) -> float:
        """How much richer than allowed the most careful bet against a difference has become."""
        low, high = max(0.0, -shift), min(1.0, 1.0 - shift)
        best = least_point(lambda share: _finite(bet(share, shift)), low, high)
        return bet(best, shift) - limit

    middle = new - old
    return Comparison(
        primary=old,
        candidate=new,
        difference=middle,
        lower=crossing(excess, middle, -1.0),
        upper=crossing(excess, middle, 1.0),
        p_value=min(1.0, math.exp(-max(0.0, excess(0.0) + limit))),
        counts=counts,
        confidence=confidence,
    )


def compare_means(
    primary: Summed, candidate: Summed, *, confidence: float = 0.95, times: float = 1.0
) -> Comparison:
    """Compare means of any values. It holds for many values: from some dozens on for values without extremes.

    Args:
        primary: Values of one arm, added up.
        candidate: Of the other.
        confidence: Of the interval, at all looks together.
        times: The candidate is compared with so many times the primary's mean.
    """
    _check(confidence)
    counts = (int(primary.count), int(candidate.count))
    if min(counts) < 2:
        return _nothing(counts, confidence)
    alpha = 1.0 - confidence
    variances = (times * times * variance_of(primary), variance_of(candidate))
    scale, cost = difference_scale((primary.count, candidate.count), variances, alpha)
    difference = mean_of(candidate) - times * mean_of(primary)
    half = math.sqrt(2.0 * scale * (cost - math.log(alpha)))
    bet = (difference * difference / (2.0 * scale) if scale else math.inf if difference else 0.0) - cost
    return Comparison(
        primary=mean_of(primary),
        candidate=mean_of(candidate),
        difference=difference,
        lower=difference - half,
        upper=difference + half,
        p_value=min(1.0, math.exp(-max(0.0, bet))),
        counts=counts,
        confidence=confidence,
    )


def compare_quantiles(
    primary: Sequence[float],
    candidate: Sequence[float],
    quantile: float,
    *,
    edges: Sequence[float],
    confidence: float = 0.95,
) -> Comparison:
    """Compare a quantile of two histograms, relative to the primary's (Howard and Ramdas, "Sequential estimation
    of quantiles with applications to A/B testing and best-arm identification", Bernoulli, 2022).

    Within a bucket, values are taken to be spread evenly in their logarithm. But for that it is exact at every
    number of values.

    Args:
        primary: How many values there are in each bucket.
        candidate: Likewise, for the same buckets.
        quantile: Between 0 and 1.
        edges: Where buckets begin and end, all above 0 and ascending: one more than there are buckets.
        confidence: Of the interval, at all looks together.
    """
    _check(confidence)
    if not 0.0 < quantile < 1.0 or not len(primary) == len(candidate) == len(edges) - 1:
        raise InputError(
            f"quantile {quantile} of {len(primary)} and {len(candidate)} buckets with {len(edges)} edges",
            expected="a quantile between 0 and 1, as many buckets of both, and one edge more",
        )
    counts = (int(sum(primary)), int(sum(candidate)))
    if not all(counts):
        return _nothing(counts, confidence)
    grid, old, new = _rises(edges, primary, candidate)
    limit = -math.log(1.0 - confidence)
    old_bets = np.array([share_bet(below, counts[0], quantile) for below in old])
    new_bets = np.array([share_bet(below, counts[1], quantile) for below in new])
    olds = np.flatnonzero(old_bets <= limit - new_bets.min())
    news = np.flatnonzero(new_bets <= limit - old_bets.min())
    allowed = old_bets[olds][:, None] + new_bets[news] <= limit
    ratios = (grid[news] - grid[olds][:, None])[allowed]
    open_old = (allowed[olds == 0].any(), allowed[olds == len(grid) - 1].any())
    open_new = (allowed[:, news == 0].any(), allowed[:, news == len(grid) - 1].any())
    first = float(np.interp(quantile * counts[0], old, grid))
    second = float(np.interp(quantile * counts[1], new, grid))
    return Comparison(
        primary=math.exp(first),
        candidate=math.exp(second),
        difference=math.expm1(second - first),
        lower=-1.0 if open_old[1] or open_new[0] else math.expm1(ratios.min()),
        upper=_UNKNOWN if open_old[0] or open_new[1] else math.expm1(ratios.max()),
        p_value=min(1.0, math.exp(-max(0.0, float((old_bets + new_bets).min())))),
        counts=counts,
        confidence=confidence,
    )


def _rises(
    edges: Sequence[float], primary: Sequence[float], candidate: Sequence[float]
) -> tuple[Floats, Floats, Floats]:
    """Logarithms of values, and how many of each arm are no larger."""
    logs = np.log(np.asarray(edges, np.float64))
    used = np.flatnonzero(np.asarray(primary) + np.asarray(candidate))
    first, last = int(used[0]), int(used[-1]) + 1
    pieces = np.linspace(0.0, 1.0, _PIECES, endpoint=False)
    starts = logs[first:last]
    inner = (starts[:, None] + np.diff(logs[first : last + 1])[:, None] * pieces).ravel()
    grid = np.append(inner, logs[last])
    rises = [
        np.interp(grid, logs, np.concatenate([[0.0], np.cumsum(np.asarray(each, np.float64))]))
        for each in (primary, candidate)
    ]
    return grid, rises[0], rises[1]


def _check(confidence: float) -> None:
    if not 0.0 < confidence < 1.0:
        raise InputError(f"the confidence is {confidence}", expected="between 0 and 1, such as 0.95")


def _finite(value: float) -> float:
    return min(value, 1e300)


def _nothing(counts: tuple[int, int], confidence: float) -> Comparison:
    return Comparison(
        primary=math.nan,
        candidate=math.nan,
        difference=math.nan,
        lower=-_UNKNOWN,
        upper=_UNKNOWN,
        p_value=1.0,
        counts=counts,
        confidence=confidence,
    )
