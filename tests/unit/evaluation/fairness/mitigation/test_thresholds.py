from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core import InputError, Slice
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.fairness.mitigation.constraints import Constraint, moments
from mainspring.evaluation.fairness.mitigation.pricing import Fit
from mainspring.evaluation.fairness.mitigation.rows import group_rows
from mainspring.evaluation.fairness.mitigation.thresholds import Costs, cost_of, optimise_thresholds


def predictions(scores: list[float]) -> Predictions:
    column = np.array(scores, dtype=np.float64)
    return Predictions(("0", "1"), np.column_stack([1 - column, column]))


def test_two_groups_worked_by_hand() -> None:
    # At 0.5 both positives of a are found, and one of two of b; recall is alike from 0.5 in a and from 0.3 in b.
    table = Table.from_columns({"g": [*"aaaa", *"bbbb"], "y": [1, 1, 0, 0, 1, 1, 0, 0]})
    found = optimise_thresholds(
        predictions([0.9, 0.8, 0.2, 0.1, 0.6, 0.35, 0.25, 0.1]),
        table,
        label="y",
        protected=["g"],
        at_most=0.0,
        min_group_size=1,
    )
    assert found.cutoffs.cutoffs == {Slice.of(g="a"): pytest.approx(0.5), Slice.of(g="b"): pytest.approx(0.3)}
    assert (found.gap, found.cost) == (0.0, 0.0)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(0, 6)), min_size=4, max_size=14),
    st.sampled_from(list(Constraint)),
    st.sampled_from([0.0, 0.2, 0.5]),
)
def test_no_cutoffs_do_better(drawn: list[tuple[str, bool, int]], constraint: Constraint, at_most: float) -> None:
    drawn = drawn + [(g, y, 3) for g in "abc" for y in (True, False)]
    scores = [score / 6 for _, _, score in drawn]
    table = Table.from_columns({"g": [g for g, _, _ in drawn], "y": [int(y) for _, y, _ in drawn]})
    costs = Costs(false_positive=1.0, false_negative=2.5)
    found = optimise_thresholds(
        predictions(scores),
        table,
        label="y",
        protected=["g"],
        constraint=constraint,
        at_most=at_most,
        costs=costs,
        min_group_size=1,
    )
    assert found.gap <= at_most + 1e-9
    rows = group_rows(table, label="y", protected=["g"])
    best = math.inf
    for cutoffs in itertools.product(np.arange(-0.5, 7.5) / 6, repeat=3):
        chosen = np.array(scores) >= np.array(cutoffs)[rows.group]
        if moments(constraint, rows, chosen).gap <= at_most + 1e-9:
            best = min(best, cost_of(rows, chosen, costs))
    assert found.cost == pytest.approx(best)


@pytest.mark.parametrize(
    ("constraint", "drawn_lots"),
    [("demographic_parity", 0.2882), ("equal_opportunity", 0.2692), ("equalized_odds", 0.2980)],
)
def test_it_costs_about_what_fairlearn_pays_with_lots(
    people: Table, learn: Fit, constraint: str, drawn_lots: float
) -> None:
    # Figures of fairlearn 0.15.0's ThresholdOptimizer (grid of 1000) on the same probabilities, for a gap of 0.
    answers = learn(people, None).predict(people)
    found = optimise_thresholds(answers, people, label="y", protected=["g"], constraint=constraint, at_most=0.02)
    assert found.gap <= 0.02
    assert drawn_lots - 0.012 < found.cost < drawn_lots + 0.002
    assert found.cost_before == pytest.approx(0.262)


def test_small_groups_are_answered_by_the_cutoff_for_all() -> None:
    random = np.random.default_rng(1)
    group = ["a"] * 100 + ["b"] * 100 + ["c"] * 5
    truth = random.random(205) < 0.5
    scores = np.clip(random.normal(0.5, 0.2, 205) + 0.1 * truth, 0, 1)
    table = Table.from_columns({"g": group, "y": truth.astype(int)})
    found = optimise_thresholds(predictions(scores.tolist()), table, label="y", protected=["g"])
    assert set(found.cutoffs.cutoffs) == {Slice.of(g="a"), Slice.of(g="b")}
    assert "g=c has" in found.notes[0]
    none = optimise_thresholds(
        predictions(scores.tolist()), table, label="y", protected=["g"], min_group_size=1000
    )
    assert none.cutoffs.cutoffs == {}
    assert math.isnan(none.gap)
    assert none.cost == pytest.approx(none.cost_before)


def test_what_cannot_be_chosen_is_told() -> None:
    table = Table.from_columns({"age": list(range(20)), "y": [0, 1] * 10})
    with pytest.raises(InputError, match="more than 12 numbers"):
        optimise_thresholds(predictions([0.5] * 20), table, label="y", protected=["age"])
    with pytest.raises(InputError, match="3 predictions for 20 rows"):
        optimise_thresholds(predictions([0.5] * 3), table, label="y", protected=["y"])
    with pytest.raises(InputError, match="gap of at most 2"):
        optimise_thresholds(predictions([0.5] * 20), table, label="y", protected=["y"], at_most=2)
    with pytest.raises(InputError, match="two classes"):
        optimise_thresholds(Predictions(None, np.zeros(20)), table, label="y", protected=["y"])
    with pytest.raises(InputError, match="errors cost 0"):
        Costs(false_positive=0, false_negative=0)
