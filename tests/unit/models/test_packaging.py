"""Packages: complete, reproducible, light to read; and what happens when an export is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from mainspring.core import plugins
from mainspring.core.errors import InputError
from mainspring.core.plugins import hookimpl
from mainspring.data import Table
from mainspring.evaluation import Predictor
from mainspring.models.adapters import onnx_export
from mainspring.models.adapters.onnx_export import OnnxExporter
from mainspring.models.files import Files
from mainspring.models.package import Package
from mainspring.models.packaging import build
from mainspring.models.signature import BadInputError
from mainspring.models.training import train


class ForgetfulExporter(OnnxExporter):
    """Does what converters were seen to do: it forgets which way missing values go."""

    def export(self, fitted, transform, signature):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(onnx_export, "read_form", self._read)
            return super().export(fitted, transform, signature)

    @staticmethod
    def _read(fitted, *, classification):
        form = read_form(fitted, classification=classification)
        return replace(form, default_left=np.zeros_like(form.default_left))


class RoundingExporter(OnnxExporter):
    """Does what converters were seen to do: it rounds thresholds to float32."""

    def export(self, fitted, transform, signature):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(onnx_export, "read_form", self._read)
            return super().export(fitted, transform, signature)

    @staticmethod
    def _read(fitted, *, classification):
        form = read_form(fitted, classification=classification)
        return replace(form, threshold=form.threshold.astype(np.float32).astype(np.float64))


class BrokenExporter(OnnxExporter):
    """Writes a file that its runtime cannot read."""

    def export(self, fitted, transform, signature):
        exported = super().export(fitted, transform, signature)
        return replace(exported, files=Files({"model.onnx": b"broken"}))


read_form = onnx_export.read_form


@pytest.fixture
def wrong_exporters():
    @hookimpl
    def mainspring_exporters():
        return {word.lower(): f"{__name__}:{word}Exporter" for word in ("Forgetful", "Rounding", "Broken")}

    plugin = SimpleNamespace(mainspring_exporters=mainspring_exporters)
    sys.modules.setdefault(__name__, sys.modules[ForgetfulExporter.__module__])
    plugins.manager().register(plugin)
    yield
    plugins.manager().unregister(plugin)


@pytest.fixture(scope="module")
def forest(tables, transforms):
    params = {"n_estimators": 10}
    return train(tables["binary"], transforms["binary", "gaps"], estimator="RandomForestClassifier", params=params)


def test_an_export_that_forgets_missing_values_is_caught(wrong_exporters, forest, tables):
    package = build(forest, tables["binary"], exporters=("forgetful",))
    parity = package.parity
    assert (package.runtime, parity.runtime) == ("python", "python")
    assert parity.ok
    assert parity.max_abs_difference == 0.0
    assert parity.fallback_reason.startswith("forgetful answers differently: onnx: ")
    assert 1 <= len(parity.examples) <= 10
    example = parity.examples[0]
    assert None in example["row"].values()
    assert example["model"] != example["exported"]["probabilities"]
    assert np.array_equal(package.predict(tables["binary"]).scores, forest.predict(tables["binary"]).scores)
    assert "It runs in Python" in package.card


def test_thresholds_that_were_rounded_are_caught_by_boundary_rows(wrong_exporters, tables, fit):
    """On real rows nothing differs: only values at the thresholds tell."""
    transform = fit(tables["regression"], impute=None)
    plain = replace(transform, steps=tuple(_bare(step) for step in transform.steps))
    model = train(tables["regression"], plain, estimator="LGBMRegressor", params={"n_estimators": 5})
    parity = build(model, tables["regression"], exporters=("rounding",)).parity
    assert parity.runtime == "python"
    assert {example["kind"] for example in parity.examples} == {"boundary"}


def test_a_file_that_the_runtime_cannot_read(wrong_exporters, forest, tables):
    package = build(forest, tables["binary"], exporters=("broken",))
    assert package.runtime == "python"
    assert "cannot read model.onnx" in package.parity.fallback_reason


def test_the_next_exporter_gets_its_chance(wrong_exporters, forest, tables):
    package = build(forest, tables["binary"], exporters=("forgetful", "onnx"))
    assert (package.runtime, package.parity.fallback_reason) == ("onnx", None)


@pytest.mark.parametrize(
    ("task", "estimator", "params"),
    [
        ("binary", "KNeighborsClassifier", {}),
        ("several", "MLPClassifier", {"max_iter": 400, "hidden_layer_sizes": [5], "tol": 1e-2}),
        ("binary", "SVC", {}),
        ("several", "GaussianNB", {}),
        ("regression", "SVR", {}),
    ],
)
def test_what_cannot_be_exported_runs_in_python(task, estimator, params, tables, transforms, tmp_path):
    model = train(tables[task], transforms[task, "filled"], estimator=estimator, params=params)
    package = build(model, tables[task])
    assert package.runtime == "python"
    assert package.parity.fallback_reason.endswith("is neither linear nor made of trees")
    assert any(one.startswith("scikit-learn==") for one in package.requirements)
    package.save(tmp_path)
    loaded = Package.load(tmp_path)
    np.testing.assert_allclose(
        loaded.predict(tables[task]).scores, model.predict(tables[task]).scores, rtol=0, atol=1e-12
    )


def test_a_package_is_complete_and_comes_back(tables, transforms, tmp_path):
    model = train(tables["binary"], transforms["binary", "filled"], params={"n_estimators": 5})
    package = build(
        model, tables["binary"], metrics={"auc": 0.9}, data={"train": "sha256:1"}, about="Guesses big tips."
    )
    package.save(tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {
        "signature.json",
        "package.json",
        "model.onnx",
        "input_example.json",
        "MODEL_CARD.md",
        "MODEL_CARD.html",
        "MLmodel",
        "python_env.yaml",
        "requirements.txt",
        "mlflow_input_example.json",
        "serving_input_example.json",
    }
    loaded = Package.load(tmp_path)
    assert loaded == package
    assert isinstance(loaded, Predictor)
    assert loaded.details["metrics"] == {"auc": 0.9}
    assert loaded.signature.classes == ("no", "yes")
    assert any(one.startswith("onnxruntime==") for one in loaded.requirements)
    assert not any(one.startswith(("lightgbm", "scikit-learn")) for one in loaded.requirements)
    for word in ("Guesses big tips.", "auc | 0.9", "sha256:1", "lightgbm.LGBMClassifier", "fare"):
        assert word in loaded.card
    answer = loaded.open().predict(loaded.signature.columns(loaded.input_example))
    assert answer["label"].tolist() == model.predict(tables["binary"].rows(0, 3)).labels.tolist()
    assert loaded.properties()["runtime"] == "onnx"


def test_the_same_model_gives_the_same_package(tables, transforms):
    def files(estimator):
        model = train(tables["binary"], transforms["binary", "filled"], estimator=estimator)
        return build(model, tables["binary"]).files.read_all()

    for estimator in ("LogisticRegression", "GaussianNB"):
        assert files(estimator) == files(estimator)


def test_a_newer_format_and_a_folder_that_is_none(tables, transforms, tmp_path):
    with pytest.raises(InputError, match=r"no package\.json"):
        Package.load(tmp_path)
    model = train(tables["binary"], transforms["binary", "filled"], estimator="LogisticRegression")
    build(model, tables["binary"]).save(tmp_path)
    manifest = tmp_path / "package.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": 99}))
    with pytest.raises(InputError, match="format 99"):
        Package.load(tmp_path)


def test_tables_with_other_columns(tables, transforms):
    model = train(tables["binary"], transforms["binary", "filled"], estimator="LogisticRegression")
    package = build(model, tables["binary"])
    table = tables["binary"].rows(0, 5)
    reordered = table.select(["payment", "company", "shared", "miles", "hour", "fare"])
    assert np.array_equal(package.predict(reordered).scores, package.predict(table).scores)
    with pytest.raises(BadInputError, match="column 'fare' is not there"):
        package.predict(table.drop(["fare"]))
    texts = table.sql("select * replace (fare::varchar as fare) from this")
    with pytest.raises(BadInputError, match="expected a finite number or null"):
        package.predict(texts)
    empty = table.sql("select * replace (null::varchar as fare) from this")
    assert len(package.predict(empty)) == 5
    codes = table.sql("select * replace (7 as payment) from this")
    np.testing.assert_allclose(package.predict(codes).scores, model.predict(codes).scores, rtol=0, atol=1e-12)
    assert len(package.predict(table.rows(0, 0))) == 0


def test_a_model_that_takes_no_gaps_says_so_in_its_signature(tables, fit):
    """Trained on rows without gaps, behind a transform that does not fill them."""
    whole = tables["binary"].where("fare is not null and miles is not null and shared is not null")
    transform = fit(whole, impute=None)
    model = train(whole, transform, estimator="LogisticRegression")
    package = build(model, tables["binary"])
    nullable = {field.name: field.nullable for field in package.signature.inputs}
    assert nullable == {
        "fare": False,
        "hour": False,
        "miles": False,
        "shared": False,
        "company": True,
        "payment": True,
    }
    assert package.runtime == "onnx"
    assert package.parity.kinds["real"] == whole.num_rows
    with pytest.raises(BadInputError, match="has no value"):
        package.signature.columns([{**package.input_example[0], "fare": None}])
    assert "No value may be missing in `fare`" in package.card


def test_no_rows(tables, transforms):
    model = train(tables["binary"], transforms["binary", "filled"], estimator="LogisticRegression")
    with pytest.raises(InputError, match="no rows to prove"):
        build(model, tables["binary"].rows(0, 0))


def test_reading_a_package_imports_no_framework(tables, transforms, tmp_path):
    model = train(tables["binary"], transforms["binary", "filled"], estimator="LogisticRegression")
    build(model, tables["binary"]).save(tmp_path)
    program = f"""
