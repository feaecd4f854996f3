"""The files for MLflow, and that MLflow itself answers the same from them."""

from __future__ import annotations

import json
import warnings

import msgspec
import numpy as np
import pytest

from mainspring.models.mlflow_layout import _load_pyfunc
from mainspring.models.packaging import build
from mainspring.models.signature import BadInputError
from mainspring.models.training import train


@pytest.fixture(scope="module", params=["binary", "several", "regression"])
def package(request, tables, transforms):
    """One package per task, with what it was made from."""
    estimator = "LGBMRegressor" if request.param == "regression" else "LGBMClassifier"
    model = train(
        tables[request.param],
        transforms[request.param, "filled"],
        estimator=f"lightgbm.{estimator}",
        params={"n_estimators": 5},
    )
    return build(model, tables[request.param]), tables[request.param]


def lists(table):
    return {name: table.column(name).tolist() for name in table.names if name != "label"}


def test_the_files_say_what_mlflow_asks_for(package):
    made, _ = package
    head = msgspec.yaml.decode(made.files.read("MLmodel"))
    pyfunc = head["flavors"]["python_function"]
    assert pyfunc["loader_module"] == "mainspring.models.mlflow_layout"
    assert pyfunc["env"] == {"virtualenv": "python_env.yaml"}
    assert head["flavors"]["onnx"]["data"] == "model.onnx"
    assert len(head["model_uuid"]) == 32
    inputs = json.loads(head["signature"]["inputs"])
    assert [(one["name"], one["type"]) for one in inputs] == [
        ("fare", "double"),
        ("hour", "any"),
        ("miles", "double"),
        ("shared", "boolean"),
        ("company", "string"),
        ("payment", "string"),
    ]
    outputs = [one["name"] for one in json.loads(head["signature"]["outputs"])]
    classes = made.signature.classes
    expected = ["prediction"] if classes is None else ["label", *(f"probability_{name}" for name in classes)]
    assert outputs == expected
    pins = made.files.text("requirements.txt").split()
    assert set(pins) == set(made.requirements)
    env = msgspec.yaml.decode(made.files.read("python_env.yaml"))
    assert env["dependencies"] == ["-r requirements.txt"]
    split = json.loads(made.files.text("mlflow_input_example.json"))
    assert [dict(zip(split["columns"], row, strict=True)) for row in split["data"]] == made.input_example


def test_every_form_of_input_is_answered_alike_without_pandas(package, tmp_path):
    made, table = package
    made.save(tmp_path)
    loaded = _load_pyfunc(str(tmp_path))
    expected = made.predict(table)
    answer = loaded.predict(lists(table))
    columns = lists(table)
    columns["shared"] = [None if value != value else bool(value) for value in columns["shared"]]
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    again = loaded.predict(rows)
    if expected.classes is None:
        assert np.array_equal(answer["prediction"], expected.scores)
        assert np.array_equal(again["prediction"], expected.scores)
        return
    assert answer["label"].tolist() == expected.labels.tolist()
    for place, name in enumerate(expected.classes):
        assert np.array_equal(answer[f"probability_{name}"], expected.scores[:, place])
        assert np.array_equal(again[f"probability_{name}"], expected.scores[:, place])


def test_wrong_values_are_told_all_at_once(package, tmp_path):
    made, _ = package
    made.save(tmp_path)
    row = {**made.input_example[0], "fare": "much", "hour": 0.5}
    with pytest.raises(BadInputError) as error:
        _load_pyfunc(str(tmp_path)).predict([row])
    assert {problem.column for problem in error.value.problems} == {"fare", "hour"}


@pytest.mark.parametrize("nullable", ["numpy", "pandas"])
def test_mlflow_predicts_the_same(package, nullable, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyfunc = pytest.importorskip("mlflow.pyfunc", reason="pip install mlflow-skinny pandas")
        pandas = pytest.importorskip("pandas", reason="pip install mlflow-skinny pandas")
    made, table = package
    made.save(tmp_path)
    frame = pandas.DataFrame(lists(table))
    frame["shared"] = [None if value != value else bool(value) for value in frame["shared"]]
    if nullable == "pandas":
        frame = frame.astype({"hour": "Int64", "company": "string", "payment": "string"})
    frame.index = np.arange(len(frame)) + 7
    shuffled = frame[frame.columns[::-1]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded = pyfunc.load_model(str(tmp_path))
        answer = loaded.predict(shuffled)
        example = loaded.predict(loaded.input_example)
    expected = made.predict(table)
    assert answer.index.tolist() == frame.index.tolist()
    assert len(example) == 3
    if expected.classes is None:
        assert np.array_equal(answer["prediction"].to_numpy(), expected.scores)
        return
    assert answer["label"].tolist() == expected.labels.tolist()
    assert np.array_equal(answer[[f"probability_{name}" for name in expected.classes]].to_numpy(), expected.scores)
