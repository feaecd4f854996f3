"""Confidence intervals: how they are to be made, and closed forms that cost next to nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any, Literal, Self

from mainspring.core.errors import InputError
from mainspring.evaluation.metrics.measured import Interval

Method = Literal["closed", "exact", "bootstrap", "jackknife"]

METHODS: tuple[Method, ...] = ("closed", "exact", "bootstrap", "jackknife")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """How intervals are made.

    Attributes:
        method: ``"closed"``: Wilson's interval for proportions and DeLong's for areas, nothing where no form is
            known. ``"exact"``: the same, with the exact binomial of Clopper and Pearson for proportions.
            ``"bootstrap"``: every figure over rows weighted by Poisson(1), ``resamples`` times. ``"jackknife"``:
            every figure with one of ``buckets`` random parts left out in turn.
        level: The share of such intervals that holds the truth.
        resamples: Of the bootstrap.
        buckets: Of the jackknife.
        seed: Of every random choice: the same rows and seed give the same interval.

    Raises:
        InputError: If the method is not known, or a number makes no sense.
    """

    method: Method = "closed"
    level: float = 0.95
    resamples: int = 200
    buckets: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError(f"no method {self.method!r} for intervals", expected="one of " + ", ".join(METHODS))
        if not 0 < self.level < 1:
            raise InputError(f"the level of an interval is {self.level}", expected="a share such as 0.95")
        if self.resamples < 2 or self.buckets < 2:
            raise InputError(
                f"{self.resamples} resamples and {self.buckets} buckets",
                expected="at least 2: one figure has no spread",
            )

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`; what is not named is as it is without a wish.

        Raises:
            InputError: If something is named that there is not, or is of another type.
        """
        known = CLOSED.as_dict()
        strange = sorted(set(value) - set(known))
        if strange:
            raise InputError(
                f"intervals with {', '.join(map(repr, strange))}", expected="some of " + ", ".join(known)
            )
        numbers = {name: one for name, one in value.items() if name != "method"}
        wrong = [
            f"{name} {one!r}"
            for name, one in numbers.items()
            if isinstance(one, bool) or not isinstance(one, int if name != "level" else int | float)
        ]
        if wrong:
            raise InputError(f"intervals with {', '.join(wrong)}", expected="a share as level, whole numbers else")
        return cls(**value)


CLOSED = Intervals()
"""Closed forms at 95 %: the default."""

Z95 = 1.959963984540054
"""The 97.5 % point of the standard normal distribution."""


def deviations(level: float) -> float:
    """How many standard deviations on either side hold that share of a normal distribution.

    Example:
        >>> round(deviations(0.95), 2)
        1.96
    """
    return Z95 if level == CLOSED.level else NormalDist().inv_cdf((1 + level) / 2)


def wilson(successes: float, trials: float, level: float = 0.95) -> Interval:
    """Wilson's score interval for a proportion; NaN without trials.

    Reference: E. B. Wilson, *Probable inference, the law of succession, and statistical inference*,
    Journal of the American Statistical Association 22 (1927).

    Example:
        >>> [round(end, 4) for end in wilson(81, 263)]
        [0.2553, 0.3662]
    """
    if trials <= 0:
        return Interval(math.nan, math.nan)
    share, reach = successes / trials, deviations(level)
    square = reach * reach
    centre = share + square / (2 * trials)
    half = reach * math.sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    scale = 1 + square / trials
    return Interval(max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale))


def clopper_pearson(successes: float, trials: float, level: float = 0.95) -> Interval:
    """The exact interval for a proportion, from the binomial distribution itself; NaN without trials.

    It holds the truth at least as often as it says, and is wider than Wilson's.

    Reference: C. J. Clopper and E. S. Pearson, *The use of confidence or fiducial limits illustrated in the case
    of the binomial*, Biometrika 26 (1934).

    Example:
        >>> [round(end, 4) for end in clopper_pearson(0, 10)]
        [0.0, 0.3085]
    """
    from scipy.special import betaincinv

    if trials <= 0:
        return Interval(math.nan, math.nan)
    tail, others = (1 - level) / 2, trials - successes
    low = float(betaincinv(successes, others + 1, tail)) if successes > 0 else 0.0
    high = float(betaincinv(successes + 1, others, 1 - tail)) if others > 0 else 1.0
    return Interval(low, high)


def proportion(successes: float, trials: float, intervals: Intervals = CLOSED) -> Interval:
    """The interval for a proportion of whole rows, of the wanted kind: exact, or else Wilson's."""
    made = clopper_pearson if intervals.method == "exact" else wilson
    return made(successes, trials, intervals.level)


def normal(
    value: float, variance: float, *, low: float = -math.inf, high: float = math.inf, level: float = 0.95
) -> Interval:
    """The interval ``value ± z · sd``, kept within bounds; NaN if the variance is not known."""
    if math.isnan(variance) or variance < 0:
        return Interval(math.nan, math.nan)
    half = deviations(level) * math.sqrt(variance)
    return Interval(max(low, value - half), min(high, value + half))
