"""Models made elsewhere become packages: described, tried, and refused where code would run unasked."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import joblib
import numpy as np
import onnx
import pytest
import skops.io
from onnx import TensorProto, helper, numpy_helper
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import Table
from mainspring.models.foreign import UntrustedError, guess_kind, load
from mainspring.models.foreign import trust as trusting
from mainspring.models.foreign.pickles import imports_of
from mainspring.models.package import Package

RANDOM = np.random.default_rng(0)
MATRIX = RANDOM.normal(size=(80, 3))
LABELS = np.where(MATRIX @ [1.0, -2.0, 0.5] > 0, "up", "down")
TABLE = Table.from_columns({name: MATRIX[:, place] for place, name in enumerate("abc")})


@pytest.fixture(autouse=True)
def forget(monkeypatch):
    """No trust from one test to the next."""
    monkeypatch.setattr(trusting, "_trusted", set())
    monkeypatch.delenv(trusting.TRUST_VARIABLE, raising=False)


def graph(path, nodes, inputs, outputs, constants=()):
    made = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in inputs],
        [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in outputs],
        [numpy_helper.from_array(value, name) for name, value in constants],
    )
    onnx.save_model(helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), path)
    return path


# ONNX


def linear(path, *, outputs=1, softmax=False):
    weights = np.arange(3 * outputs, dtype=np.float32).reshape(3, outputs) / 10
    nodes = [helper.make_node("MatMul", ["x", "w"], ["sums"])]
    nodes += [helper.make_node("Softmax" if softmax else "Identity", ["sums"], ["y"])]
    graph(path, nodes, [("x", 1, ["n", 3])], [("y", 1, ["n", outputs])], [("w", weights)])
    return weights


def test_an_onnx_file_says_its_own_columns(tmp_path):
    weights = linear(tmp_path / "m.onnx")
    package = load(tmp_path / "m.onnx")
    assert package.runtime == "foreign-onnx"
    assert package.signature.names == ("x_0", "x_1", "x_2")
    assert package.signature.task == "regression"
    assert package.parity.rows_compared == 0
    package = load(tmp_path / "m.onnx", example=TABLE, expected=(MATRIX @ weights)[:, 0].tolist())
    assert package.signature.names == ("a", "b", "c")
    assert package.parity.kinds == {"real": 80, "single": 20}
    np.testing.assert_allclose(package.predict(TABLE).scores, (MATRIX @ weights)[:, 0], atol=1e-6)
    assert not any(item.nullable for item in package.signature.inputs)
    package.save(tmp_path)
    assert Package.load(tmp_path) == package


def test_an_onnx_classifier_with_named_columns_of_several_types(tmp_path):
    nodes = [
        helper.make_node("Cast", ["whole"], ["number"], to=TensorProto.FLOAT),
        helper.make_node("Equal", ["word", "yes"], ["is_yes"]),
        helper.make_node("Cast", ["is_yes"], ["one"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["number", "one"], ["sum"]),
        helper.make_node("Concat", ["sum", "zero_of"], ["logits"], axis=1),
        helper.make_node("Mul", ["number", "nothing"], ["zero_of"]),
    ]
    nodes = [nodes[0], nodes[1], nodes[2], nodes[3], nodes[5], nodes[4]]
    path = graph(
        tmp_path / "m.onnx",
        nodes,
        [("whole", TensorProto.INT64, ["n", 1]), ("word", TensorProto.STRING, ["n", 1])],
        [("logits", TensorProto.FLOAT, ["n", 2])],
        [("yes", np.array(["yes"], dtype=object)), ("nothing", np.zeros(1, dtype=np.float32))],
    )
    rows = [{"whole": 1, "word": "yes"}, {"whole": -3, "word": "no"}]
    with pytest.raises(InputError, match="no probabilities"):
        load(path, example=rows)
    package = load(path, example=rows, classes=["high", "low"], logits=True, expected=["high", "low"])
    assert [(item.name, item.datatype) for item in package.signature.inputs] == [
        ("whole", "INT64"),
        ("word", "BYTES"),
    ]
    scores = package.predict(Table.from_rows(rows)).scores
    np.testing.assert_allclose(scores[:, 0], 1 / (1 + np.exp([-2.0, 3.0])), atol=1e-6)


def test_a_graph_with_one_row_at_a_time(tmp_path):
    graph(
        tmp_path / "m.onnx", [helper.make_node("ReduceSum", ["x"], ["y"])], [("x", 1, [1, 3])], [("y", 1, [1, 1])]
    )
    package = load(tmp_path / "m.onnx", example=TABLE)
    np.testing.assert_allclose(package.predict(TABLE).scores, MATRIX.sum(axis=1), atol=1e-5)


def test_rows_that_influence_each_other_are_refused(tmp_path):
    nodes = [helper.make_node("ReduceMean", ["x"], ["all"]), helper.make_node("Add", ["x", "all"], ["y"])]
    graph(tmp_path / "m.onnx", nodes, [("x", 1, ["n", 1])], [("y", 1, ["n", 1])])
    with pytest.raises(InputError, match="differently in a batch than alone"):
        load(tmp_path / "m.onnx", example=TABLE.select(["a"]))


def test_answers_other_than_expected_are_refused(tmp_path):
    linear(tmp_path / "m.onnx")
    with pytest.raises(InputError, match="80 rows of the example otherwise than expected: row 0: "):
        load(tmp_path / "m.onnx", example=TABLE, expected=[99.0] * 80)


def test_pictures_are_no_columns_and_words_no_graph(tmp_path):
    nodes = [helper.make_node("Relu", ["x"], ["y"])]
    graph(tmp_path / "m.onnx", nodes, [("x", 1, [1, 3, 8, 8])], [("y", 1, [1, 3, 8, 8])])
    with pytest.raises(InputError, match="no column of a table"):
        load(tmp_path / "m.onnx")
    (tmp_path / "words.onnx").write_text("words")
    with pytest.raises(InputError, match="no ONNX file"):
        load(tmp_path / "words.onnx")


def test_our_own_export_keeps_its_signature(tmp_path, tables, transforms):
    from mainspring.models.packaging import build
    from mainspring.models.training import train

    model = train(tables["binary"], transforms["binary", "gaps"], params={"n_estimators": 3})
    own = build(model, tables["binary"])
    (tmp_path / "m.onnx").write_bytes(own.files.read("model.onnx"))
    package = load(tmp_path / "m.onnx", example=tables["binary"])
    assert package.signature == own.signature
    assert np.array_equal(package.predict(tables["binary"]).scores, own.predict(tables["binary"]).scores)


# scikit-learn


def pipeline():
    frame = pytest.importorskip("pandas", reason="pip install pandas").DataFrame
    columns = ColumnTransformer([("n", StandardScaler(), ["a", "b"]), ("w", OneHotEncoder(), ["word"])])
    rows = frame({"a": MATRIX[:, 0], "b": MATRIX[:, 1], "word": np.where(MATRIX[:, 2] > 0, "x", "y")})
    return make_pipeline(columns, RandomForestClassifier(5, random_state=0)).fit(rows, LABELS), rows


@pytest.mark.parametrize("suffix", ["pkl", "joblib", "z.joblib"])
def test_a_pickle_is_refused_with_what_it_would_run_and_kept_without_code(suffix, tmp_path):
    model = make_pipeline(StandardScaler(), RandomForestClassifier(5, random_state=0)).fit(MATRIX, LABELS)
    path = tmp_path / f"m.{suffix}"
    if suffix == "pkl":
        path.write_bytes(pickle.dumps(model))
    else:
        joblib.dump(model, path, compress=suffix.startswith("z"))
    with pytest.raises(UntrustedError, match=r"would import and call .*sklearn\.pipeline\.Pipeline"):
        load(path, example=TABLE)
    package = load(path, example=TABLE, trust=True)
    assert np.array_equal(package.predict(TABLE).scores, model.predict_proba(MATRIX))
    assert package.signature.classes == ("down", "up")
    assert "model.skops" in package.files.content
    assert package.details["foreign"]["runs_code"] is False
    trusting._trusted.clear()
    package.save(tmp_path)
    assert len(Package.load(tmp_path).predict(TABLE)) == 80


def test_a_pickle_that_bites_is_told_and_not_run(tmp_path):
    class Bite:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "bitten",))

    for protocol in range(2, 6):
        (tmp_path / "m.pkl").write_bytes(pickle.dumps(Bite(), protocol=protocol))
        with pytest.raises(UntrustedError, match=r"pathlib|getattr"):
            load(tmp_path / "m.pkl")
    assert not (tmp_path / "bitten").exists()


def test_names_in_a_pickle_that_are_said_twice():
    found = imports_of(pickle.dumps([StandardScaler(), StandardScaler(), LinearRegression()]))
    assert "sklearn.preprocessing._data.StandardScaler" in found
    assert "sklearn.linear_model._base.LinearRegression" in found


def test_a_skops_file_needs_no_trust(tmp_path):
    model = LinearRegression().fit(MATRIX, MATRIX.sum(axis=1))
    skops.io.dump(model, tmp_path / "m.skops")
    package = load(tmp_path / "m.skops")
    assert package.signature.names == ("x0", "x1", "x2")
    package = load(tmp_path / "m.skops", example=TABLE)
    np.testing.assert_allclose(package.predict(TABLE).scores, MATRIX.sum(axis=1))


def test_a_pipeline_on_a_data_frame(tmp_path):
    model, rows = pipeline()
    skops.io.dump(model, tmp_path / "m.skops")
    table = Table.of(rows)
    package = load(tmp_path / "m.skops", example=table, expected=model.predict(rows).tolist())
    assert [item.datatype for item in package.signature.inputs] == ["FP64", "FP64", "BYTES"]
    assert np.array_equal(package.predict(table).scores, model.predict_proba(rows))
    assert {one.partition("==")[0] for one in package.requirements} >= {"scikit-learn", "skops", "pandas"}


def double(matrix):
    return matrix * 2


def test_what_only_a_pickle_can_hold_stays_untrusted_elsewhere(tmp_path, monkeypatch):
    sys.modules.setdefault(double.__module__, sys.modules.get(double.__module__) or sys.modules[__name__])
    model = make_pipeline(FunctionTransformer(double), LogisticRegression()).fit(MATRIX, LABELS)
    joblib.dump(model, tmp_path / "m.joblib")
    package = load(tmp_path / "m.joblib", example=TABLE, trust=True)
    assert package.details["foreign"]["runs_code"] is True
    assert np.array_equal(package.predict(TABLE).scores, model.predict_proba(MATRIX))
    trusting._trusted.clear()
    with pytest.raises(UntrustedError, match="set MAINSPRING_TRUST=") as error:
        package.open()
    monkeypatch.setenv("MAINSPRING_TRUST", error.value.fix.partition("=")[2])
    package.open()


# Python code and hub repositories

CODE = """
import numpy as np
from parts import bound

