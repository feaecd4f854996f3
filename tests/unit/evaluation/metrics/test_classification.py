from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from mainspring.evaluation.metrics import ClassifiedRows, Measured

BINARY = ("no", "yes")
MANY = ("a", "b", "c", "d")


def binary(truth, scores, weights=None, positive: int = 1) -> ClassifiedRows:
    scores = np.asarray(scores, dtype=float)
    both = np.column_stack((1 - scores, scores))
    truth = np.asarray(truth, dtype=np.int64)
    return ClassifiedRows.of(truth, both, classes=BINARY, positive=positive, weights=weights)


def measure(truth, scores, weights=None) -> Measured:
    return binary(truth, scores, weights).state().measure()


def rows_with_ties(count: int = 500, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    scores = random.integers(0, 30, count) / 29 * 0.98 + 0.01
    return (random.random(count) < scores).astype(np.int64), scores


@pytest.mark.parametrize("weighted", [False, True])
def test_binary_metrics_are_those_of_scikit_learn(weighted: bool) -> None:
    truth, scores = rows_with_ties()
    weights = np.random.default_rng(1).random(len(truth)) if weighted else None
    found = measure(truth, scores, weights).values
    chosen = (scores > 0.5).astype(int)
    options = {"sample_weight": weights}
    assert found == pytest.approx(
        {
            **found,
            "accuracy": oracle.accuracy_score(truth, chosen, **options),
            "balanced_accuracy": oracle.balanced_accuracy_score(truth, chosen, **options),
            "precision": oracle.precision_score(truth, chosen, **options),
            "recall": oracle.recall_score(truth, chosen, **options),
            "f1": oracle.f1_score(truth, chosen, **options),
            "auc": oracle.roc_auc_score(truth, scores, **options),
            "average_precision": oracle.average_precision_score(truth, scores, **options),
            "log_loss": oracle.log_loss(truth, scores, **options),
            "brier": oracle.brier_score_loss(truth, scores, **options),
        }
    )
    matrix = oracle.confusion_matrix(truth, chosen, **options)
    assert [found[k] for k in ("true_negatives", "false_positives", "false_negatives", "true_positives")] == (
        pytest.approx(matrix.ravel().tolist())
    )


@pytest.mark.parametrize("weighted", [False, True])
def test_multi_class_metrics_are_those_of_scikit_learn(weighted: bool) -> None:
    random = np.random.default_rng(5)
    truth = random.integers(0, 4, 600)
    logits = random.normal(size=(600, 4)) + 1.5 * np.eye(4)[truth]
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    weights = random.random(600) if weighted else None
    found = ClassifiedRows.of(truth, scores, classes=MANY, positive=None, weights=weights).state().measure().values
    chosen, options = scores.argmax(axis=1), {"sample_weight": weights}
    expected = {
        "accuracy": oracle.accuracy_score(truth, chosen, **options),
        "balanced_accuracy": oracle.balanced_accuracy_score(truth, chosen, **options),
        "log_loss": oracle.log_loss(truth, scores, **options),
        "brier": oracle.brier_score_loss(truth, scores, **options),
    }
    for suffix, average in (("", "macro"), ("_weighted", "weighted")):
        many = {**options, "average": average}
        expected |= {
            f"precision{suffix}": oracle.precision_score(truth, chosen, **many),
            f"recall{suffix}": oracle.recall_score(truth, chosen, **many),
            f"f1{suffix}": oracle.f1_score(truth, chosen, **many),
            f"auc{suffix}": oracle.roc_auc_score(truth, scores, multi_class="ovr", **many),
            f"average_precision{suffix}": oracle.average_precision_score(np.eye(4)[truth], scores, **many),
        }
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_a_class_that_is_predicted_and_never_occurs_does_not_take_the_ranking_away() -> None:
    """A rare class may be learnt and be absent where the model is judged."""
    truth = np.array([0, 1, 0, 1, 2, 2])
    tenths = ["6211", "1711", "2116", "3421", "1261", "3151"]
    scores = np.array([[int(digit) / 10 for digit in row] for row in tenths])
    found = ClassifiedRows.of(truth, scores, classes=MANY, positive=None).state().measure().values
    one_against_others = [oracle.roc_auc_score(truth == place, scores[:, place]) for place in range(3)]
    assert found["auc"] == pytest.approx(np.mean(one_against_others))
    assert found["average_precision"] == pytest.approx(
        np.mean([oracle.average_precision_score(truth == place, scores[:, place]) for place in range(3)])
    )
    assert math.isnan(found["recall"])


def test_one_kind_of_label_gives_nan_with_a_reason_and_never_zero() -> None:
    found = measure([0, 0, 0], [0.1, 0.2, 0.3])
    assert found.values["accuracy"] == 1.0
    assert found.values["false_positive_rate"] == 0.0
    assert {name for name, value in found.values.items() if not math.isnan(value)} == {
        "count", "accuracy", "specificity", "false_positive_rate", "negative_predictive_value",
        "false_omission_rate", "calibration_error", "max_calibration_error", "mean_prediction", "base_rate",
        "positive_rate", "true_positives", "false_positives", "false_negatives", "true_negatives",
        "log_loss", "brier",
    }  # fmt: skip
    assert found.reasons["auc"] == "no row has the label 'yes'"
    assert found.reasons["precision"] == "the model predicted 'yes' for no row"
    assert set(found.reasons) == {name for name, value in found.values.items() if math.isnan(value)}


def test_no_rows_give_nan_everywhere() -> None:
    for rows in (
        binary([], []),
        ClassifiedRows.of(np.zeros(0, np.int64), np.zeros((0, 4)), classes=MANY, positive=None),
    ):
        found = rows.state().measure()
        assert found.count == 0
        figures = {name: value for name, value in found.values.items() if "positives" not in name}
        assert all(
            math.isnan(v) for k, v in figures.items() if k not in {"count", "true_negatives", "false_negatives"}
        )
        assert found.reasons["accuracy"] == "there are no rows with a label"


def test_rows_without_finite_scores_spoil_the_figures_and_say_so() -> None:
    found = measure([0, 1, 1], [0.2, math.nan, 0.8])
    assert math.isnan(found.values["accuracy"])
    assert math.isnan(found.values["auc"])
    assert found.values["base_rate"] == pytest.approx(2 / 3)
    assert found.reasons["auc"] == "the model gave no finite probabilities for 1 of 3 rows"
    assert set(found.intervals) == {"base_rate"}


def test_a_label_the_model_does_not_know_counts_as_wrong() -> None:
    scores = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])
    rows = ClassifiedRows.of(np.array([0, 1, 2]), scores, classes=("no", "yes", "perhaps"), positive=1)
    state = rows.state()
    assert state.measure().values["accuracy"] == pytest.approx(2 / 3)
    assert state.measure().values["precision"] == 0.5
    assert state.confusion.tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 0]]
    assert state.measure().values["log_loss"] > 10


