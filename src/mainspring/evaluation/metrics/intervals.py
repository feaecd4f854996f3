"""95 % confidence intervals that cost next to nothing."""

from __future__ import annotations

import math

from mainspring.evaluation.metrics.measured import Interval

Z95 = 1.959963984540054
"""The 97.5 % point of the standard normal distribution."""


def wilson(successes: float, trials: float) -> Interval:
    """Wilson's score interval for a proportion; NaN without trials.

    Reference: E. B. Wilson, *Probable inference, the law of succession, and statistical inference*,
    Journal of the American Statistical Association 22 (1927).

    Example:
        >>> [round(end, 4) for end in wilson(81, 263)]
        [0.2553, 0.3662]
    """
    if trials <= 0:
        return Interval(math.nan, math.nan)
    share, square = successes / trials, Z95 * Z95
    centre = share + square / (2 * trials)
    half = Z95 * math.sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    scale = 1 + square / trials
    return Interval(max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale))


def normal(value: float, variance: float, *, low: float = -math.inf, high: float = math.inf) -> Interval:
    """The interval ``value ± 1.96 sd``, kept within bounds; NaN if the variance is not known."""
    if math.isnan(variance) or variance < 0:
        return Interval(math.nan, math.nan)
    half = Z95 * math.sqrt(variance)
    return Interval(max(low, value - half), min(high, value + half))
