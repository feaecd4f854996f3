"""Linear Thompson sampling: each arm as often as it is likely to be the best for this request.

Agrawal and Goyal, "Thompson sampling for contextual bandits with linear payoffs" (ICML 2013), with weights of
their own for each arm.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from math import erfc, exp, hypot, sqrt

import numpy as np

from mainspring.serving.rollout.policies.knowledge import Knowledge
from mainspring.serving.rollout.policies.linear import Solved, solve
from mainspring.serving.rollout.policies.ports import Context

_LEAST = 1e-6
_HALF = -sqrt(0.5)
_FEW = 5
_FAR = -9.0
_GRID = np.linspace(-6.0, 6.0, 1201)
_BELOW = np.array([0.5 * erfc(_HALF * at) for at in _GRID])


class LinearThompson:
    """Each arm with the probability that it is the best where the request is.

    The worth of an arm is normal, with mean ``xᵀ weights`` and variance ``noise² xᵀ A⁻¹ x``. With two arms
    the probability is exact, with three to a ten thousandth; with more it is found by quadrature, mostly to a
    hundredth. That makes this policy differ from the paper's by as much, and not the propensity from the truth:
    arms are drawn by the shares told.

    Args:
        noise: The standard deviation of rewards around what is expected.
        ridge: How strongly weights are held to zero; 1 in the paper.
    """

    name = "linear_thompson"
    contextual = True

    def __init__(self, *, noise: float = 1.0, ridge: float = 1.0) -> None:
        self.noise, self.ridge = noise, ridge
        self._solved: tuple[Knowledge, int, Solved] | None = None

    def shares(self, known: Knowledge, context: Context) -> list[float]:
        """How likely each arm is to be chosen: how likely it is to be the best."""
        kept = self._solved
        if kept is None or kept[0] is not known or kept[1] != known.generation:
            kept = self._solved = (known, known.generation, solve(known, self.ridge))
        means, unknown = kept[2].read(context)
        noise = self.noise
        return normal_shares(means, [noise * sqrt(width) + 1e-150 if width > 0.0 else 1e-150 for width in unknown])


def normal_shares(means: Sequence[float], widths: Sequence[float]) -> list[float]:
    """How likely each of independent normal values is to be the largest: none less than a millionth.

    The widest gets what the others leave: their densities are narrow beside the steps that the integrand has,
    which is what a rule of few nodes needs.

    Args:
        means: Of the values.
        widths: Their standard deviations, above 0.
    """
    size = len(means)
    if size == 1:
        return [1.0]
    if size == 2:
        share = 0.5 * erfc(_HALF * (means[0] - means[1]) / hypot(widths[0], widths[1]))
        share = min(max(share, _LEAST), 1.0 - _LEAST)
        return [share, 1.0 - share]
    widest = widths.index(max(widths))
    others = [place for place in range(size) if place != widest]
    if size == 3:
        found: Sequence[float] = _of_three(means, widths, others[0], others[1], widest)
    else:
        found = _by_pieces(means, widths, others) if size <= _FEW else _at_once(means, widths, others)
    shares = [0.0] * size
    total = 0.0
    for place, share in zip(others, found, strict=True):
        shares[place] = least = max(_LEAST, share)
        total += least
    rest = 1.0 - total
    shares[widest] = rest = max(_LEAST, rest)
    total += rest
    return shares if total == 1.0 else [share / total for share in shares]


def _of_three(
    means: Sequence[float], widths: Sequence[float], one: int, other: int, widest: int
) -> tuple[float, float]:
    """How likely the two that are not the widest of three are to be the largest.

    A value is if it is above both others: two normal differences, correlated by its own variance (Plackett's
    identity; Drezner and Wesolowsky, 1990). That correlation is below 0.71 for all but the widest.
    """
    mine, their = widths[one], widths[other]
    apart = hypot(mine, their)
    first, second = hypot(mine, widths[widest]), hypot(their, widths[widest])
    gap = (means[one] - means[other]) / apart
    return (
        _above(gap, (means[one] - means[widest]) / first, mine * mine / (apart * first)),
        _above(-gap, (means[other] - means[widest]) / second, their * their / (apart * second)),
    )


def _above(one: float, other: float, correlation: float) -> float:
    """How likely two normal values with these means, variance 1 and a correlation from 0 on are both positive."""
    if one < _FAR or other < _FAR:
        return 0.0
    half, both = -0.5 * (one * one + other * other), one * other
    low, middle, high = correlation * _LOW, correlation * _MIDDLE, correlation * _HIGH
    low_left, middle_left, high_left = 1.0 - low * low, 1.0 - middle * middle, 1.0 - high * high
    outer = exp((low * both + half) / low_left) / sqrt(low_left)
    outer += exp((high * both + half) / high_left) / sqrt(high_left)
    inner = exp((middle * both + half) / middle_left) / sqrt(middle_left)
    rise = correlation * (_OUTER * outer + _INNER * inner)
    return 0.25 * erfc(_HALF * one) * erfc(_HALF * other) + rise


def _by_pieces(means: Sequence[float], widths: Sequence[float], wanted: Sequence[int]) -> list[float]:
    found: list[float] = []
    for place in wanted:
        mean, width = means[place], widths[place]
        scales = [
            (_HALF * (mean - their) / rival, _HALF * width / rival)
            for at, (their, rival) in enumerate(zip(means, widths, strict=True))
            # One that it surely beats changes nothing.
            if at != place and mean - their < 4.0 * (width + rival)
        ]
        # Three pairs of nodes, the same to both sides of the middle.
        one, two, three = one_left, two_left, three_left = _PAIRED
        for start, slope in scales:
            far, off, near = slope * _FAR_NODE, slope * _OFF_NODE, slope * _NEAR_NODE
            one *= erfc(start + far)
            one_left *= erfc(start - far)
            two *= erfc(start + off)
            two_left *= erfc(start - off)
            three *= erfc(start + near)
            three_left *= erfc(start - near)
        total = one + one_left + two + two_left + three + three_left
        found.append(total * 0.5 ** len(scales))
    return found


def _at_once(means: Sequence[float], widths: Sequence[float], wanted: Sequence[int]) -> list[float]:
    mean, width = np.array(means), np.array(widths)
    here = np.array(wanted)
    starts = (mean[here, None] - mean) / width
    slopes = width[here, None] / width
    at = starts[..., None] + slopes[..., None] * _NODES
    below = np.interp(at.ravel(), _GRID, _BELOW).reshape(at.shape)
    below[np.arange(len(here)), here] = 1.0
    found: list[float] = (below.prod(axis=1) @ _WEIGHTS).tolist()
    return found


def _hermite(nodes: int) -> tuple[list[float], list[float]]:
    """Gauss and Hermite's rule for the standard normal distribution."""
    at, weights = np.polynomial.hermite_e.hermegauss(nodes)
    return at.tolist(), (weights / weights.sum()).tolist()


(_FAR_NODE, _OFF_NODE, _NEAR_NODE), _PAIRED = (part[:3] for part in _hermite(6))
_NODES, _WEIGHTS = (np.array(part) for part in _hermite(16))


def _line(nodes: int) -> list[tuple[float, float]]:
    """Gauss and Legendre's rule from 0 to 1, over the circle."""
    at, weights = np.polynomial.legendre.leggauss(nodes)
    return list(zip((0.5 * at + 0.5).tolist(), (weights / (4.0 * math.pi)).tolist(), strict=True))


(_LOW, _OUTER), (_MIDDLE, _INNER), (_HIGH, _) = _line(3)