def test_the_positive_class_may_be_the_first() -> None:
    truth, scores = rows_with_ties()
    found = binary(truth, scores, positive=0).state().measure().values
    assert found["recall"] == pytest.approx(oracle.recall_score(truth, scores > 0.5, pos_label=0))
    assert found["auc"] == pytest.approx(oracle.roc_auc_score(1 - truth, 1 - scores))


def test_a_class_that_is_never_foreseen_has_no_precision() -> None:
    scores = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.5, 0.4, 0.1]])
    found = (
        ClassifiedRows.of(np.array([0, 1, 2]), scores, classes=("a", "b", "c"), positive=None).state().measure()
    )
    assert math.isnan(found.values["precision"])
    assert found.reasons["precision"] == "the model predicted 'c' for no row"
    assert found.values["recall"] == pytest.approx(2 / 3)


def test_intervals_hold_the_figures_and_are_left_out_for_weighted_rows() -> None:
    truth, scores = rows_with_ties()
    found = measure(truth, scores)
    shares = {"recall", "specificity", "false_positive_rate", "false_negative_rate", "base_rate", "positive_rate"}
    values = {"precision", "negative_predictive_value", "false_discovery_rate", "false_omission_rate"}
    assert set(found.intervals) == shares | values | {"accuracy", "auc", "log_loss", "brier"}
    for name, interval in found.intervals.items():
        assert interval.low < found.values[name] < interval.high
    assert not measure(truth, scores, np.ones(len(truth))).intervals


def test_thresholds_stay_exact_where_scores_are_grouped() -> None:
    random = np.random.default_rng(2)
    scores = random.random(200_000)
    truth = (random.random(200_000) < scores).astype(np.int64)
    both = np.column_stack((1 - scores, scores))
    wishes = ("recall@0.3333", "recall[no]@0.2")
    found = ClassifiedRows.of(truth, both, classes=BINARY, positive=1, wishes=wishes).state().measure()
    assert found.inexact.keys() == {"auc", "average_precision"}
    assert found.values["recall@0.3333"] == oracle.recall_score(truth, scores >= 0.3333)
    assert found.values["recall[no]@0.2"] == oracle.recall_score(truth == 0, both[:, 0] >= 0.2)
    exact = oracle.roc_auc_score(truth, scores)
    assert abs(found.values["auc"] - exact) <= found.inexact["auc"] < 1e-4


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 2**31), st.booleans())
def test_merging_parts_gives_the_whole(left: int, right: int, seed: int, weighted: bool) -> None:
    random = np.random.default_rng(seed)
    count = left + right
    truth, scores = random.integers(0, 4, count), random.integers(0, 6, (count, 4)) + 0.1
    scores = scores / scores.sum(axis=1, keepdims=True)
    weights = random.integers(1, 5, count).astype(float) if weighted else None
    rows = ClassifiedRows.of(truth, scores, classes=MANY, positive=None, weights=weights)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        merged = rows.state(np.arange(left)).merge(rows.state(np.arange(left, count))).measure()
        whole = rows.state().measure()
    assert merged.values == pytest.approx(whole.values, nan_ok=True)
    assert merged.reasons == whole.reasons
