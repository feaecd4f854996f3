"""Intervals for means of values that may be few and unequal."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]

_DRAWS = 1000
_CELLS = 1_000_000
_MANY = 2000


def bootstrap(above: Floats, below: Floats, confidence: float, *, seed: int = 0) -> tuple[float, float]:
    """An interval for ``sum(above) / sum(below)`` over requests, by drawing requests again (Efron, 1979): the
    quantiles of what is drawn, moved by bias and skewness ("bias-corrected and accelerated", Efron, 1987). From
    2,000 requests on, where that makes little difference, by the normal approximation of the ratio.

    Args:
        above: One number for each request.
        below: Likewise.
        confidence: Of the interval.
        seed: Of the draws.
    """
    ratio = float(above.sum() / below.sum())
    size = len(above)
    influence = (above - ratio * below) / float(below.sum())
    spread = float(np.sqrt((influence**2).sum()))
    if size < 2 or not spread > 0.0:
        return ratio, ratio
    edge = NormalDist().inv_cdf(0.5 + confidence / 2.0)
    if size > _MANY:
        return ratio - edge * spread, ratio + edge * spread
    chance = np.random.default_rng(seed)
    found: list[Floats] = []
    step = max(1, _CELLS // size)
    for start in range(0, _DRAWS, step):
        places = chance.integers(size, size=(min(step, _DRAWS - start), size))
        found.append(above[places].sum(axis=1) / np.maximum(below[places].sum(axis=1), 1e-300))
    draws = np.sort(np.concatenate(found))
    less = float(np.clip((draws < ratio).mean() + 0.5 * (draws == ratio).mean(), 1 / _DRAWS, 1 - 1 / _DRAWS))
    bias = NormalDist().inv_cdf(less)
    skew = float((influence**3).sum() / (6.0 * (influence**2).sum() ** 1.5))
    ends = []
    for side in (-edge, edge):
        moved = bias + side
        at = NormalDist().cdf(bias + moved / max(1e-3, 1.0 - skew * moved))
        ends.append(float(np.quantile(draws, at)))
    return ends[0], ends[1]


def bernstein(values: Floats, lowest: float, highest: float, confidence: float) -> tuple[float, float]:
    """An interval for the mean of independent values within bounds that holds at every number of them.

    The empirical Bernstein bound: Maurer and Pontil, "Empirical Bernstein bounds and sample variance penalization"
    (2009), theorem 4.

    Args:
        values: The values.
        lowest: None can be smaller,
        highest: and none larger.
        confidence: Of the interval.
    """
    size = len(values)
    mean = float(values.mean())
    if size < 2:
        return lowest, highest
    log = math.log(4.0 / (1.0 - confidence))
    half = math.sqrt(2.0 * float(values.var(ddof=1)) * log / size) + 7.0 * (highest - lowest) * log / (
        3 * (size - 1)
    )
    return max(lowest, mean - half), min(highest, mean + half)
