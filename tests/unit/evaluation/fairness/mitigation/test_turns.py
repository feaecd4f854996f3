from __future__ import annotations

import numpy as np
import pytest

from mainspring.data import Table
from mainspring.evaluation.fairness.mitigation.constraints import Constraint
from mainspring.evaluation.fairness.mitigation.rows import group_rows
from mainspring.evaluation.fairness.mitigation.thresholds import Costs
from mainspring.evaluation.fairness.mitigation.turns import Change, Turned, Turns, turns
from mainspring.evaluation.metrics.intervals import Intervals

ROWS = group_rows(
    Table.from_columns({"g": [*"aaaaaaaa", *"bbbbbbbb"], "y": [1, 1, 1, 1, 0, 0, 0, 0] * 2}),
    label="y",
    protected=["g"],
)
BEFORE = np.array([1, 1, 1, 0, 1, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0]) == 1
AFTER = np.array([1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 1, 0, 0]) == 1


def of(constraint: Constraint, resamples: int = 50) -> Turns:
    return turns(
        constraint,
        ROWS,
        BEFORE,
        AFTER,
        costs=Costs(false_positive=2.0, false_negative=1.0),
        min_group_size=1,
        intervals=Intervals(method="bootstrap", resamples=resamples, seed=1),
    )


def test_changes_of_a_table_worked_by_hand() -> None:
    found = of(Constraint.EQUAL_OPPORTUNITY)
    gap, accuracy, cost, groups = found.gap, found.accuracy, found.cost, found.groups
    assert (gap.before, gap.after) == (0.25, 0.0)
    assert (accuracy.before, accuracy.after) == (11 / 16, 12 / 16)
    assert (cost.before, cost.after) == (7 / 16, 6 / 16)
    a, b = sorted(groups, key=lambda one: str(one.group))
    assert (a.count, a.to_yes, a.to_no) == (8, 0, 1)
    assert (b.count, b.to_yes, b.to_no) == (8, 2, 0)
    assert b.true_positive_rate.by == 0.25
    assert b.selection_rate.after == 5 / 8
    assert of(Constraint.DEMOGRAPHIC_PARITY).gap.after == 0.25
    assert of(Constraint.DEMOGRAPHIC_PARITY).apart.after == -0.25
    assert of(Constraint.EQUALIZED_ODDS).gap.after == 0.5


def test_intervals_are_those_of_a_bootstrap_of_rows() -> None:
    accuracy = of(Constraint.DEMOGRAPHIC_PARITY, resamples=4000).accuracy
    random = np.random.default_rng(0)
    draws = random.poisson(1, (4000, 16))
    change = (ROWS.truth == AFTER).astype(float) - (ROWS.truth == BEFORE)
    low, high = np.quantile(draws @ change / draws.sum(axis=1), (0.025, 0.975))
    assert accuracy.interval is not None
    assert accuracy.interval.low == pytest.approx(low, abs=0.02)
    assert accuracy.interval.high == pytest.approx(high, abs=0.02)


def test_the_same_answers_change_nothing() -> None:
    found = turns(
        Constraint.DEMOGRAPHIC_PARITY,
        ROWS,
        BEFORE,
        BEFORE,
        costs=Costs(),
        min_group_size=1,
        intervals=Intervals(resamples=20),
    )
    assert found.gap.by == 0
    assert found.gap.interval == (0.0, 0.0)


def test_a_change_comes_back_as_it_was() -> None:
    found = of(Constraint.EQUAL_OPPORTUNITY)
    assert Change.from_dict(found.gap.as_dict()) == found.gap
    assert Turned.from_dict(found.groups[0].as_dict()) == found.groups[0]
