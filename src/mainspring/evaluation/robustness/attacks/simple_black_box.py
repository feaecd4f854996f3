"""SimBA: an attack on pictures that only asks, pixel by pixel."""

from __future__ import annotations

import numpy as np

from mainspring.evaluation.explanation.asking import taken
from mainspring.evaluation.robustness.attacks.target import Raw, Target, margins


def simple_black_box(target: Target, budget: float, *, steps: int = 200) -> Raw:
    """Move one pixel after the other up or down by the budget, and keep what lowers the margin of the own class.

    Every row tries its own random order of the columns. No column moves twice, so that the largest change stays
    within the budget. A row costs at most two answers a step.

    Args:
        target: The rows; no gradients are needed. Pixels are columns of numbers; give ``scales=1.0`` to count in
            their own unit.
        budget: The most that a pixel may move.
        steps: The most columns that are tried.

    Reference: C. Guo and others, *Simple black-box adversarial attacks*, ICML 2019.
    """
    made: Raw = {name: values.copy() for name, values in target.columns.items()}
    found = target.answers(made)
    lowest, going = margins(found.scores, target.truth), target.right(found)
    random = np.random.default_rng(target.seed)
    order = np.argsort(random.random((len(target), len(target.numbers))), axis=1)
    for step in range(min(steps, len(target.numbers))):
        for sign in (1.0, -1.0):
            # Rows that took the step up in this turn do not try the step down.
            open_rows = np.flatnonzero(going & (order[:, step] >= 0))
            if not len(open_rows):
                break
            tried = _moved(target, made, order[:, step], sign * budget)
            part = taken(tried, open_rows)
            answers = target.answers(part)
            truth = target.truth[open_rows]
            wrong = ~target.right(answers, truth)
            below = margins(answers.scores, truth)
            better = (below < lowest[open_rows]) | wrong
            taking = open_rows[better]
            for name in target.numbers:
                made[name][taking] = tried[name][taking]
            lowest[taking] = below[better]
            order[taking, step] = -1
            going[open_rows[wrong]] = False
    return made


def _moved(target: Target, made: Raw, picked: np.ndarray, by: float) -> Raw:
    """Each row with its picked column moved from where it was at first."""
    steps = {
        name: np.where(picked == place, by * target.scales[name], 0.0) for place, name in enumerate(target.numbers)
    }
    moved = target.moved(steps)
    tried = dict(made)
    for place, name in enumerate(target.numbers):
        tried[name] = np.where(picked == place, moved[name], made[name])
    return tried
