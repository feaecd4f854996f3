from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as oracle

from mainspring.evaluation.metrics import ClassifiedRows, Measured
from mainspring.evaluation.metrics.intervals import Intervals

CLASSES = ("a", "b", "c", "d")


def make(count: int = 800, seed: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    truth = random.choice(4, count, p=(0.5, 0.3, 0.15, 0.05))
    logits = random.normal(size=(count, 4)) + 1.5 * np.eye(4)[truth]
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return truth, scores, random.uniform(0.5, 2, count)


def measure(truth, scores, weights=None, wishes=(), **options) -> Measured:
    rows = ClassifiedRows.of(truth, scores, classes=CLASSES, positive=None, weights=weights, wishes=wishes)
    return rows.state().measure(**options)


@pytest.mark.parametrize("weighted", [False, True])
def test_agreement_and_places_are_those_of_scikit_learn(weighted: bool) -> None:
    truth, scores, weights = make()
    options = {"sample_weight": weights if weighted else None}
    found = measure(truth, scores, weights if weighted else None, ["top_k_accuracy@2", "precision_micro"]).values
    chosen = scores.argmax(axis=1)
    assert found["mcc"] == pytest.approx(oracle.matthews_corrcoef(truth, chosen, **options))
    assert found["cohen_kappa"] == pytest.approx(oracle.cohen_kappa_score(truth, chosen, **options))
    assert found["top_k_accuracy@2"] == pytest.approx(oracle.top_k_accuracy_score(truth, scores, k=2, **options))
    assert found["precision_micro"] == pytest.approx(found["accuracy"])


def test_figures_of_one_class_are_those_of_scikit_learn() -> None:
    truth, scores, _ = make()
    stems = {"recall": oracle.recall_score, "precision": oracle.precision_score, "f1": oracle.f1_score}
    wishes = [f"{stem}[{name}]" for stem in stems for name in CLASSES] + ["auc[b]", "recall[b]@0.3", "specificity"]
    found = measure(truth, scores, wishes=wishes)
    chosen = scores.argmax(axis=1)
    for stem, function in stems.items():
        expected = function(truth, chosen, average=None)
        assert [found.values[f"{stem}[{name}]"] for name in CLASSES] == pytest.approx(expected.tolist())
    assert found.values["auc[b]"] == pytest.approx(oracle.roc_auc_score(truth == 1, scores[:, 1]))
    assert found.values["recall[b]@0.3"] == pytest.approx(oracle.recall_score(truth == 1, scores[:, 1] >= 0.3))
    low, high = found.intervals["recall[b]"]
    assert low < found.values["recall[b]"] < high
    rejected = [np.mean(chosen[truth != place] != place) for place in range(4)]
    assert found.values["specificity"] == pytest.approx(np.mean(rejected))


def test_calibration_of_the_top_class_and_of_each() -> None:
    truth, scores, _ = make(5_000)
    found = measure(truth, scores).values
    top, right = scores.max(axis=1), scores.argmax(axis=1) == truth
    order = np.argsort(top)
    gaps = [abs(top[part].mean() - right[part].mean()) for part in np.array_split(order, 10)]
    assert found["calibration_error"] == pytest.approx(np.mean(gaps), abs=1e-3)
    assert found["max_calibration_error"] == pytest.approx(max(gaps), abs=2e-3)
    assert 0 < found["classwise_calibration_error"] < 0.2


def test_a_label_that_the_model_does_not_know_is_in_no_place() -> None:
    truth, scores, _ = make(100)
    truth = truth.copy()
    truth[:10] = 4
    rows = ClassifiedRows.of(truth, scores, classes=(*CLASSES, "z"), positive=None, wishes=["top_k_accuracy@4"])
    found = rows.state().measure()
    assert found.values["top_k_accuracy@4"] == pytest.approx(0.9)
    assert math.isnan(found.values["auc"])
    assert found.reasons["auc"] == "no score ranks 'z' against other labels"


def test_parts_with_different_unknown_labels_merge_by_name() -> None:
    truth, scores, _ = make(60)
    first, second = truth[:30].copy(), truth[30:].copy()
    first[0], second[0] = 4, 4
    one = ClassifiedRows.of(first, scores[:30], classes=(*CLASSES, "y"), positive=None).state()
    other = ClassifiedRows.of(second, scores[30:], classes=(*CLASSES, "x"), positive=None).state()
    both, turned = one.merge(other), other.merge(one)
    assert both.classes == turned.classes == (*CLASSES, "x", "y")
    assert both.confusion.tolist() == turned.confusion.tolist()
    assert both.confusion[4].sum() == both.confusion[5].sum() == 1
    assert both.measure().values["accuracy"] == pytest.approx(
        np.mean(np.concatenate((first, second)) == scores.argmax(axis=1))
    )


def test_ties_are_broken_towards_the_earlier_class() -> None:
    scores = np.full((4, 4), 0.25)
    found = measure(np.arange(4), scores, wishes=[f"top_k_accuracy@{k}" for k in (1, 2, 3, 4)]).values
    assert [found[f"top_k_accuracy@{k}"] for k in (1, 2, 3, 4)] == [0.25, 0.5, 0.75, 1.0]
    assert found["accuracy"] == 0.25


def test_the_interval_of_a_mean_over_classes_is_not_too_narrow() -> None:
    truth, scores, _ = make(600)
    rows = ClassifiedRows.of(truth, scores, classes=CLASSES, positive=None)
    found = rows.state().measure(Intervals(method="bootstrap", resamples=300))
    random = np.random.default_rng(0)
    drawn = [
        rows.state(np.repeat(np.arange(600), random.poisson(1.0, 600))).measure().values["auc"] for _ in range(100)
    ]
    low, high = found.intervals["auc"]
    assert 0.9 * 3.92 * np.nanstd(drawn) < high - low < 2.2 * 3.92 * np.nanstd(drawn)
