"""One run branches into three packages of one model, each proved, compared and judged."""

from __future__ import annotations

import json
from typing import Any

PIPELINE = """
import json
from pathlib import Path

from mainspring import each, pipeline, step
from mainspring.data import Examples, Feature, Schema, Transform
from mainspring.data.bundled import load
from mainspring.models import VariantComparison, steps


@step
def examples() -> Examples:
    table = load("breast_cancer")
    return Examples(splits={"train": table.rows(0, 400), "eval": table.rows(400, 569)})


@step
def transform(examples: Examples) -> Transform:
    rows = examples.split("train")
    schema = Schema(features={c.name: Feature(name=c.name, type=c.type) for c in rows.columns}, label="target")
    return Transform.fit(rows, schema)


@step
def tell(comparison: VariantComparison) -> None:
    Path("told.json").write_text(json.dumps(comparison.as_dict()))


@pipeline
def branches():
    rows = examples()
    model = steps.train(rows, transform(rows), params={"n_estimators": 20})
    packages = steps.package(model, rows, variant=each(["onnx", "onnx-float32", "native"]))
    tell(steps.compare_packages(packages, rows))

"""


def test_one_run_three_packages(folder: Any) -> None:
    folder.write("mainspring.toml", "")
    folder.write("pipeline.py", PIPELINE)
    assert folder.json("run")["state"] == "COMPLETE"
    told = json.loads((folder.root / "told.json").read_text())
    assert [one["variant"] for one in told["figures"]] == ["onnx", "onnx-float32", "native"]
    assert [one["runtime"] for one in told["figures"]] == ["onnx", "onnx", "python"]
    assert told["verdict"]["ok"]
    assert all(one["labels_equal"] == 1.0 for one in told["figures"])
