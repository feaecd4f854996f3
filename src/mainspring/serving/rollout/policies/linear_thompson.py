"""Linear Thompson sampling: each arm as often as it is likely to be the best for this request.

Agrawal and Goyal, "Thompson sampling for contextual bandits with linear payoffs" (ICML 2013), with weights of
their own for each arm.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mainspring.serving.rollout.policies.knowledge import Knowledge
from mainspring.serving.rollout.policies.linear import Solved, solve
from mainspring.serving.rollout.policies.ports import Context

_LEAST = 1e-6
_HALF = -math.sqrt(0.5)
_FEW = 5
_GRID = np.linspace(-6.0, 6.0, 1201)
_BELOW = np.array([0.5 * math.erfc(_HALF * at) for at in _GRID])


class LinearThompson:
    """Each arm with the probability that it is the best where the request is.

    The worth of an arm is normal, with mean ``xᵀ weights`` and variance ``noise² xᵀ A⁻¹ x``. With two arms
    the probability is exact; with more it is found by quadrature, mostly to a hundredth. That makes this policy
    differ from the paper's by as much, and not the propensity from the truth: arms are drawn by the shares told.

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
        noise, sqrt = self.noise, math.sqrt
        return normal_shares(means, [noise * sqrt(max(0.0, width)) + 1e-150 for width in unknown])


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
    widest = max(range(size), key=widths.__getitem__)
    others = [place for place in range(size) if place != widest]
    found = _by_pieces(means, widths, others) if size <= _FEW else _at_once(means, widths, others)
    shares = [0.0] * size
    total = 0.0
    for place, share in zip(others, found, strict=True):
        shares[place] = max(_LEAST, share)
        total += shares[place]
    rest = 1.0 - total
    shares[widest] = max(_LEAST, rest)
    total += shares[widest]
    return [share / total for share in shares]


def _by_pieces(means: Sequence[float], widths: Sequence[float], wanted: Sequence[int]) -> list[float]:
    if len(means) == 2:
        one, other = wanted[0], 1 - wanted[0]
        gap = (means[one] - means[other]) / math.hypot(widths[one], widths[other])
        return [0.5 * math.erfc(_HALF * gap)]
    erfc = math.erfc
    found: list[float] = []
    for place in wanted:
        mean, width = means[place], widths[place]
        rivals: list[tuple[float, float]] = []
        for rival, their in enumerate(means):
            # One that it surely beats changes nothing.
            if rival != place and mean - their < 4.0 * (width + widths[rival]):
                scale = _HALF / widths[rival]
                rivals.append((scale * (mean - their), scale * width))
        total = 0.0
        for node, weight in _RULE:
            part = weight
            for start, slope in rivals:
                part *= erfc(start + slope * node)
            total += part
        found.append(total * 0.5 ** len(rivals))
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


_RULE = list(zip(*_hermite(6), strict=True))
_NODES, _WEIGHTS = (np.array(part) for part in _hermite(16))
