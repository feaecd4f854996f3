"""How many callers an A/B test needs before it can tell what it is made to tell."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any, TypeAlias

from mainspring.core.errors import InputError
from mainspring.serving.rollout.experiments.martingales import difference_scale, shares_scale

Scaled: TypeAlias = Callable[[tuple[float, float], tuple[float, float], float], tuple[float, float]]

_NORMAL = NormalDist()
_MOST = 1e15


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How large an A/B test has to be.

    Attributes:
        sizes: How many of each arm, the one that others are compared with first. They are callers if arms are
            dealt by caller, and requests if every request is dealt anew.
        fixed: Likewise, if the test is read once, at the end.
        sequential: Likewise, if it is read again and again and ends as soon as it says enough: it takes so many at
            most, with the power asked for, and fewer if the difference is larger.
        effect: The smallest difference that it shall find.
        power: How likely it is found.
        confidence: How likely nothing is found where nothing is, for all arms together.
        days: How long it takes, if it is said how many come in a day.
    """

    sizes: tuple[int, ...]
    fixed: tuple[int, ...]
    sequential: tuple[int, ...]
    effect: float
    power: float
    confidence: float
    days: float | None = None

    @property
    def total(self) -> int:
        """How many of all arms."""
        return sum(self.sizes)

    def as_dict(self) -> Mapping[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "total": self.total}


def plan_shares(
    share: float,
    effect: float,
    *,
    relative: bool = False,
    weights: tuple[float, ...] = (1.0, 1.0),
    confidence: float = 0.95,
    power: float = 0.8,
    sequential: bool = True,
    per_day: float | None = None,
) -> Plan:
    """A test of shares: conversions, hits, errors.

    Args:
        share: What the first arm has, between 0 and 1.
        effect: The smallest difference that matters: in points (0.01 for one of a hundred), or a part of
        ``share``. relative: Whether it is a part of ``share``.
        weights: How often each arm is dealt; each but the first is compared with the first, and the probability to
            be wrong is divided among them (Bonferroni).
        confidence: 1 less the probability to find a difference where there is none, in either direction.
        power: The probability to find one of this size.
        sequential: Whether the test is read again and again.
        per_day: How many come in a day.

    Raises:
        InputError: If a share is none, or nothing is to be found.

    Fleiss, Levin and Paik, "Statistical Methods for Rates and Proportions" (2003), section 4.2, without the
    correction for continuity.
    """
    change = share * effect if relative else effect
    other = share + change
    if not 0.0 < share < 1.0 or not 0.0 < other < 1.0:
        raise InputError(f"a share of {share:g} that becomes {other:g}", expected="shares between 0 and 1")
    variances = (share * (1.0 - share), other * (1.0 - other))

    def pooled(ratio: float) -> float:
        middle = (share + ratio * other) / (1.0 + ratio)
        return middle * (1.0 - middle)

    return _plan(
        change,
        variances,
        pooled,
        weights,
        confidence=confidence,
        power=power,
        sequential=sequential,
        per_day=per_day,
    )


def plan_means(
    deviation: float,
    effect: float,
    *,
    mean: float | None = None,
    weights: tuple[float, ...] = (1.0, 1.0),
    confidence: float = 0.95,
    power: float = 0.8,
    sequential: bool = True,
    per_day: float | None = None,
) -> Plan:
    """A test of means of any values.

    Args:
        deviation: The standard deviation of values, of all arms.
        effect: The smallest difference that matters: in the unit of the values, or a part of ``mean``.
        mean: The first arm's mean, if the effect is a part of it.
        weights: See :func:`plan_shares`.
        confidence: Likewise.
        power: Likewise.
        sequential: Likewise.
        per_day: Likewise.

    Raises:
        InputError: If values do not differ, or nothing is to be found.

    With Guenther's correction for variances that have to be estimated ("Sample size formulas for normal theory t
    tests", The American Statistician, 1981).
    """
    if not deviation > 0.0:
        raise InputError(f"a standard deviation of {deviation:g}", expected="above 0")
    variance = deviation * deviation
    change = effect if mean is None else effect * abs(mean)
    return _plan(
        change,
        (variance, variance),
        lambda ratio: variance,
        weights,
        confidence=confidence,
        power=power,
        sequential=sequential,
        per_day=per_day,
        student=True,
    )


def _plan(
    change: float,
    variances: tuple[float, float],
    pooled: Callable[[float], float],
    weights: tuple[float, ...],
    *,
    confidence: float,
    power: float,
    sequential: bool,
    per_day: float | None,
    student: bool = False,
) -> Plan:
    if not change or not math.isfinite(change):
        raise InputError(f"an effect of {change:g}", expected="a difference that matters, other than 0")
    if not 0.0 < confidence < 1.0 or not 0.0 < power < 1.0:
        raise InputError(f"a confidence of {confidence:g} and a power of {power:g}", expected="two shares")
    if len(weights) < 2 or min(weights) <= 0.0:
        raise InputError(f"the weights {list(weights)}", expected="two or more, all above 0")
    alpha = (1.0 - confidence) / (len(weights) - 1)
    surely, strongly = _NORMAL.inv_cdf(1.0 - alpha / 2.0), _NORMAL.inv_cdf(power)
    # The arm with the least weight is the one that takes longest.
    ratio = min(weights[1:]) / weights[0]

    spread = math.sqrt(pooled(ratio) * (1.0 + 1.0 / ratio))
    apart = math.sqrt(variances[0] + variances[1] / ratio)
    first = ((surely * spread + strongly * apart) / change) ** 2
    if student:
        first += surely**2 / 4.0 * 2.0 / (1.0 + ratio)
    fixed = _sizes(first, weights)
    scaled = difference_scale if student else shares_scale
    looked = _sizes(_looked_at(abs(change), variances, ratio, alpha, strongly, scaled), weights)
    sizes = looked if sequential else fixed
    return Plan(
        sizes=sizes,
        fixed=fixed,
        sequential=looked,
        effect=change,
        power=power,
        confidence=confidence,
        days=None if per_day is None else sum(sizes) / per_day,
    )


def _sizes(first: float, weights: tuple[float, ...]) -> tuple[int, ...]:
    return tuple(math.ceil(first * weight / weights[0] - 1e-9) for weight in weights)


def _looked_at(
    change: float,
    variances: tuple[float, float],
    ratio: float,
    alpha: float,
    strongly: float,
    scaled: Scaled,
) -> float:
    """The size of the first arm at which half a confidence sequence leaves room for the power."""

    def enough(first: float) -> bool:
        scale, cost = scaled((first, first * ratio), variances, alpha)
        half = math.sqrt(2.0 * scale * (cost - math.log(alpha)))
        error = math.sqrt(variances[0] / first + variances[1] / (first * ratio))
        return half + strongly * error <= change

    low, high = 1.0, 2.0
    while not enough(high):
        low, high = high, high * 2.0
        if high > _MOST:
            raise InputError(f"an effect of {change:g} takes more than {_MOST:g} values", expected="a larger one")
    while high / low > 1.0 + 1e-9:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