class Rule:
    classes = ("no", "yes")

    def __init__(self, low=0.0):
        self.low = low

    def predict(self, columns):
        return np.where(bound(columns["a"]) > self.low, "yes", "no")
"""


def write_code(folder, text="def bound(values):\n    return values\n"):
    folder.mkdir(exist_ok=True)
    (folder / "rule.py").write_text(CODE)
    (folder / "parts.py").write_text(text)
    (folder / "hubconf.py").write_text("from rule import Rule\n\ndef small(low=1.0):\n    return Rule(low)\n")
    return folder


def test_a_python_class_with_its_files(tmp_path):
    folder = write_code(tmp_path / "one")
    with pytest.raises(UntrustedError, match=r"rule:Rule, with hubconf\.py, parts\.py, rule\.py"):
        load(folder, kind="python", entry="rule:Rule", example=TABLE)
    package = load(folder, kind="python", entry="rule:Rule", example=TABLE, trust=True, arguments={"low": 0.5})
    expected = np.where(MATRIX[:, 0] > 0.5, "yes", "no")
    assert package.predict(TABLE).labels.tolist() == expected.tolist()
    other = load(
        write_code(tmp_path / "two", "def bound(values):\n    return -values\n"),
        kind="python",
        entry="rule:Rule",
        example=TABLE,
        trust=True,
    )
    assert other.predict(TABLE).labels.tolist() == np.where(-MATRIX[:, 0] > 0, "yes", "no").tolist()
    assert package.open().predict({"a": np.array([0.6]), "b": np.zeros(1), "c": np.zeros(1)})["label"] == ["yes"]
    assert "parts" not in sys.modules
    package.save(tmp_path)
    program = f"""
