"""A preprocessing function and a model in one file, for every make of model; what cannot be said is told."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from mainspring.data import Table
from mainspring.models import build, train


def features(c):
    fare = c["fare"].impute("median", indicator=True)
    hour = c["hour"]
    return [
        fare.log(1.0).z_score(),
        fare.bucketize(5).one_hot(),
        fare.min_max(),
        fare.clip(2.0, 20.0),
        c["miles"].impute("mean").robust(),
        hour.cycle(24),
        hour.between(7, 10),
        c["shared"].impute(0.0),
        c["company"].one_hot(top=3),
        c["company"].cross(c["payment"]).one_hot(top=5),
        c["payment"].cross(hour).frequency(top=40),
        c["fare"].impute(0.0).divide(c["miles"].impute(1.0), otherwise=0.0).z_score(),
    ]


MODELS = {
    "lightgbm.LGBMClassifier": {"n_estimators": 10},
    "RandomForestClassifier": {"n_estimators": 10},
    "GradientBoostingClassifier": {"n_estimators": 10},
    "HistGradientBoostingClassifier": {"max_iter": 10},
    "ExtraTreesClassifier": {"n_estimators": 5},
    "LogisticRegression": {"max_iter": 500},
    "LinearSVC": {},
}


@pytest.fixture(scope="module")
def written(tables, fit):
    return fit(tables["binary"], function=features)


@pytest.mark.parametrize("estimator", MODELS)
def test_every_make_of_model(estimator, tables, written):
    model = train(tables["binary"], written, estimator=estimator, params=MODELS[estimator])
    package = build(model, tables["binary"])
    assert package.runtime == "onnx", package.parity.fallback_reason
    assert {"real", "missing", "unseen", "odd", "boundary", "single"} >= set(package.parity.kinds)
    names = [item.name for item in onnxruntime.InferenceSession(package.files.read("model.onnx")).get_inputs()]
    assert names == ["fare", "hour", "miles", "shared", "company", "payment"]


def test_regression(tables, fit):
    table = tables["regression"]
    written = fit(table, function=features)
    for estimator, params in (("Ridge", {}), ("lightgbm.LGBMRegressor", {"n_estimators": 10})):
        package = build(train(table, written, estimator=estimator, params=params), table)
        assert package.runtime == "onnx", package.parity.fallback_reason


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda c: c["company"].hash(8).one_hot(), "no standard operator hashes"),
        (lambda c: c["company"].one_hot(top=2, oov=3), "spreads unseen words over 3 buckets"),
        (lambda c: c["company"].tokens(r"\w+").bag_of_words(), "by the pattern"),
        (lambda c: c["fare"].impute(0.0).one_hot(top=5), "may be fractions"),
    ],
)
def test_what_cannot_be_said_runs_in_python_and_says_why(function, reason, tables, fit):
    table = tables["binary"]
    model = train(table, fit(table, function=function), estimator="LogisticRegression")
    package = build(model, table)
    assert package.runtime == "python"
    assert reason in package.parity.fallback_reason
    np.testing.assert_array_equal(package.predict(table).scores, model.predict(table).scores)


def test_texts_are_classified_from_one_file(fit):
    good, bad = "what a good film a joy", "dull and long\ta bad film"
    texts = [good, bad, "good good joy", "bad bad", "a good joy at last", "long and bad", None, "dull"] * 6
    table = Table.from_columns({"text": texts, "label": ["yes", "no", "yes", "no", "yes", "no", "no", "no"] * 6})

    def words(c):
        tokens = c["text"].lower().tokens().without(["a", "at"])
        return [tokens.ngrams(1, 2).tf_idf(top=30), tokens.count().impute(0.0)]

    model = train(table, fit(table, function=words), estimator="LogisticRegression")
    package = build(model, table)
    assert package.runtime == "onnx", package.parity.fallback_reason
    answer = package.open().predict(package.signature.columns([{"text": "A GOOD\u00a0film"}, {"text": None}]))
    assert answer["label"].tolist() == ["yes", "no"]
