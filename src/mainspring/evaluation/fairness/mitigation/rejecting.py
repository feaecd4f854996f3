"""Reject option: close calls are decided for the group that fares worse."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mainspring.core import InputError
from mainspring.evaluation.fairness.mitigation.constraints import Constraint, moments
from mainspring.evaluation.fairness.mitigation.cutoffs import GroupCutoffs
from mainspring.evaluation.fairness.mitigation.thresholds import (
    EQUAL_COSTS,
    Costs,
    ThresholdChoice,
    cost_of,
    scored_rows,
)
from mainspring.evaluation.predictions import Predictions

if TYPE_CHECKING:
    from mainspring.data import Table

_STEP = 0.005


def reject_option(
    predictions: Predictions,
    table: Table,
    *,
    label: str,
    protected: Sequence[str],
    constraint: str = Constraint.DEMOGRAPHIC_PARITY,
    at_most: float = 0.02,
    costs: Costs = EQUAL_COSTS,
    positive: str | None = None,
    weight: str | None = None,
) -> ThresholdChoice:
    """Decide close calls by group: where a probability is near one half, groups that fare worse get a yes.

    The other groups get a no there. How wide the band of close calls is comes from the rows: of all bands up to
    0.495 on either side of one half, in steps of 0.005, the cheapest within the bound; where none is, the one with
    the smallest gap. A band is the same as two cutoffs, which is what comes back. Groups fare worse whose rate of
    the constraint is below that of all rows.

    One figure decides for all groups: coarser than :func:`optimise_thresholds`, and easier to explain. The price
    is the same: the group must be known when an answer is given.

    Args:
        predictions: Of a model, one per row; only probabilities are used.
        table: The rows; others than the model learnt from.
        label: A column of two classes.
        protected: Columns of words, booleans or few numbers; several are crossed.
        constraint: ``demographic_parity``, ``equal_opportunity`` or ``equalized_odds`` (by recall).
        at_most: The largest gap allowed.
        costs: What errors cost.
        positive: The class that a group may want.
        weight: A numeric column with the weight of each row.

    Raises:
        InputError: If a column does not exist, or the predictions are not of two classes.

    Reference:
        F. Kamiran, A. Karim and X. Zhang, *Decision theory for discrimination-aware classification*, ICDM 2012.
    """
    wanted = Constraint.of(constraint)
    rows, scores = scored_rows(
        predictions, table, label=label, protected=protected, positive=positive, weight=weight
    )
    before = moments(wanted, rows, scores >= 0.5)
    worse = before.rates[0] < before.overall[0]
    if len(rows.groups) < 2 or not worse.any():
        raise InputError("no group fares worse than all rows", expected="groups with different rates")
    found: list[tuple[float, float, float, float]] = []
    for half in np.arange(0.0, 0.5, _STEP):
        at = np.where(worse, 0.5 - half, 0.5 + half)[rows.group]
        chosen = scores >= at
        gap, cost = moments(wanted, rows, chosen).gap, cost_of(rows, chosen, costs)
        out = math.inf if math.isnan(gap) else max(0.0, gap - at_most)
        found.append((out, cost, float(half), gap))
    _, cost, half, gap = min(found)
    cutoffs = {
        key: 0.5 - half if low else 0.5 + half for key, low in zip(rows.groups, worse.tolist(), strict=True)
    }
    note = f"close calls lie from {0.5 - half:.3f} to {0.5 + half:.3f}"
    missed = f"no band brings the gap to {at_most:g}: this one has the smallest gap"
    return ThresholdChoice(
        cutoffs=GroupCutoffs(positive=rows.positive, columns=tuple(protected), cutoffs=cutoffs, default=0.5),
        gap=gap,
        cost=cost,
        cost_before=cost_of(rows, scores >= 0.5, costs),
        notes=(note,) if gap <= at_most else (note, missed),
    )