import sys
from pathlib import Path
from mainspring.core.errors import MainspringError
from mainspring.models import Package
try:
    Package.load(Path({str(tmp_path)!r})).open()
except MainspringError as error:
    print(error.code, error.fix)
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.startswith("UNTRUSTED look at the code, then set MAINSPRING_TRUST=")


def test_one_file_with_one_class(tmp_path):
    path = tmp_path / "mean.py"
    path.write_text("class Mean:\n    def predict(self, matrix):\n        return matrix.mean(axis=1)\n")
    package = load(path, example=TABLE, trust=True, takes="matrix")
    np.testing.assert_allclose(package.predict(TABLE).scores, MATRIX.mean(axis=1))
    path.write_text("class Rows:\n    def predict(self, rows):\n        return [row['a'] for row in rows]\n")
    assert np.array_equal(load(path, example=TABLE, trust=True, takes="rows").predict(TABLE).scores, MATRIX[:, 0])


def test_a_hub_repository_and_an_installed_package(tmp_path, monkeypatch):
    package = load(write_code(tmp_path / "hub"), entry="small", example=TABLE, trust=True)
    assert package.details["foreign"]["kind"] == "hub"
    assert package.predict(TABLE).labels.tolist() == np.where(MATRIX[:, 0] > 1, "yes", "no").tolist()
    installed = tmp_path / "site/a_hub_package_for_tests"
    installed.mkdir(parents=True)
    (installed / "__init__.py").write_text("def fixed():\n    return lambda columns: columns['a'] * 0 + 4\n")
    monkeypatch.syspath_prepend(str(installed.parent))
    package = load(installed.name, kind="hub", entry="fixed", example=TABLE, trust=True)
    assert package.predict(TABLE).scores.tolist() == [4.0] * 80
    with pytest.raises(NotFoundError, match="neither a folder"):
        load("no_such_repository", kind="hub", entry="small", example=TABLE, trust=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("class A:\n    def predict(self, c):\n        return c['a'] + 'x'\n", "does not run on the example"),
        ("class A:\n    def predict(self, c):\n        return [1.0]\n", "an array of shape"),
        ("class A:\n    def __init__(self, size): ...\n    def predict(self, c): ...\n", "cannot be made"),
        ("a = 1\n", "0 public classes with predict"),
    ],
)
def test_code_that_is_no_model(text, message, tmp_path):
    (tmp_path / "m.py").write_text(text)
    with pytest.raises(InputError, match=message):
        load(tmp_path / "m.py", example=TABLE, trust=True)


