"""An attack on tables that only asks: column by column, the change that hurts most."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.explanation.asking import Columns, taken
from mainspring.evaluation.robustness.attacks.target import Bools, Floats, Raw, Target, different, margins

FRACTIONS = (1.0, -1.0, 0.5, -0.5, 0.25, -0.25)
"""Of what is left of the budget: how far a number is moved."""

_HALVINGS = 8


def column_search(target: Target, budget: float, *, columns: int = 3) -> Raw:
    """Change one column after the other, each time the one cell that brings the row nearest to another answer.

    Numbers move by shares of what is left of the budget; words become other words of their column, at a cost of 1.
    A row that got another answer is drawn back towards what it was, up to where the answer still differs.

    Args:
        target: The rows; no gradients are needed.
        budget: How much may change: standard deviations of numbers, added up, and 1 for each word.
        columns: The most columns that change.

    Reference: the greedy search and the way back are those of W. Brendel, J. Rauber and M. Bethge,
    *Decision-based adversarial attacks: reliable attacks against black-box machine learning models*, ICLR 2018,
    for columns of different kinds.
    """
    made: Raw = {name: values.copy() for name, values in target.columns.items()}
    found = target.answers(made)
    lowest, going = margins(found.scores, target.truth), target.right(found)
    for _ in range(columns):
        if not going.any():
            break
        lowest, going = _round(target, made, budget, lowest, going)
    turned = ~going & (target.distance(made, "cost") > 0)
    return _drawn_back(target, made, turned)


def _round(target: Target, made: Raw, budget: float, lowest: Floats, going: Bools) -> tuple[Floats, Bools]:
    """Change one cell of each row that still stands, in place."""
    left = budget - target.distance(made, "cost")
    still = going.copy()
    best, names = lowest.copy(), np.full(len(target), "", dtype=object)
    cells = np.empty(len(target), dtype=object)
    for name in (*target.numbers, *target.choices):
        fresh = np.flatnonzero(going & ~different(made[name], target.columns[name]))
        owners, values = _tries(target, name, fresh, left)
        if not len(owners):
            continue
        tried = taken(made, owners)
        tried[name] = values
        answers = target.answers(tried)
        truth = target.truth[owners]
        # A wrong answer counts more than any margin: with a cutoff the two may differ.
        found = margins(answers.scores, truth) - 10.0 * ~target.right(answers, truth)
        for place in np.argsort(found, kind="stable").tolist():
            row = owners[place]
            if found[place] < best[row]:
                best[row], names[row], cells[row] = found[place], name, values[place]
    for row in np.flatnonzero(names != "").tolist():
        made[names[row]][row] = cells[row]
        still[row] = best[row] > -5.0
    return np.where(best <= -5.0, best + 10.0, best), still


def _tries(
    target: Target, name: str, rows: npt.NDArray[np.intp], left: Floats
) -> tuple[npt.NDArray[np.intp], npt.NDArray[Any]]:
    """Rows, and what the column could become in each."""
    if not len(rows):
        return rows, np.empty(0)
    owners: list[npt.NDArray[Any]] = []
    values: list[npt.NDArray[Any]] = []
    if name in target.numbers:
        for fraction in FRACTIONS:
            step = np.zeros(len(target))
            step[rows] = fraction * np.maximum(left[rows], 0.0) * target.scales[name]
            moved = _alone(target, name, step)[rows]
            owners.append(rows)
            values.append(moved)
    else:
        able = rows[left[rows] >= 1]
        for value in target.choices[name]:
            column = np.empty(len(able), dtype=target.columns[name].dtype)
            column[:] = value
            owners.append(able)
            values.append(column)
    who, what = np.concatenate(owners), np.concatenate(values)
    kept = different(what, target.columns[name][who]) & _allowed(target, name, who, what)
    return who[kept], what[kept]


def _alone(target: Target, name: str, step: Floats) -> npt.NDArray[Any]:
    steps = dict.fromkeys(target.numbers, np.zeros(len(target)))
    return target.moved({**steps, name: step})[name]


def _allowed(target: Target, name: str, who: npt.NDArray[np.intp], what: npt.NDArray[Any]) -> Bools:
    if name in target.numbers or name not in target.constraints.among:
        return np.ones(len(who), dtype=np.bool_)
    words = set(target.constraints.among[name])
    return np.fromiter((value in words for value in what), np.bool_, len(what))


def _drawn_back(target: Target, made: Raw, turned: Bools) -> Raw:
    """Numbers of rows with another answer, moved back as far as the answer allows, all columns together."""
    if not turned.any() or not target.numbers:
        return made
    part = target.where(turned)
    far = taken(made, np.flatnonzero(turned))
    near, reach = np.zeros(len(part)), np.ones(len(part))
    best = far
    for _ in range(_HALVINGS):
        middle = (near + reach) / 2
        tried = _between(part, far, middle)
        wrong = ~part.right(part.answers(tried))
        reach, near = np.where(wrong, middle, reach), np.where(wrong, near, middle)
        best = {name: np.where(wrong, tried[name], values) for name, values in best.items()}
    for name in target.numbers:
        made[name][turned] = best[name]
    return made


def _between(part: Target, far: Columns, share: Floats) -> Raw:
    steps = {name: np.nan_to_num(far[name] - part.columns[name]) * share for name in part.numbers}
    return {**part.moved(steps), **{name: far[name] for name in far if name not in part.numbers}}
