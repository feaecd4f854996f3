from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from mainspring.evaluation.metrics.intervals import Intervals
from mainspring.evaluation.metrics.multilabel import LabelSetRows

LABELS = ("late", "damaged", "rude")


def make(count: int = 500, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    scores = random.random((count, 3))
    return random.random((count, 3)) < scores * (0.9, 0.6, 0.3), scores, random.uniform(0.5, 2, count)


def rows(truth, scores, weights=None, **options) -> LabelSetRows:
    return LabelSetRows.of(np.asarray(truth), np.asarray(scores), classes=LABELS, weights=weights, **options)


@pytest.mark.parametrize("weighted", [False, True])
def test_figures_are_those_of_scikit_learn(weighted: bool) -> None:
    truth, scores, given_weights = make()
    weights = given_weights if weighted else None
    options = {"sample_weight": weights}
    found = rows(truth, scores, weights).state().measure().values
    chosen = scores >= 0.5
    expected = {
        "exact_match": oracle.accuracy_score(truth, chosen, **options),
        "hamming_loss": oracle.hamming_loss(truth, chosen, **options),
        "jaccard": oracle.jaccard_score(truth, chosen, average="samples", zero_division=1.0, **options),
        "brier": np.average(((scores - truth) ** 2).mean(axis=1), weights=weights),
        "log_loss": np.mean([oracle.log_loss(truth[:, i], scores[:, i], **options) for i in range(3)]),
    }
    for suffix, average in (("", "macro"), ("_weighted", "weighted"), ("_micro", "micro")):
        many = {**options, "average": average}
        expected |= {
            f"precision{suffix}": oracle.precision_score(truth, chosen, **many),
            f"recall{suffix}": oracle.recall_score(truth, chosen, **many),
            f"f1{suffix}": oracle.f1_score(truth, chosen, **many),
            f"auc{suffix}": oracle.roc_auc_score(truth, scores, **many),
            f"average_precision{suffix}": oracle.average_precision_score(truth, scores, **many),
        }
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_one_label_by_name_and_a_cutoff() -> None:
    truth, scores, _ = make()
    found = rows(truth, scores, cutoff=0.7, wishes=["recall[rude]", "auc[late]", "precision[damaged]@0.2"]).state()
    values = found.measure().values
    assert values["recall[rude]"] == pytest.approx(oracle.recall_score(truth[:, 2], scores[:, 2] >= 0.7))
    assert values["auc[late]"] == pytest.approx(oracle.roc_auc_score(truth[:, 0], scores[:, 0]))
    assert values["precision[damaged]@0.2"] == pytest.approx(
        oracle.precision_score(truth[:, 1], scores[:, 1] >= 0.2)
    )


def test_nothing_there_and_nothing_given_is_all_right() -> None:
    found = rows([[False] * 3], [[0.1] * 3]).state().measure()
    assert found.values["jaccard"] == found.values["exact_match"] == 1.0
    assert math.isnan(found.values["recall"])
    assert found.reasons["recall"] == "no row has the label 'late'"
    assert found.reasons["recall_micro"] == "no row has any label"


def test_no_rows_and_no_numbers_give_nan_with_reasons() -> None:
    empty = rows(np.zeros((0, 3), bool), np.zeros((0, 3))).state().measure()
    assert all(math.isnan(value) for name, value in empty.values.items() if name != "count")
    assert set(empty.reasons) == set(empty.values) - {"count"}
    broken = rows([[True] * 3] * 2, [[0.5, math.nan, 0.1], [0.5] * 3]).state().measure()
    assert broken.reasons["jaccard"] == "the model gave no finite probabilities for 1 of 2 rows"


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 60), st.booleans())
def test_merging_parts_gives_the_whole(left: int, weighted: bool) -> None:
    truth, scores, weights = make(60)
    whole = rows(truth, scores, weights if weighted else None)
    merged = whole.state(np.arange(left)).merge(whole.state(np.arange(left, 60))).measure()
    expected = whole.state().measure()
    assert merged.values == pytest.approx(expected.values, nan_ok=True)
    assert merged.reasons == expected.reasons


def test_weights_that_are_all_alike_change_nothing_about_an_interval() -> None:
    truth, scores, _ = make()
    wanted, wishes = Intervals(method="bootstrap"), ["recall[late]", "auc[late]"]
    plain = rows(truth, scores, wishes=wishes).state().measure(wanted)
    heavy = rows(truth, scores, np.full(500, 3.0), wishes=wishes).state().measure(wanted)
    for name in wishes:
        assert heavy.intervals[name] == pytest.approx(tuple(plain.intervals[name]))


def test_every_figure_but_the_pooled_rankings_can_be_drawn() -> None:
    truth, scores, _ = make()
    found = rows(truth, scores).state().measure(Intervals(method="bootstrap"))
    lacking = {"count", "auc_micro", "average_precision_micro", "calibration_error_micro"}
    assert set(found.values) - set(found.intervals) == lacking
    drawn = np.random.default_rng(0)
    figures = [
        rows(truth, scores).state(np.repeat(np.arange(500), drawn.poisson(1.0, 500))).measure().values["f1_micro"]
        for _ in range(100)
    ]
    low, high = found.intervals["f1_micro"]
    assert high - low == pytest.approx(3.92 * np.std(figures), rel=0.35)
