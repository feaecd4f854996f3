"""Trained models answer or refuse whatever they are asked."""

import pytest

from mainspring.evaluation.robustness.fuzzing import fuzz_model
from mainspring.models import train


@pytest.mark.parametrize(
    ("estimator", "params"),
    [
        ("sklearn.linear_model.LogisticRegression", {}),
        ("sklearn.ensemble.RandomForestClassifier", {"n_estimators": 5}),
        ("lightgbm.LGBMClassifier", {"n_estimators": 5, "verbose": -1}),
    ],
)
def test_a_trained_model(tables, fit, estimator, params):
    model = train(tables["binary"], fit(tables["binary"]), estimator=estimator, params=params)
    found = fuzz_model(model, tables["binary"], label="label")
    assert found.failures == ()
    assert found.answered > 50


def test_a_trained_regression(tables, fit):
    model = train(tables["regression"], fit(tables["regression"]), estimator="sklearn.linear_model.Ridge")
    found = fuzz_model(model, tables["regression"], label="label")
    assert found.failures == ()
