from __future__ import annotations

import numpy as np
import pytest

from mainspring.core import InputError, Slice
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.fairness.mitigation.pricing import Fit
from mainspring.evaluation.fairness.mitigation.rejecting import reject_option
from mainspring.evaluation.fairness.mitigation.thresholds import optimise_thresholds


def test_a_band_worked_by_hand() -> None:
    # Two of four are selected in a, none in b; from a band of 0.06 on, one of each group is.
    scores = np.array([0.9, 0.555, 0.2, 0.1, 0.445, 0.3, 0.2, 0.1])
    table = Table.from_columns({"g": [*"aaaa", *"bbbb"], "y": [1, 0, 0, 0, 1, 0, 0, 0]})
    found = reject_option(
        Predictions(("0", "1"), np.column_stack([1 - scores, scores])), table, label="y", protected=["g"]
    )
    assert found.cutoffs.cutoffs == {Slice.of(g="a"): pytest.approx(0.56), Slice.of(g="b"): pytest.approx(0.44)}
    assert (found.gap, found.cost, found.cost_before) == (0.0, 0.0, 0.25)
    assert found.notes == ("close calls lie from 0.440 to 0.560",)


def test_it_is_coarser_than_the_best_cutoffs(people: Table, learn: Fit) -> None:
    answers = learn(people, None).predict(people)
    band = reject_option(answers, people, label="y", protected=["g"], at_most=0.03)
    best = optimise_thresholds(
        answers, people, label="y", protected=["g"], constraint="demographic_parity", at_most=0.03
    )
    assert band.gap <= 0.03
    assert best.cost <= band.cost < best.cost + 0.02


def test_one_group_is_told() -> None:
    table = Table.from_columns({"g": ["a", "a"], "y": [0, 1]})
    with pytest.raises(InputError, match="no group fares worse"):
        reject_option(Predictions(("0", "1"), np.full((2, 2), 0.5)), table, label="y", protected=["g"])
