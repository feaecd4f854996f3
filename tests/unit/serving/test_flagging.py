"""Outliers of served rows: in the log always, in the answer when asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Examples, Feature, Schema, Table, Transform
from mainspring.models import Package, build, train
from mainspring.models.files import Files
from mainspring.serving.call import Call
from mainspring.serving.flagging import HEADER, asked, judge_of, tags_of
from mainspring.serving.opening import open_model
from mainspring.serving.outliers import OutlierOptions
from mainspring.serving.payloads.arrays import ArrayWriter
from mainspring.serving.payloads.blobs import Blobs
from mainspring.serving.payloads.options import RedactionOptions
from mainspring.serving.payloads.packing import ROWS
from mainspring.serving.payloads.predictions import PredictionWriter
from mainspring.serving.payloads.redaction import Redaction
from mainspring.serving.question import Question
from mainspring.serving.repository import ModelOptions
from mainspring.serving.repository.sources import PackageAt

CHANCE = np.random.default_rng(0)
USUAL = [{"age": 40, "city": "Bern"}, {"age": 4000, "city": "Bern"}]


def people(rows: int) -> Table:
    age = CHANCE.integers(20, 70, rows)
    city = CHANCE.choice(["Bern", "Basel"], rows)
    return Table.from_columns(
        {"age": age.tolist(), "city": city.tolist(), "label": np.where(age > 45, "yes", "no").tolist()}
    )


@pytest.fixture(scope="module")
def package() -> Package:
    table = people(600)
    schema = Schema(features={c.name: Feature(name=c.name, type=c.type) for c in table.columns}, label="label")
    model = train(table, Transform.fit(table, schema), estimator="LogisticRegression")
    return build(model, table, examples=Examples(splits={"train": table}))


@pytest.fixture(scope="module")
def folder(package: Package, tmp_path_factory) -> Path:
    found = tmp_path_factory.mktemp("package")
    package.save(found)
    return found


def opened(folder: Path, **options):
    return open_model(PackageAt(folder, "income", "1"), ModelOptions(**options))


@pytest.mark.parametrize("method", ["robust", "domain", "neighbours"])
def test_every_row_is_judged(folder, method):
    model = opened(folder, outliers=OutlierOptions(method=method))
    found = model.answer(Question(rows=USUAL)).outliers
    assert found.flags == [False, True]
    assert found.scores[1] > found.judge.threshold >= found.scores[0]
    assert model.nothing(model.read(Question(rows=[]))).outliers is None


def test_nothing_is_judged_unless_it_is_asked_for(folder):
    assert opened(folder).answer(Question(rows=USUAL)).outliers is None


def test_an_answer_tells_only_when_asked(folder):
    prediction = opened(folder, outliers=OutlierOptions(method="domain")).answer(Question(rows=USUAL))
    quiet = Call("v1", "income", question=Question(rows=USUAL))
    assert not asked(quiet)
    assert tags_of(quiet, prediction) == {}
    expected = {"outlier": [False, True], "outlier.score": [0.0, 1.0], "outlier.columns": [(), ("age",)]}
    by_parameter = Call("v1", "income", question=Question(parameters={"outliers": True}))
    assert tags_of(by_parameter, prediction) == expected
    assert tags_of(Call("v1", "income", headers={HEADER: b"True"}), prediction) == expected
    assert not asked(Call("v1", "income", question=Question(parameters={"outliers": False})))


@pytest.mark.parametrize("redact", [RedactionOptions(), RedactionOptions(drop=("age",))])
@pytest.mark.parametrize("rows", [2, ROWS + 1])
def test_the_log_always_tells(folder, tmp_path, redact, rows):
    model = opened(folder, outliers=OutlierOptions(method="domain"))
    prediction = model.answer(Question(rows=[USUAL[0]] * (rows - 1) + [USUAL[1]]))
    writer = PredictionWriter(ArrayWriter(Blobs(tmp_path), 1 << 20), Redaction(redact))
    outputs = writer.few(prediction)[1] if rows < ROWS else writer.many(prediction).outputs
    assert outputs["outlier"] == [False] * (rows - 1) + [True]
    assert outputs["outlier.score"] == [0.0] * (rows - 1) + [1.0]
    assert "label" in outputs


def test_what_has_no_reference_is_not_served_so(package, tmp_path, folder):
    content = {name: file for name, file in package.files.content.items() if not name.startswith("reference/")}
    bare = Package.from_files(Files(content))
    with pytest.raises(InputError, match="does not know what it was trained on"):
        judge_of(bare, OutlierOptions())
    (tmp_path / "model.onnx").write_bytes(package.files.read("model.onnx"))
    with pytest.raises(InputError, match="served without a package"):
        opened(tmp_path / "model.onnx", outliers=OutlierOptions())
    with pytest.raises(InputError, match="city cannot be looked at"):
        opened(folder, outliers=OutlierOptions(method="mahalanobis", columns=("city",)))
