from __future__ import annotations

import numpy as np
import pytest

from mainspring.data import Table
from mainspring.evaluation.fairness.assessment import assess_fairness
from mainspring.evaluation.fairness.fairness import Fairness
from mainspring.evaluation.metrics.intervals import Intervals
from mainspring.evaluation.predictions import Predictions


def measured(rates: list[float], rows: int, seed: int, intervals: Intervals) -> Fairness:
    """Groups with these chances of being selected."""
    random = np.random.default_rng(seed)
    groups = np.repeat(np.arange(len(rates)), rows)
    chosen = random.random(len(groups)) < np.array(rates)[groups]
    table = Table.from_columns({"y": np.ones(len(groups)), "g": groups.astype(np.float64)})
    scores = np.where(chosen, 0.9, 0.1)
    answers = Predictions(("0", "1"), np.column_stack([1 - scores, scores]))
    return assess_fairness(answers, table, label="y", protected=["g"], thresholds=(), intervals=intervals)


@pytest.mark.parametrize("intervals", [Intervals(), Intervals(method="bootstrap", resamples=200)])
def test_equal_groups_are_not_told_apart_however_many_there_are(intervals: Intervals) -> None:
    wrong = 0
    for seed in range(20):
        gap = measured([0.4] * 9, 120, seed, intervals).gap("demographic_parity_difference")
        assert gap.interval is not None
        assert gap.interval.low <= gap.value <= gap.interval.high
        wrong += gap.interval.low > 0
    assert wrong <= 4, "more than that happens by chance less than once in a hundred times at 95 %"


@pytest.mark.parametrize("intervals", [Intervals(), Intervals(method="bootstrap", resamples=200)])
def test_groups_that_are_apart_are_told_apart(intervals: Intervals) -> None:
    found = measured([0.5] * 6 + [0.2], 400, 1, intervals)
    difference, ratio = found.gap("demographic_parity_difference"), found.gap("demographic_parity_ratio")
    assert difference.interval is not None
    assert ratio.interval is not None
    assert 0.15 < difference.interval.low < 0.3 < difference.interval.high < 0.5
    assert 0.2 < ratio.interval.low < 0.4 < ratio.interval.high < 0.65


def test_between_two_groups_both_kinds_say_nearly_the_same() -> None:
    closed, resampled = (
        measured([0.5, 0.4], 800, 2, intervals).gap("demographic_parity_difference").interval
        for intervals in (Intervals(), Intervals(method="bootstrap", resamples=2000))
    )
    assert closed is not None
    assert resampled == pytest.approx(closed, abs=0.006)


def test_groups_that_are_all_selected_still_have_an_interval() -> None:
    found = measured([1.0, 1.0], 50, 3, Intervals(method="bootstrap", resamples=50))
    gap = found.gap("demographic_parity_difference")
    assert gap.value == 0
    assert gap.interval is not None
    assert 0.02 < gap.interval.high < 0.1
