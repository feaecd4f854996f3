"""An exported model answers as the original does, on clean, missing, unseen and boundary rows."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto

from mainspring.data import Column, ColumnType, Numeric, OneHot, Ordinal, Table, Transform
from mainspring.models.adapters.onnx_export import OnnxExporter
from mainspring.models.adapters.onnx_graph import Graph
from mainspring.models.adapters.onnx_runtime import open_runtime
from mainspring.models.adapters.onnx_transform import compile_transform
from mainspring.models.package import columns_of
from mainspring.models.packaging import build
from mainspring.models.ports import NotExportableError
from mainspring.models.signature import MISSING, Signature
from mainspring.models.training import train

ENSEMBLE = "sklearn.ensemble."
CLASSIFIERS = {
    "logistic": ("sklearn.linear_model.LogisticRegression", {"max_iter": 500}),
    "sgd": ("sklearn.linear_model.SGDClassifier", {"loss": "log_loss"}),
    "svc": ("sklearn.svm.LinearSVC", {"max_iter": 5000}),
    "ridge": ("sklearn.linear_model.RidgeClassifier", {}),
    "boosting": (ENSEMBLE + "GradientBoostingClassifier", {"n_estimators": 15}),
    "tree": ("sklearn.tree.DecisionTreeClassifier", {}),
    "forest": (ENSEMBLE + "RandomForestClassifier", {"n_estimators": 15}),
    "extra": (ENSEMBLE + "ExtraTreesClassifier", {"n_estimators": 15}),
    "histogram": (ENSEMBLE + "HistGradientBoostingClassifier", {"max_iter": 15}),
    "lightgbm": ("lightgbm.LGBMClassifier", {"n_estimators": 15}),
}
REGRESSORS = {
    "linear": ("sklearn.linear_model.LinearRegression", {}),
    "ridge": ("sklearn.linear_model.Ridge", {}),
    "lasso": ("sklearn.linear_model.Lasso", {"alpha": 0.01}),
    "elastic": ("sklearn.linear_model.ElasticNet", {"alpha": 0.01}),
    "boosting": (ENSEMBLE + "GradientBoostingRegressor", {"n_estimators": 15, "loss": "huber"}),
    "tree": ("sklearn.tree.DecisionTreeRegressor", {}),
    "forest": (ENSEMBLE + "RandomForestRegressor", {"n_estimators": 15}),
    "extra": (ENSEMBLE + "ExtraTreesRegressor", {"n_estimators": 15}),
    "histogram": (ENSEMBLE + "HistGradientBoostingRegressor", {"max_iter": 15}),
    "lightgbm": ("lightgbm.LGBMRegressor", {"n_estimators": 15}),
    "dart": ("lightgbm.LGBMRegressor", {"n_estimators": 15, "boosting_type": "dart"}),
    "bagged": (
        "lightgbm.LGBMRegressor",
        {"n_estimators": 15, "boosting_type": "rf", "bagging_freq": 1, "bagging_fraction": 0.6},
    ),
    "zeros": ("lightgbm.LGBMRegressor", {"n_estimators": 15, "zero_as_missing": True}),
    "nothing missing": ("lightgbm.LGBMRegressor", {"n_estimators": 15, "use_missing": False}),
    "root": ("lightgbm.LGBMRegressor", {"n_estimators": 15, "reg_sqrt": True}),
}
NO_GAPS = {"logistic", "sgd", "svc", "ridge", "boosting", "linear", "lasso", "elastic"}
"""Estimators that take no NaN."""

CASES = [
    (task, kind, name)
    for task, kinds in (("binary", CLASSIFIERS), ("several", CLASSIFIERS), ("regression", REGRESSORS))
    for name in kinds
    for kind in ("filled", "gaps")
    if kind == "filled" or name not in NO_GAPS
]


@pytest.mark.parametrize(("task", "kind", "name"), CASES)
def test_export_equals_source(task, kind, name, tables, transforms):
    estimator, params = (REGRESSORS if task == "regression" else CLASSIFIERS)[name]
    model = train(tables[task], transforms[task, kind], estimator=estimator, params=params)
    package = build(model, tables[task])
    parity = package.parity
    assert package.runtime == "onnx", parity
    assert parity.max_abs_difference <= 1e-12
    assert parity.labels_different == 0
    assert parity.kinds["real"] == 400
    assert parity.kinds["missing"] > 1000
    assert parity.kinds["unseen"] > 300
    assert (parity.kinds.get("boundary", 0) > 20) == (name not in NO_GAPS or name == "boosting")
    answer = package.predict(tables[task])
    np.testing.assert_allclose(answer.scores, model.predict(tables[task]).scores, rtol=0, atol=1e-12)


@pytest.mark.parametrize("task", ["binary", "several", "regression"])
@pytest.mark.parametrize("framework", ["lightgbm", "sklearn"])
def test_categorical_splits(framework, task, tables, transforms):
    transform = transforms[task, "gaps"]
    words = [place for place, step in enumerate(transform.steps) if isinstance(step, Ordinal)]
    kind = "Regressor" if task == "regression" else "Classifier"
    estimator, params = {
        "lightgbm": (f"lightgbm.LGBM{kind}", {"categorical_feature": words, "min_data_per_group": 5}),
        "sklearn": (f"{ENSEMBLE}HistGradientBoosting{kind}", {"categorical_features": words}),
    }[framework]
    model = train(tables[task], transform, estimator=estimator, params={**params, "max_depth": 4})
    form_has_categories = OnnxExporter().export(model.fitted, transform, Signature.from_transform(transform))
    assert b"membership_values" in form_has_categories.files.read("model.onnx")
    parity = build(model, tables[task]).parity
    assert (parity.runtime, parity.labels_different) == ("onnx", 0)
    assert parity.max_abs_difference <= 1e-12


@pytest.mark.parametrize(
    ("loss", "estimator"),
    [
        ("poisson", ENSEMBLE + "HistGradientBoostingRegressor"),
        ("gamma", ENSEMBLE + "HistGradientBoostingRegressor"),
        ("exponential", ENSEMBLE + "GradientBoostingClassifier"),
        ("tweedie", "lightgbm.LGBMRegressor"),
        ("quantile", "lightgbm.LGBMRegressor"),
        ("multiclassova", "lightgbm.LGBMClassifier"),
        (None, "sklearn.linear_model.PoissonRegressor"),
    ],
    ids=str,
)
def test_links(loss, estimator, tables, fit):
    task = "regression" if "Regressor" in estimator else "several" if loss == "multiclassova" else "binary"
    table = tables[task]
    if task == "regression":
        table = table.sql("select * replace (exp(label) as label) from this")
    transform = fit(table)
    name = "objective" if estimator.startswith("lightgbm") else "loss"
    rounds = {"max_iter": 10} if "Hist" in estimator else {"n_estimators": 10} if loss else {}
    model = train(table, transform, estimator=estimator, params={**rounds, **({name: loss} if loss else {})})
    parity = build(model, table).parity
    assert (parity.runtime, parity.labels_different) == ("onnx", 0), parity
    assert parity.max_abs_difference <= 1e-12


def test_a_model_that_learned_nothing(fit):
    table = Table.from_columns({"x": [1.0, 2.0, 3.0] * 20, "label": ["a", "b"] * 30})
    transform = fit(table)
    for estimator in (
        "lightgbm.LGBMClassifier",
        "sklearn.tree.DecisionTreeClassifier",
        ENSEMBLE + "RandomForestClassifier",
        ENSEMBLE + "HistGradientBoostingClassifier",
    ):
        params = {"max_depth": 1, "min_samples_leaf": 60} if estimator.startswith("sklearn") else {}
        package = build(train(table, transform, estimator=estimator, params=params), table)
        assert (package.runtime, package.parity.max_abs_difference) == ("onnx", 0.0), package.parity


def test_the_file_is_complete_and_says_what_it_takes(tables, transforms):
    """Somebody without Mainspring can use it: the label is in it, the text for missing is told."""
    transform = transforms["binary", "filled"]
    model = train(tables["binary"], transform, estimator="LogisticRegression")
    signature = Signature.from_transform(transform)
    exported = OnnxExporter().export(model.fitted, transform, signature)
    proto = onnx.load_from_string(exported.files.read("model.onnx"))
    assert [item.name for item in proto.graph.input] == list(signature.names)
    assert [item.name for item in proto.graph.output] == ["label", "probabilities"]
    notes = {entry.key: entry.value for entry in proto.metadata_props}
    assert notes["mainspring.missing"] == MISSING
    assert Signature.from_json(notes["mainspring.signature"]) == signature
    again = OnnxExporter().export(model.fitted, transform, signature)
    assert again.files.read("model.onnx") == exported.files.read("model.onnx")


def test_columns_named_like_outputs(tables, fit):
    table = tables["binary"].sql("select fare as probabilities, payment as label, label as target from this")
    transform = fit(table, "target")
    package = build(train(table, transform, estimator="LogisticRegression"), table)
    assert package.runtime == "onnx"
    assert package.signature.names == ("probabilities", "label")
    assert package.predict(table).labels.tolist().count("yes") > 50


def test_a_category_that_reads_like_missing_cannot_be_exported(tables):
    transform = Transform(
        inputs=(Column("payment", ColumnType.STRING),),
        steps=(OneHot("payment", ("Cash", MISSING)),),
        label="label",
        classes=("no", "yes"),
        ignored={},
    )
    model = train(tables["binary"], transform, estimator="LogisticRegression")
    with pytest.raises(NotExportableError, match="stands for a missing one"):
        OnnxExporter().export(model.fitted, transform, Signature.from_transform(transform))
    package = build(model, tables["binary"])
    assert package.runtime == "python"
    assert "__missing__" in package.parity.fallback_reason


def test_the_transform_alone_bit_for_bit():
    """Every kind of column transform, against its own arithmetic."""
    steps = (
        OneHot("word", ("b", "a"), unseen=False, missing=True),
        Numeric("x", fill=2.5, shift=0.1, scale=3.0, indicator=True),
        Ordinal("other", ("u", "v", "w")),
        Numeric("y"),
        OneHot("word2", ("z",), unseen=True, missing=False),
    )
    inputs = tuple(
        Column(step.column, ColumnType.FLOAT if isinstance(step, Numeric) else ColumnType.STRING) for step in steps
    )
    transform = Transform(inputs=inputs, steps=steps, label="label", classes=None, ignored={})
    random = np.random.default_rng(1)
    text = lambda words: np.array([*words, None, "?", *words], dtype=object)[random.integers(0, 6, 300)]  # noqa: E731
    number = lambda: np.where(random.random(300) < 0.2, np.nan, random.normal(size=300))  # noqa: E731
    columns = {"word": text("ab"), "x": number(), "other": text("uv"), "y": number(), "word2": text("zz")}
    matrix = transform.apply_columns(columns)
    found = _matrix(transform, columns)
    assert np.array_equal(found, matrix, equal_nan=True)


def test_large_batches_are_answered_in_parts(tables, transforms):
    transform = transforms["binary", "filled"]
    model = train(tables["binary"], transform, estimator="LogisticRegression")
    signature = Signature.from_transform(transform)
    runtime = open_runtime(OnnxExporter().export(model.fitted, transform, signature).files, signature)
    columns = {name: np.resize(column, 40_000) for name, column in columns_of(tables["binary"], signature).items()}
    whole = runtime.predict(columns)
    assert whole["label"].shape == (40_000,)
    np.testing.assert_allclose(whole["probabilities"], model.predict_columns(columns).scores, atol=1e-12)
    assert runtime.predict({name: column[:0] for name, column in columns.items()})["label"].shape == (0,)


def test_a_linear_model_of_one_feature_is_exact(fit):
    distance = np.random.default_rng(0).uniform(1, 40, 500)
    table = Table.from_columns({"distance": distance.tolist(), "label": (distance > 20).tolist()})
    model = train(table, fit(table), estimator="LogisticRegression")
    package = build(model, table)
    assert package.runtime == "onnx"
    np.testing.assert_allclose(package.predict(table).scores, model.predict(table).scores, rtol=0, atol=1e-14)


def _matrix(transform, columns):
    """The matrix as ONNX computes it."""
    graph = Graph()
    source = compile_transform(graph, transform)
    graph.output("matrix", TensorProto.DOUBLE, [None, len(transform.outputs)], source)
    session = onnxruntime.InferenceSession(graph.to_bytes(about="", notes={}), providers=["CPUExecutionProvider"])
    feeds = {
        name: (
            np.array([MISSING if value is None else value for value in column], dtype=object)
            if column.dtype == object
            else column
        ).reshape(-1, 1)
        for name, column in columns.items()
    }
    return session.run(["matrix"], feeds)[0]