# MLflow


def test_a_folder_of_mlflow_with_onnx_or_scikit_learn(tmp_path):
    linear(tmp_path / "model.onnx")
    inputs = json.dumps([{"type": "double", "name": name} for name in "abc"])
    head = {"flavors": {"onnx": {"data": "model.onnx"}}, "signature": {"inputs": inputs}}
    (tmp_path / "MLmodel").write_text(json.dumps(head))
    assert load(tmp_path).signature.names == ("a", "b", "c")
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(LinearRegression().fit(MATRIX, MATRIX.sum(axis=1))))
    (tmp_path / "MLmodel").write_text(json.dumps({"flavors": {"sklearn": {"pickled_model": "model.pkl"}}}))
    with pytest.raises(UntrustedError):
        load(tmp_path)
    assert load(tmp_path, trust=True, example=TABLE).details["foreign"]["kind"] == "mlflow"
    (tmp_path / "MLmodel").write_text(json.dumps({"flavors": {"onnx": {"data": "../../etc/passwd"}}}))
    with pytest.raises(InputError, match="outside its folder"):
        load(tmp_path)


def test_any_other_folder_is_asked_through_mlflow(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyfunc = pytest.importorskip("mlflow.pyfunc", reason="pip install mlflow-skinny pandas")
        pytest.importorskip("pandas", reason="pip install mlflow-skinny pandas")

        class Sum(pyfunc.PythonModel):
            def predict(self, context, model_input, params=None):
                return model_input.sum(axis=1)

        pyfunc.save_model(str(tmp_path / "saved"), python_model=Sum(), pip_requirements=[])
        with pytest.raises(UntrustedError, match="MLflow would run"):
            load(tmp_path / "saved", example=TABLE)
        package = load(tmp_path / "saved", example=TABLE, trust=True)
        np.testing.assert_allclose(package.predict(TABLE).scores, MATRIX.sum(axis=1))


# Kinds


def test_kinds_are_told_from_what_lies_there(tmp_path):
    write_code(tmp_path / "hub")
    kinds = {
        "m.onnx": "onnx",
        "m.skops": "sklearn",
        "m.py": "python",
        "m.txt": "lightgbm",
        "m.json": "xgboost",
        "m.ubj": "xgboost",
    }
    for name in (*kinds, "m.h5"):
        (tmp_path / name).touch()
    assert guess_kind(tmp_path / "hub") == "hub"
    assert {name: guess_kind(tmp_path / name) for name in kinds} == kinds
    with pytest.raises(InputError, match="does not look like a model"):
        guess_kind(tmp_path / "m.h5")
    with pytest.raises(NotFoundError, match="no such file"):
        guess_kind(tmp_path / "nothing.onnx")
