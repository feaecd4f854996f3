"""Requests about the shape of a distribution: normal scores, percentiles, powers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, ClassVar, Final

from mainspring.data.transforms.analysis.asking import Request
from mainspring.data.transforms.analysis.summaries import Distribution

if TYPE_CHECKING:
    import numpy as np

_STEPS: Final = 200
_LOW: Final = -5.0
_HIGH: Final = 5.0


@dataclass(frozen=True, slots=True)
class ScorePoints(Request):
    """The points of a line from numbers to their rank: places (``at``) or heights (``to``).

    A number that ``w`` of ``n`` rows hold, with ``b`` rows below, has the rank ``(b + w / 2) / n``, always above
    0 and below 1. Heights are ranks, or with ``normal`` the quantiles of the standard normal distribution at them.
    """

    axis: str
    normal: bool = True

    SUMMARY: ClassVar[type[Any]] = Distribution

    def answer(self, summary: Any) -> Any:
        """One number per point; a single point at 0 if there is no number."""
        values, weights = summary.quantiles.values, summary.quantiles.weights
        if not values:
            return (0.0,)
        if self.axis == "at":
            return tuple(map(float, values))
        below, total, found = 0.0, summary.quantiles.total, []
        for weight in weights:
            rank = (below + weight / 2.0) / total
            found.append(NormalDist().inv_cdf(rank) if self.normal else rank)
            below += weight
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Exponent(Request):
    """The power between -5 and 5 that makes the numbers most like normal ones, by maximum likelihood.

    Of the distribution's points, which are the numbers themselves while at most 1,000 are different.

    Attributes:
        family: ``box_cox`` (over the numbers above 0) or ``yeo_johnson``.
    """

    family: str

    SUMMARY: ClassVar[type[Any]] = Distribution

    def answer(self, summary: Any) -> Any:
        """The power; 1.0 where fewer than two different numbers leave it open."""
        import numpy as np

        values = np.array(summary.quantiles.values, dtype=np.float64)
        weights = np.array(summary.quantiles.weights, dtype=np.float64)
        if self.family == "box_cox":
            values, weights = values[values > 0.0], weights[values > 0.0]
        if len(values) < 2:
            return 1.0
        with np.errstate(all="ignore"):
            return _highest(lambda power: _likelihood(self.family, values, weights, power))


def _likelihood(family: str, values: np.ndarray, weights: np.ndarray, power: float) -> float:
    import numpy as np

    from mainspring.data.transforms.ops.power import BoxCox, YeoJohnson

    made = (BoxCox if family == "box_cox" else YeoJohnson)((), "", power).apply(values)
    total = weights.sum()
    mean = (made * weights).sum() / total
    variance = ((made - mean) ** 2 * weights).sum() / total
    bent = np.log(values) if family == "box_cox" else np.sign(values) * np.log1p(np.abs(values))
    found = -total / 2.0 * np.log(variance) + (power - 1.0) * (bent * weights).sum()
    return float(found) if np.isfinite(found) else -np.inf


def _highest(function: Callable[[float], float]) -> float:
    """Where a function with one peak is highest, by golden sections."""
    low, high, share = _LOW, _HIGH, (5.0**0.5 - 1.0) / 2.0
    left, right = high - share * (high - low), low + share * (high - low)
    at_left, at_right = function(left), function(right)
    for _ in range(_STEPS):
        if high - low < 1e-9:
            break
        if at_left < at_right:
            low, left, at_left = left, right, at_right
            right = low + share * (high - low)
            at_right = function(right)
        else:
            high, right, at_right = right, left, at_left
            left = high - share * (high - low)
            at_left = function(left)
    return (low + high) / 2.0
