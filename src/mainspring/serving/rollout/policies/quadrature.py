"""How likely each of several independent random values is to be the largest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mainspring.serving.rollout.policies.knowledge import Floats

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)


def _partial() -> Floats:
    """Integrals of Lagrange's polynomials on the nodes, from the left end up to each node: [up to, polynomial]."""
    powers = np.vander(_NODES, increasing=True)
    upto = np.stack([(_NODES ** (p + 1) - (-1.0) ** (p + 1)) / (p + 1) for p in range(len(_NODES))], axis=1)
    return np.asarray(upto @ np.linalg.inv(powers))


_PARTIAL = _partial()


def first(log_density: Callable[[Floats], Floats], edges: Floats) -> list[float]:
    """The probability of each value that it is the largest: ``∫ f_i ∏ F_j``, j other than i.

    Gauss and Legendre's rule on panels; what lies left of a node is integrated by the same polynomials. Shares add
    up to 1, and none is 0.

    Args:
        log_density: Gives, for points of shape ``(panels, nodes)``, the logarithm of each density up to a
            constant, of shape ``(values, panels, nodes)``.
        edges: Where panels begin and end, in any order: near them densities may change quickly.
    """
    ends = np.unique(edges)
    half = 0.5 * np.diff(ends)[:, None]
    points = ends[:-1, None] + half * (_NODES + 1.0)
    log = log_density(points)
    dense = np.exp(log - log.max(axis=(1, 2), keepdims=True))
    mass = dense * (half * _WEIGHTS)
    panels = mass.sum(axis=2)
    total = panels.sum(axis=1)
    before = np.cumsum(panels, axis=1) - panels
    left = (before[..., None] + half * (dense @ _PARTIAL.T)) / total[:, None, None]
    lower = np.log(np.clip(left, 1e-280, 1.0))
    others = np.exp(lower.sum(axis=0) - lower)
    found = (mass * others).sum(axis=(1, 2)) / total
    shares = np.maximum(found, 1e-12)
    return [float(share) for share in shares / shares.sum()]
