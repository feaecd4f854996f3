"""The fast gradient sign method: one step, as far as allowed, in the direction that hurts most."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mainspring.core import InputError
from mainspring.evaluation.explanation.asking import Columns
from mainspring.evaluation.robustness.attacks.target import Floats, Ints, Norm, Raw, Target, margins


def fast_gradient_sign(target: Target, budget: float, *, norm: Norm = "linf") -> Raw:
    """Move every number one step against the row's own class.

    Under ``"linf"`` every column moves by the budget, under ``"l2"`` all together along the gradient. On a linear
    model of two classes there is no stronger attack.

    Args:
        target: The rows, with gradients.
        budget: The length of the step, in standard deviations of the columns.
        norm: ``"linf"`` or ``"l2"``.

    Returns:
        The changed rows.

    Raises:
        InputError: If there are no gradients, or there is no such norm.

    Reference: I. J. Goodfellow, J. Shlens and C. Szegedy, *Explaining and harnessing adversarial examples*, ICLR
    2015.
    """
    return target.moved(step_of(target, downhill(target, target.columns), budget, norm))


def downhill(target: Target, columns: Columns) -> dict[str, Floats]:
    """The slope of the margin of the own class over the best other one, in scales of the columns.

    The margin of logits does not saturate, as the loss of a sure answer does.
    """
    known = target.knows("this attack")
    logits = known.logits(columns)
    slopes = known.gradients(columns, toward(logits, target.truth))
    return {name: np.asarray(slopes[name] * target.scales[name]) for name in target.numbers}


def toward(logits: Floats, truth: Ints) -> Floats:
    """Weights of the logits that make the margin: 1 for the own class, -1 for the best other one."""
    rows = np.arange(len(logits))
    others = logits.copy()
    others[rows, truth] = -np.inf
    weights = np.zeros_like(logits)
    weights[rows, truth] = 1.0
    weights[rows, others.argmax(axis=1)] = -1.0
    return weights


def step_of(target: Target, slopes: Mapping[str, Floats], length: float, norm: Norm) -> dict[str, Floats]:
    """A step against the slopes, of that length, in the columns' own units.

    Raises:
        InputError: If there is no such norm.
    """
    if norm not in ("linf", "l2"):
        raise InputError(f"there is no norm {norm!r} for steps along gradients", expected="linf or l2")
    if norm == "linf":
        return {name: -length * np.sign(slopes[name]) * target.scales[name] for name in target.numbers}
    size = np.sqrt(np.sum([slopes[name] ** 2 for name in target.numbers], axis=0))
    unit = np.divide(length, size, out=np.zeros_like(size), where=size > 0)
    return {name: -unit * slopes[name] * target.scales[name] for name in target.numbers}


def logit_margins(target: Target, columns: Columns) -> Floats:
    """The margins by what the attacker knows, without asking the model."""
    return margins(target.knows("this attack").logits(columns), target.truth)
