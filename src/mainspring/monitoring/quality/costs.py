"""What the answers of a classifier cost, from its confusion matrix: the business value of a window."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from mainspring.evaluation.metrics import ClassificationState, Measured
from mainspring.evaluation.metrics.classes import natural
from mainspring.evaluation.metrics.grouping import shares
from mainspring.evaluation.metrics.resampling import percentiles
from mainspring.monitoring.quality.measuring import BOOTSTRAP

COST: Final = "expected_cost"
"""The name of the figure."""


def mean_cost(state: ClassificationState, costs: Mapping[str, Mapping[str, float]]) -> Measured:
    """The mean cost of a row, with its 95 % interval by drawing rows again.

    Args:
        state: Of the rows.
        costs: Truth to answer to what that costs; below 0 what it earns. What is not named costs nothing.
    """
    told = {(natural(truth), natural(said)): cost for truth, row in costs.items() for said, cost in row.items()}
    keys = [natural(name) for name in state.classes]
    matrix = np.array([[told.get((truth, said), 0.0) for said in keys] for truth in keys])
    total = float(state.confusion.sum())
    if not total > 0:
        return Measured(state.rows, {COST: math.nan}, reasons={COST: "there are no rows"})
    drawn = state.drawn_confusions(BOOTSTRAP)
    found = shares((drawn * matrix).sum(axis=(-2, -1)), drawn.sum(axis=(-2, -1)))
    value = float((state.confusion * matrix).sum()) / total
    return Measured(state.rows, {COST: value}, {COST: percentiles(found, BOOTSTRAP.level)})
