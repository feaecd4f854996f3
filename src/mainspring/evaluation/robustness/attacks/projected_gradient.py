"""Projected gradient descent: many small steps, pulled back into reach after each."""

from __future__ import annotations

import numpy as np

from mainspring.evaluation.robustness.attacks.fast_gradient_sign import downhill, fast_gradient_sign, logit_margins
from mainspring.evaluation.robustness.attacks.fast_gradient_sign import step_of as step_against
from mainspring.evaluation.robustness.attacks.target import Floats, Norm, Raw, Target

REACH = 2.5
"""All steps together could cross the reach so many times, as the paper has it."""


def projected_gradient(
    target: Target, budget: float, *, norm: Norm = "linf", steps: int = 20, restarts: int = 1
) -> Raw:
    """Follow the gradient in small steps within reach, and keep the best place on the way.

    The place of :func:`fast_gradient_sign` is among those that are held against each other, so that it is never
    the weaker attack.

    Args:
        target: The rows, with gradients.
        budget: How far rows may move, in standard deviations of the columns.
        norm: ``"linf"`` or ``"l2"``.
        steps: How many.
        restarts: The first start is the row itself, further ones lie at random within reach.

    Raises:
        InputError: If there are no gradients, or there is no such norm.

    Reference: A. Madry and others, *Towards deep learning models resistant to adversarial attacks*, ICLR 2018.
    """
    best = fast_gradient_sign(target, budget, norm=norm)
    lowest = logit_margins(target, best)
    random = np.random.default_rng(target.seed)
    for start in range(restarts):
        away = {name: np.zeros(len(target)) for name in target.numbers}
        if start:
            away = {name: random.uniform(-1, 1, len(target)) * target.scales[name] for name in target.numbers}
            away = _pulled(target, away, budget, norm)
        for _ in range(steps):
            here = target.moved(away)
            step = step_against(target, downhill(target, here), REACH * budget / steps, norm)
            away = _pulled(target, {name: away[name] + step[name] for name in target.numbers}, budget, norm)
            here = target.moved(away)
            found = logit_margins(target, here)
            better = found < lowest
            lowest = np.where(better, found, lowest)
            for name in target.numbers:
                best[name] = np.where(better, here[name], best[name])
    return best


def _pulled(target: Target, away: dict[str, Floats], budget: float, norm: Norm) -> dict[str, Floats]:
    """Back into reach: column by column, or along the line to the row."""
    if norm == "linf":
        reach = {name: budget * target.scales[name] for name in target.numbers}
        return {name: np.clip(step, -reach[name], reach[name]) for name, step in away.items()}
    size = np.sqrt(np.sum([(step / target.scales[name]) ** 2 for name, step in away.items()], axis=0))
    shrunk = np.minimum(1.0, np.divide(budget, size, out=np.ones_like(size), where=size > 0))
    return {name: step * shrunk for name, step in away.items()}
