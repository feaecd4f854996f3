from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from mainspring.evaluation.metrics import MeasuredRows


@pytest.mark.parametrize("weighted", [False, True])
def test_metrics_are_those_of_scikit_learn(weighted: bool) -> None:
    random = np.random.default_rng(2)
    truth = random.normal(10, 3, 301)
    predicted = truth + random.normal(0.3, 1, 301)
    weights = random.random(301) if weighted else None
    found = MeasuredRows(truth, predicted, weights).state().measure()
    options = {"sample_weight": weights}
    mse = oracle.mean_squared_error(truth, predicted, **options)
    expected = {
        "count": 301,
        "mae": oracle.mean_absolute_error(truth, predicted, **options),
        "mse": mse,
        "rmse": math.sqrt(mse),
        "r2": oracle.r2_score(truth, predicted, **options),
        "mape": oracle.mean_absolute_percentage_error(truth, predicted, **options),
        "mean_error": np.average(predicted - truth, weights=weights),
        "mean_label": np.average(truth, weights=weights),
    }
    if not weighted:
        expected["median_error"] = oracle.median_absolute_error(truth, predicted)
        low, high = found.intervals["mae"]
        assert low < found.values["mae"] < high
    assert {name: found.values[name] for name in expected} == pytest.approx(expected)


def test_the_weighted_median_by_hand() -> None:
    rows = MeasuredRows(np.array([0.0, 0.0, 0.0]), np.array([1.0, -2.0, 9.0]), np.array([1.0, 1.0, 3.0]))
    assert rows.state().measure().values["median_error"] == 9.0
    even = MeasuredRows(np.zeros(4), np.array([1.0, 2.0, 4.0, 9.0]))
    assert even.state().measure().values["median_error"] == 3.0


def test_rows_whose_label_is_zero_have_no_percentage() -> None:
    found = MeasuredRows(np.array([0.0, 2.0]), np.array([1.0, 3.0])).state().measure()
    assert found.values["mape"] == 0.5
    none = MeasuredRows(np.zeros(2), np.ones(2)).state().measure()
    assert math.isnan(none.values["mape"])
    assert none.reasons["mape"] == "every label is 0, so no error can be a share of it"
    assert none.reasons["r2"] == "all labels are equal, so there is nothing to explain"


def test_no_rows_and_no_numbers_give_nan_with_reasons() -> None:
    empty = MeasuredRows(np.zeros(0), np.zeros(0)).state().measure()
    assert all(math.isnan(value) for name, value in empty.values.items() if name != "count")
    assert set(empty.reasons) == set(empty.values) - {"count"}
    broken = MeasuredRows(np.array([1.0, 2.0]), np.array([1.0, math.inf])).state().measure()
    assert broken.reasons["mae"] == "the model gave no finite value for 1 of 2 rows"
    assert broken.values["mean_label"] == 1.5


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 2**31), st.booleans())
def test_merging_parts_gives_the_whole(left: int, right: int, seed: int, weighted: bool) -> None:
    random = np.random.default_rng(seed)
    count = left + right
    weights = random.random(count) + 0.1 if weighted else None
    rows = MeasuredRows(random.normal(size=count), random.normal(size=count), weights)
    merged = rows.state(np.arange(left)).merge(rows.state(np.arange(left, count))).measure()
    assert merged.values == pytest.approx(rows.state().measure().values, nan_ok=True)


@pytest.mark.parametrize("weighted", [False, True])
def test_deeper_metrics_are_those_of_scikit_learn(weighted: bool) -> None:
    random = np.random.default_rng(7)
    truth = random.gamma(3, 2, 400)
    predicted = np.maximum(truth + random.normal(0.2, 1, 400), 0.0)
    weights = random.random(400) if weighted else None
    wishes = ("quantile_loss@0.9", "error_quantile@0.8")
    found = MeasuredRows(truth, predicted, weights, wishes=wishes).state().measure().values
    options = {"sample_weight": weights}
    msle = oracle.mean_squared_log_error(truth, predicted, **options)
    expected = {
        "explained_variance": oracle.explained_variance_score(truth, predicted, **options),
        "d2": oracle.d2_absolute_error_score(truth, predicted, **options),
        "max_error": oracle.max_error(truth, predicted),
        "msle": msle,
        "rmsle": math.sqrt(msle),
        "quantile_loss@0.9": oracle.mean_pinball_loss(truth, predicted, alpha=0.9, **options),
        "smape": np.average(2 * abs(truth - predicted) / (truth + predicted), weights=weights),
        "mean_prediction": np.average(predicted, weights=weights),
    }
    if not weighted:
        expected["correlation"] = np.corrcoef(truth, predicted)[0, 1]
        expected["error_quantile@0.8"] = np.quantile(
            np.abs(truth - predicted), 0.8, method="averaged_inverted_cdf"
        )
    # Both libraries are free to take either end where half of the weight falls between two labels.
    tolerance = {"d2": 1e-3}
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=tolerance.get(name, 1e-9)), name


def test_logarithms_of_minus_one_do_not_exist() -> None:
    found = MeasuredRows(np.array([0.0, 2.0, 3.0]), np.array([-1.0, 2.0, 3.0])).state().measure()
    assert math.isnan(found.values["msle"])
    assert found.reasons["rmsle"] == "1 of 3 rows have a label or a prediction of -1 or less"


def test_large_labels_with_a_small_spread_keep_their_digits() -> None:
    random = np.random.default_rng(8)
    truth = 1e9 + random.normal(size=2_000)
    predicted = truth + random.normal(0, 0.1, 2_000)
    found = MeasuredRows(truth, predicted).state().measure().values
    assert found["r2"] == pytest.approx(oracle.r2_score(truth, predicted), rel=1e-6)
    assert found["correlation"] == pytest.approx(np.corrcoef(truth - 1e9, predicted - 1e9)[0, 1], rel=1e-6)


def test_so_many_errors_that_they_are_grouped_say_how_far_the_median_may_be_off() -> None:
    random = np.random.default_rng(9)
    errors = random.normal(size=200_000)
    rows = MeasuredRows(np.zeros(200_000), errors)
    found = rows.state(np.arange(100_000)).merge(rows.state(np.arange(100_000, 200_000))).measure()
    assert 0 < found.inexact["median_error"] < 1e-3
    assert found.values["median_error"] == pytest.approx(
        float(np.median(np.abs(errors))), abs=found.inexact["median_error"]
    )
    assert found.values["rmse"] == pytest.approx(math.sqrt(float(np.mean(errors**2))))
    assert not rows.state(np.arange(50)).measure().inexact