import sys
from pathlib import Path
from mainspring.models import Package
package = Package.load(Path({str(tmp_path)!r}))
package.signature.columns(package.input_example)
heavy = {{"sklearn", "lightgbm", "onnx", "onnxruntime", "skops", "scipy", "duckdb"}}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
package.open().predict(package.signature.columns(package.input_example))
training = {{"sklearn", "lightgbm", "onnx", "skops", "scipy", "duckdb"}}
assert not training & set(sys.modules), training & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("file", "label", "exclude", "options"),
    [
        ("adult/adult.test.gz", "class", [], {"missing": ["?"], "trim": True}),
        ("chicago_taxi/big_tipper.csv.gz", "big_tipper", ["tips"], {}),
    ],
)
@pytest.mark.parametrize(
    ("estimator", "params"),
    [
        ("LGBMClassifier", {"n_estimators": 30}),
        ("RandomForestClassifier", {"n_estimators": 20, "min_samples_leaf": 3}),
    ],
)
def test_real_rows(file, label, exclude, options, estimator, params, fit, shared):
    table = Table.read_csv(shared / file, **options)
    training = table.rows(0, 5000)
    transform = fit(training, label, exclude=exclude, impute=None, categories="ordinal")
    model = train(training, transform, estimator=estimator, params=params)
    parity = build(model, table.rows(5000, table.num_rows)).parity
    assert parity.runtime == "onnx", parity
    assert parity.kinds["real"] == 10_000
    assert parity.max_abs_difference <= 1e-12
    assert parity.labels_different == 0


def _bare(step):
    """A number as it is, so that thresholds are values of the raw column."""
    return replace(step, shift=0.0, scale=1.0) if hasattr(step, "scale") else step


def test_files():
    files = Files({"a": b"1", "native/b": b"2", "native/deep/c": b"3"})
    assert files.under("native").inside("other").names == ("other/b", "other/deep/c")
    with files.folder() as folder:
        assert Files.in_folder(folder).read_all() == files
