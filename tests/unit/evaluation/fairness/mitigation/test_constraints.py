from __future__ import annotations

import math

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.evaluation.fairness.mitigation.constraints import Constraint, moments
from mainspring.evaluation.fairness.mitigation.rows import group_rows

# Sixteen rows, eight of a group: fairlearn and AIF360 agree on the figures.
TRUTH = [1, 1, 1, 1, 0, 0, 0, 0] * 2
CHOSEN = [1, 1, 1, 0, 1, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0]
ROWS = Table.from_columns({"g": [*"aaaaaaaa", *"bbbbbbbb"], "y": TRUTH})


@pytest.mark.parametrize(
    ("name", "gap"), [("demographic_parity", 0.125), ("equal_opportunity", 0.25), ("equalised_odds", 0.25)]
)
def test_gaps_of_a_table_worked_by_hand(name: str, gap: float) -> None:
    rows = group_rows(ROWS, label="y", protected=["g"])
    found = moments(Constraint.of(name), rows, np.array(CHOSEN) == 1)
    assert found.gap == gap
    assert found.error == 5 / 16


def test_a_group_without_positives_has_no_rate_and_makes_no_gap() -> None:
    table = ROWS.concat(Table.from_columns({"g": ["c"] * 3, "y": [0] * 3}))
    rows = group_rows(table, label="y", protected=["g"])
    found = moments(Constraint.EQUAL_OPPORTUNITY, rows, np.array([*CHOSEN, 0, 0, 0]) == 1)
    assert math.isnan(found.rates[0, 2])
    assert found.gap == 0.25
    alone = group_rows(Table.from_columns({"g": ["a", "b"], "y": [0, 1]}), label="y", protected=["g"])
    assert math.isnan(moments(Constraint.EQUAL_OPPORTUNITY, alone, np.array([True, True])).gap)


def test_rows_count_what_they_weigh() -> None:
    table = Table.from_columns({"g": [*"aab"], "y": [1, 1, 1], "w": [3.0, 1.0, 1.0]}).concat(
        Table.from_columns({"g": ["b"], "y": [0], "w": [1.0]})
    )
    rows = group_rows(table, label="y", protected=["g"], weight="w")
    found = moments(Constraint.EQUAL_OPPORTUNITY, rows, np.array([True, False, True, False]))
    assert found.gap == 0.25
    assert found.error == pytest.approx(1 / 6)


def test_a_name_that_is_none_is_told() -> None:
    with pytest.raises(InputError, match="'fairness'"):
        Constraint.of("fairness")
