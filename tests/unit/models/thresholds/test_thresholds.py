"""Cutoffs by costs, by metrics and under limits, against a table worked by hand and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from mainspring.core.errors import InputError
from mainspring.models.thresholds import FIGURES, Sweep, choose, figure, rule_of

# score 0.1 0.2 0.3 0.4 0.6 0.8 0.9
# class   -   -   +   -   +   +   -
SCORES = np.array([0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 0.9])
POSITIVE = np.array([False, False, True, False, True, True, False])


def test_a_table_worked_by_hand() -> None:
    sweep = Sweep.of(SCORES, POSITIVE)
    np.testing.assert_allclose(sweep.at, [0, 0.15, 0.25, 0.35, 0.5, 0.7, 0.85, 0.95])
    assert sweep.hits.tolist() == [3, 3, 3, 2, 2, 1, 0, 0]
    assert sweep.alarms.tolist() == [4, 3, 2, 2, 1, 1, 1, 0]
    # A miss costs five: 4, 3, 2, 7, 6, 11, 16, 15 in all.
    dear = choose(SCORES, POSITIVE, rule_of(costs={"false_positive": 1, "false_negative": 5}))
    assert dear.at == pytest.approx(0.25)
    assert dear.figures["expected_cost"] == pytest.approx(2 / 7)
    assert dear.figures["recall"] == 1.0
    # An alarm costs five: 20, 15, 10, 11, 6, 7, 8, 3.
    assert choose(SCORES, POSITIVE, rule_of(costs={"false_positive": 5, "false_negative": 1})).at > 0.9
    # Equal costs: 4, 3, 2, 3, 2, 3, 4, 3; of the two best the one nearest to a half.
    assert choose(SCORES, POSITIVE, rule_of(costs={"false_positive": 1, "false_negative": 1})).at == 0.5


def test_gains_count_too() -> None:
    costs = {"false_positive": 1, "false_negative": 0, "true_positive": -5, "true_negative": 0}
    found = choose(SCORES, POSITIVE, rule_of(costs=costs))
    assert found.at == pytest.approx(0.25)
    assert found.figures["expected_cost"] == pytest.approx((2 - 15) / 7)


@pytest.mark.parametrize(
    ("maximise", "at"),
    [
        ("recall at precision 0.6", 0.25),
        ("recall at precision >= 0.65", 0.5),
        ("recall at false_positive_rate 0.25", 0.5),
        ("precision at positive_rate 0.5", 0.5),
        ("precision at recall 1", 0.25),
    ],
)
def test_limits_on_the_same_table(maximise: str, at: float) -> None:
    assert choose(SCORES, POSITIVE, rule_of(maximise=maximise)).at == pytest.approx(at)


def test_a_limit_that_no_cutoff_keeps_says_what_can_be_had() -> None:
    with pytest.raises(InputError, match=r"recall at precision >= 0\.9; the highest is 0\.6667"):
        choose(SCORES, POSITIVE, rule_of(maximise="recall at precision 0.9"))


REFERENCES = {
    "accuracy": metrics.accuracy_score,
    "balanced_accuracy": metrics.balanced_accuracy_score,
    "f1": metrics.f1_score,
    "fbeta@2": lambda truth, told: metrics.fbeta_score(truth, told, beta=2),
    "mcc": metrics.matthews_corrcoef,
    "precision": metrics.precision_score,
    "recall": metrics.recall_score,
    "specificity": lambda truth, told: metrics.recall_score(~truth, ~told),
    "youden": lambda truth, told: metrics.balanced_accuracy_score(truth, told, adjusted=True),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_figures_are_those_of_scikit_learn(name: str) -> None:
    random = np.random.default_rng(0)
    scores = random.random(60).round(2)
    positive = random.random(60) < scores
    sweep = Sweep.of(scores, positive)
    values = figure(sweep, name)
    for at, value in zip(sweep.at, values, strict=True):
        told = scores >= at
        if told.any() and not told.all():
            assert value == pytest.approx(REFERENCES[name](positive, told))
    best = choose(scores, positive, rule_of(maximise=name), resamples=0)
    assert best.figures[name] == pytest.approx(np.nanmax(values))


def test_costs_of_a_calibrated_model_give_the_cutoff_of_theory() -> None:
    random = np.random.default_rng(1)
    scores = random.random(20000)
    positive = random.random(20000) < scores
    found = choose(scores, positive, rule_of(costs={"false_positive": 1, "false_negative": 4}), resamples=50)
    assert found.at == pytest.approx(0.2, abs=0.05)
    assert found.interval is not None
    assert found.interval[0] <= 0.2 <= found.interval[1]
    assert found.interval[1] - found.interval[0] < 0.15
    assert len(found.curve) <= 50


def test_an_interval_narrows_with_more_rows() -> None:
    random = np.random.default_rng(2)
    scores = random.random(4000)
    positive = random.random(4000) < scores
    few, many = (
        choose(scores[:rows], positive[:rows], rule_of(maximise="f1"), resamples=60) for rows in (200, 4000)
    )
    assert few.interval is not None
    assert many.interval is not None
    assert many.interval[1] - many.interval[0] < few.interval[1] - few.interval[0]


def test_weights_are_as_many_rows() -> None:
    weights = np.array([3, 1, 2, 5, 1, 1, 2])
    rule = rule_of(maximise="f1")
    once = choose(SCORES, POSITIVE, rule, weights.astype(float), resamples=0)
    many = choose(SCORES.repeat(weights), POSITIVE.repeat(weights), rule, resamples=0)
    assert once == many


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30))
def test_every_cutoff_counts_what_it_answers(rows: list[tuple[float, bool]]) -> None:
    scores, positive = np.array([one for one, _ in rows]), np.array([one for _, one in rows])
    sweep = Sweep.of(scores, positive)
    assert (np.diff(sweep.at) > 0).all()
    for at, hits, alarms in zip(sweep.at, sweep.hits, sweep.alarms, strict=True):
        assert hits == np.count_nonzero((scores >= at) & positive)
        assert alarms == np.count_nonzero((scores >= at) & ~positive)
    for name in FIGURES:
        values = figure(sweep, name)
        assert np.all(np.isnan(values) | ((values >= -1.0) & (values <= 1.0)))


@pytest.mark.parametrize(
    ("given_rule", "message"),
    [
        ({}, "no rule was given"),
        ({"costs": {"false_positive": 1, "false_negative": 1}, "maximise": "f1"}, "two rules"),
        ({"costs": {"false_positive": 1}}, "'false_negative' is missing"),
        ({"costs": {"fp": 1, "false_negative": 2}}, "'fp' is no kind of answer; 'false_positive' is missing"),
        ({"costs": {"false_positive": -1, "false_negative": 2}}, "costs no more than the right answer"),
        ({"maximise": "recal"}, "perhaps 'recall'"),
        ({"maximise": "fbeta"}, "says no weight of recall"),
        ({"maximise": "recall at precision high"}, "cannot be understood"),
        ({"maximise": "recall at precison 0.9"}, "perhaps 'precision'"),
    ],
)
def test_what_is_no_rule_is_refused(given_rule: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        rule_of(**given_rule)


def test_one_class_is_not_enough() -> None:
    with pytest.raises(InputError, match="all rows are of one class"):
        choose(SCORES, np.ones(7, dtype=bool), rule_of(maximise="f1"))
