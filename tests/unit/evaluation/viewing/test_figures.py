"""Metrics in words."""

import math

import pytest

from mainspring.evaluation import Evaluation
from mainspring.evaluation.metrics.measured import Interval
from mainspring.evaluation.viewing.figures import between, change, hint, in_unit, main_metric, tone, words


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("auc", "AUC"),
        ("f1_weighted", "F1 (weighted)"),
        ("false_positive_rate", "false positive rate"),
        ("recall[cat]@0.3", "recall of cat at 0.3"),
        ("a_metric_of_ones_own", "a metric of ones own"),
    ],
)
def test_metrics_have_names_for_people(metric: str, name: str) -> None:
    assert words(metric) == name


def test_lower_is_better_where_it_is() -> None:
    assert tone("log_loss", 0.1, 0.2) == "better"
    assert tone("auc", 0.1, 0.2) == "worse"
    assert tone("base_rate", 0.1, 0.2) == ""
    assert tone("auc", math.nan, 0.2) == ""
    assert tone("auc", 0.2, 0.2) == ""


def test_the_mean_over_classes_says_so() -> None:
    assert hint("recall") == "of the positive rows, the share that is found"
    assert hint("recall", many=True) == "each class against the rest, all classes alike"
    assert hint("recall[cat]", many=True) == hint("recall")


def test_shares_lie_between_nought_and_one() -> None:
    assert in_unit("auc_weighted")
    assert not in_unit("rmse")
    assert not in_unit("a_metric_of_ones_own")


def test_differences_have_a_sign() -> None:
    assert [change(value) for value in (0.25, -0.25, 0.0, math.nan)] == [
        "+0.25",
        "\u22120.25",
        "\u00b10",
        "\u2014",
    ]
    assert between(Interval(0.25, 0.5)) == "0.25 to 0.5"
    assert between(None) == ""


def test_the_main_metric_is_the_one_that_was_asked_for(judged, nothing: Evaluation) -> None:
    evaluation = judged([0.1, 0.9, 0.8, 0.9])
    assert main_metric(evaluation, ["recall", "auc"]) == "recall"
    assert main_metric(evaluation) == "auc"
    assert main_metric(nothing) == "count"
