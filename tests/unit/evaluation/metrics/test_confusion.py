from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as oracle

from mainspring.evaluation.metrics.confusion import FACTS, Tally, agreement, fbeta, figures, lacking

# 6 hits, 2 false alarms, 4 misses, 8 right rejections: worked by hand.
TABLE = Tally(*(np.array(x) for x in (6.0, 2.0, 4.0, 8.0)))


def test_every_figure_by_hand() -> None:
    found = {name: float(value) for name, value in figures(TABLE).items()}
    assert found == pytest.approx(
        {
            "precision": 6 / 8,
            "recall": 6 / 10,
            "specificity": 8 / 10,
            "false_positive_rate": 2 / 10,
            "false_negative_rate": 4 / 10,
            "negative_predictive_value": 8 / 12,
            "false_discovery_rate": 2 / 8,
            "false_omission_rate": 4 / 12,
            "base_rate": 10 / 20,
            "positive_rate": 8 / 20,
            "balanced_accuracy": 0.7,
            "f1": 12 / 18,
            "informedness": 0.4,
            "markedness": 6 / 8 + 8 / 12 - 1,
            "mcc": (6 * 8 - 2 * 4) / math.sqrt(8 * 10 * 10 * 12),
            "cohen_kappa": (14 / 20 - 0.5) / 0.5,
            "threat_score": 6 / 12,
            "fowlkes_mallows": math.sqrt(6 / 8 * 6 / 10),
            "positive_likelihood_ratio": 3.0,
            "negative_likelihood_ratio": 0.5,
            "diagnostic_odds_ratio": 48 / 8,
            "prevalence_threshold": (math.sqrt(0.6 * 0.2) - 0.2) / (0.6 - 0.2),
            "true_positives": 6,
            "false_positives": 2,
            "false_negatives": 4,
            "true_negatives": 8,
        }
    )
    assert set(found) <= set(FACTS)
    assert float(fbeta(TABLE, 2.0)) == pytest.approx(5 * 6 / (4 * 10 + 8))


def test_many_tables_at_once_are_each_of_them_alone() -> None:
    cells = np.random.default_rng(0).integers(0, 5, (4, 3, 30)).astype(float)
    many = figures(Tally(*cells))
    for place in np.ndindex(3, 30):
        one = figures(Tally(*(cell[place] for cell in cells)))
        for name, value in one.items():
            assert many[name][place] == pytest.approx(float(value), nan_ok=True)


def test_agreement_of_several_classes_is_that_of_scikit_learn() -> None:
    random = np.random.default_rng(1)
    truth, chosen = random.integers(0, 4, 300), random.integers(0, 4, 300)
    chosen = np.where(random.random(300) < 0.5, truth, chosen)
    found = agreement(oracle.confusion_matrix(truth, chosen).astype(float))
    assert float(found["mcc"]) == pytest.approx(oracle.matthews_corrcoef(truth, chosen))
    assert float(found["cohen_kappa"]) == pytest.approx(oracle.cohen_kappa_score(truth, chosen))


def test_one_class_of_a_matrix() -> None:
    matrix = np.array([[5.0, 1, 0], [2, 7, 3], [0, 0, 4]])
    assert [float(cell) for cell in Tally.of(matrix, 1)] == [7, 1, 5, 9]


@pytest.mark.parametrize(
    ("name", "cells", "reason"),
    [
        ("recall", (0, 2, 0, 3), "no row has the label 'cat'"),
        ("specificity", (2, 0, 1, 0), "every row has the label 'cat'"),
        ("precision", (0, 0, 2, 3), "the model predicted 'cat' for no row"),
        ("false_omission_rate", (2, 3, 0, 0), "the model predicted 'cat' for every row"),
        ("diagnostic_odds_ratio", (2, 0, 1, 3), "no other row was called 'cat', so the ratio has no bound"),
        (
            "diagnostic_odds_ratio",
            (2, 1, 0, 3),
            "every row with the label 'cat' was found, so the ratio has no bound",
        ),
        ("positive_likelihood_ratio", (2, 0, 1, 3), "no other row was called 'cat', so the ratio has no bound"),
        ("negative_likelihood_ratio", (2, 4, 1, 0), "every other row was called 'cat', so the ratio has no bound"),
        ("mcc", (2, 0, 0, 0), "every row has the label 'cat'"),
        ("cohen_kappa", (0, 0, 0, 4), "no row has the label 'cat'"),
        ("f1", (0, 0, 0, 4), "'cat' is neither a label nor a prediction of any row"),
        ("recall", (0, 0, 0, 0), "there are no rows with a label"),
    ],
)
def test_what_does_not_exist_says_why(name: str, cells: tuple[int, ...], reason: str) -> None:
    tally = Tally(*(np.array(float(cell)) for cell in cells))
    assert math.isnan(float(figures(tally)[name]))
    assert lacking(name, tally, "cat") == reason
