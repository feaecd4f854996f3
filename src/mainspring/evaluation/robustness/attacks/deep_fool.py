"""DeepFool: the shortest way to the nearest border of the classes."""

from __future__ import annotations

import numpy as np

from mainspring.evaluation.explanation.asking import Columns
from mainspring.evaluation.robustness.attacks.target import Floats, Raw, Target, margins


def deep_fool(target: Target, budget: float, *, overshoot: float = 0.02, rounds: int = 50) -> Raw:
    """Step to the nearest border as if all borders were straight, until one is crossed.

    On a linear model that is one step, as long as the row is away from the border: ``|w·x + b| / ‖w‖``, in
    standard deviations of the columns.

    Args:
        target: The rows, with gradients.
        budget: Rows that are further than this from a border stay as they are; in standard deviations, L2.
        overshoot: How far beyond the border they go, as a share of the way.
        rounds: The most steps.

    Raises:
        InputError: If there are no gradients.

    Reference: S.-M. Moosavi-Dezfooli, A. Fawzi and P. Frossard, *DeepFool: a simple and accurate method to fool
    deep neural networks*, CVPR 2016.
    """
    known = target.knows("DeepFool")
    away = {name: np.zeros(len(target)) for name in target.numbers}
    here = dict(target.columns)
    for _ in range(rounds):
        logits = known.logits(here)
        going = margins(logits, target.truth) >= 0
        if not going.any():
            break
        step = _nearest(target, here, logits)
        away = {name: away[name] + np.where(going, step[name], 0.0) for name in target.numbers}
        here = target.moved({name: (1 + overshoot) * way for name, way in away.items()})
    near = target.distance(here, "l2") <= budget
    return {name: np.where(near, here[name], values) for name, values in target.columns.items()}


def _nearest(target: Target, columns: Columns, logits: Floats) -> dict[str, Floats]:
    """The step onto the nearest border between the own class and another, in the columns' own units."""
    known = target.knows("DeepFool")
    rows, classes = np.arange(len(target)), logits.shape[1]
    best = np.full(len(target), np.inf)
    found = {name: np.zeros(len(target)) for name in target.numbers}
    for other in range(classes):
        weights = np.zeros_like(logits)
        weights[rows, target.truth] = 1.0
        weights[:, other] -= 1.0
        gap = np.abs(logits[rows, target.truth] - logits[:, other])
        slopes = known.gradients(columns, weights)
        scaled = {name: slopes[name] * target.scales[name] for name in target.numbers}
        size = np.sum([slope**2 for slope in scaled.values()], axis=0)
        apart = np.where((target.truth == other) | (size == 0), np.inf, gap / np.sqrt(np.where(size > 0, size, 1)))
        nearer = apart < best
        best = np.where(nearer, apart, best)
        length = np.divide(gap, size, out=np.zeros_like(gap), where=size > 0)
        for name in target.numbers:
            found[name] = np.where(nearer, -length * scaled[name] * target.scales[name], found[name])
    return found
