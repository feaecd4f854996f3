from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core import InputError
from mainspring.evaluation import Answers, Better, Metric
from mainspring.evaluation.metrics.business import FACTS, THRESHOLDS, CostRows, cost, profit

SCORES = np.array([0.9, 0.6, 0.3, 0.1])


def applicants(scores: np.ndarray = SCORES, weights: np.ndarray | None = None, at: float = 0.5) -> Answers:
    """Two good ones with a margin of 100 and 40, two bad ones."""
    return Answers(
        truth=np.array(["good", "bad", "good", "bad"], dtype=object),
        predicted=np.where(scores >= at, "good", "bad").astype(object),
        scores=scores,
        weights=weights,
        classes=("bad", "good"),
        positive="good",
        columns={"margin": np.array([100.0, 70.0, 40.0, 50.0])},
    )


COSTS = cost({"good": {"bad": "margin"}, "bad": {"good": 500.0, "bad": 10}})


def test_a_worked_table() -> None:
    """Decided: 0 (good, taken), 500 (bad, taken), 40 (good, refused), 10 (bad, refused).

    Taking from 0.7 upwards: 0 + 10 + 40 + 10 = 60, the least; the thresholds .61 to .90 all do that.
    """
    assert isinstance(COSTS, Metric)
    assert COSTS.columns == ("margin",)
    found = COSTS.rows(applicants()).state().measure()
    assert found.values == pytest.approx(
        {"expected_cost": 550 / 4, "expected_cost_at_best": 60 / 4, "expected_cost_best_threshold": 0.75}
    )
    numbers = np.array([0, 500, 40, 10])
    half = 1.959964 * numbers.std(ddof=1) / 2
    assert found.intervals["expected_cost"] == pytest.approx((137.5 - half, 137.5 + half))
    assert set(found.values) <= set(FACTS)


def test_the_curve_is_the_cost_at_every_threshold() -> None:
    state = COSTS.rows(applicants()).state()
    points = state.points()
    assert len(points) == len(THRESHOLDS)
    for at, share, mean in points:
        decided = applicants(at=at)
        assert share == np.mean(decided.predicted == "good")
        assert mean == pytest.approx(COSTS.rows(decided).state().measure().values["expected_cost"])


def test_profits_are_better_high_and_may_never_be_worth_a_yes() -> None:
    earned = profit({"good": {"good": "margin", "bad": 0}, "bad": {"good": -500}})
    assert earned.facts["expected_profit"].better is Better.HIGHER
    found = earned.rows(applicants()).state().measure().values
    assert found["expected_profit"] == (100 - 500) / 4
    assert found["expected_profit_at_best"] == 100 / 4
    never = profit({"good": {"good": -1, "bad": 0}, "bad": {"good": -1}}).rows(applicants()).state()
    assert never.measure().values["expected_profit_best_threshold"] == pytest.approx(0.96)
    assert never.points()[-1] == (math.inf, 0.0, 0.0)


def test_several_classes_have_a_cost_and_no_threshold() -> None:
    answers = Answers(
        truth=np.array(["a", "b", "c"], dtype=object),
        predicted=np.array(["a", "c", "a"], dtype=object),
        scores=np.eye(3),
        classes=("a", "b", "c"),
    )
    metric = cost({"a": {"b": 1, "c": 2}, "b": {"a": 3, "c": 4}, "c": {"a": 5, "b": 6}}, name="harm")
    assert metric.rows(answers).state().measure().values == {"harm": 3.0}


def test_weights_weigh() -> None:
    found = COSTS.rows(applicants(weights=np.array([1.0, 2.0, 1.0, 0.0]))).state().measure()
    assert found.values["expected_cost"] == pytest.approx(1040 / 4)
    assert found.values["expected_cost_at_best"] == pytest.approx(60 / 4)
    assert not found.intervals


def test_what_is_missing_among_the_costs_is_told() -> None:
    with pytest.raises(InputError) as caught:
        cost({"good": {"poor": 1}}).rows(applicants())
    assert "'poor' among the costs" in caught.value.found
    assert "labelled 'bad' and answered 'good'; labelled 'good' and answered 'bad'" in caught.value.found
    with pytest.raises(InputError, match="answers with values"):
        COSTS.rows(Answers(truth=np.ones(1), predicted=np.ones(1), scores=np.ones(1)))


def test_no_rows_and_no_amounts_are_nan_with_reasons() -> None:
    rows = COSTS.rows(applicants())
    empty = rows.state(np.zeros(0, dtype=np.int64))
    assert set(empty.measure().reasons.values()) == {"there are no rows with a label"}
    assert empty.points() == ()
    broken = CostRows(decided=np.array([1.0, math.nan])).state().measure()
    assert broken.reasons == {"expected_cost": "the cost of 1 of 2 rows is missing or not finite"}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), max_size=30), st.integers(0, 30), st.booleans())
def test_merging_parts_gives_the_whole(table: list[tuple[bool, float]], cut: int, weighted: bool) -> None:
    scores = np.array([score for _, score in table], dtype=float)
    answers = Answers(
        truth=np.array(["y" if yes else "n" for yes, _ in table], dtype=object),
        predicted=np.where(scores > 0.5, "y", "n").astype(object),
        scores=scores,
        weights=np.linspace(1, 2, len(table)) if weighted else None,
        classes=("n", "y"),
        positive="y",
    )
    rows = cost({"y": {"n": 3}, "n": {"y": 1}}).rows(answers)
    places = np.arange(len(table))
    merged, whole = rows.state(places[:cut]).merge(rows.state(places[cut:])), rows.state()
    assert merged.measure().values == pytest.approx(whole.measure().values, nan_ok=True)
    assert np.array(merged.points()[:-1]) == pytest.approx(np.array(whole.points()[:-1]))
