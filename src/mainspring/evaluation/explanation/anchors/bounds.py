"""How sure a share is after some trials: the bounds by which arms of a bandit are told apart."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_STEPS = 40
"""Halvings of an interval: 1e-12 of it is left."""

_EDGE = 1e-15


def divergence(p: Floats, q: Floats) -> Floats:
    """Kullback-Leibler divergence of Bernoulli distributions, elementwise."""
    p, q = np.clip(p, _EDGE, 1 - _EDGE), np.clip(q, _EDGE, 1 - _EDGE)
    apart: Floats = p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))
    return apart


def lower_bound(share: Floats, level: Floats) -> Floats:
    """The least rate whose divergence from the share is within the level (a rate per trial)."""
    return _bound(share, level, np.zeros_like(share))


def upper_bound(share: Floats, level: Floats) -> Floats:
    """The largest such rate."""
    return _bound(share, level, np.ones_like(share))


def exploration(arms: int, rounds: int, delta: float) -> float:
    """How much divergence is allowed in this round, so that all bounds hold with probability ``1 - delta``.

    Reference: E. Kaufmann and S. Kalyanakrishnan, *Information complexity in bandit subset selection*, COLT 2013.
    """
    k, alpha = 405.5, 1.1
    inside = math.log(k * arms * rounds**alpha / delta)
    return inside + math.log(inside)


def _bound(share: Floats, level: Floats, end: Floats) -> Floats:
    near, far = share.copy(), end.copy()
    for _ in range(_STEPS):
        middle = (near + far) / 2
        within = divergence(share, middle) <= level
        near, far = np.where(within, middle, near), np.where(within, far, middle)
    return near
