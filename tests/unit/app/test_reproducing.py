"""A version is made again from its lineage: own steps, own files, several inputs, and what is no longer there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import mainspring
from mainspring.app.platform import Mainspring
from mainspring.app.reproducing import plan, reproduce
from mainspring.core.errors import NotFoundError, StateError
from mainspring.core.records import ExecutionState
from mainspring.models import Package

PIPELINE = """
import json

from mainspring import File, each, pipeline, step, steps
from mainspring.models.files import Files
from mainspring.models.package import Package
from mainspring.models.parity import Parity
from mainspring.models.signature import Field, Signature

ROUNDS = 3


@step
def read(data: File) -> dict:
    return json.loads(data.path.read_text())


@step
def fit(rows: dict, power: int, *, shift: int = 1) -> dict:
    return {"weight": sum(value**power for value in rows["x"]) + shift + ROUNDS}


@step
def pack(models: list[dict], limits: File, note: dict | None = None) -> Package:
    parity = Parity(runtime="onnx", rows_compared=1, kinds={}, tolerance=0.0, max_abs_difference=0.0)
    details = {"estimator": "Sum", "params": {"weights": [one["weight"] for one in models]}, "label": "y",
               "limit": limits.path.read_text(), "note": note}
    manifest = {"format": 1, "runtime": "onnx", "parity": parity.as_dict(), "requirements": [], "details": details}
    signature = Signature.of([Field("x", "FP64")], classes=None)
    return Package.from_files(Files({
        "package.json": json.dumps(manifest).encode(), "signature.json": signature.to_json().encode(),
    }))


@pipeline
def sums(data: File = File("rows.json"), shift: int = 5):
    rows = read(data)
    models = fit(rows, each([1, 2]), shift=shift)
    package = pack(models, File("limits.txt"))
    steps.register(package, name="sums")
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Mainspring]:
    """A project that was run once."""
    (tmp_path / "sums_pipeline.py").write_text(PIPELINE)
    (tmp_path / "mainspring.toml").write_text('[project]\nname = "sums"\npipeline = "sums_pipeline.py"\n')
    (tmp_path / "rows.json").write_text(json.dumps({"x": [1, 2, 3]}))
    (tmp_path / "limits.txt").write_text("100")
    with mainspring.open(tmp_path) as opened:
        assert opened.pipelines.run(parameters={"shift": 7}).state is ExecutionState.COMPLETE
        yield opened


def test_it_is_bit_equal_and_written_down(project: Mainspring) -> None:
    version = project.models.resolve("sums")
    package: Package = project.models.fetch(version)
    assert package.details["params"] == {"weights": [1 + 2 + 3 + 7 + 3, 1 + 4 + 9 + 7 + 3]}
    planned = plan(project, version)
    assert [one.name for one in planned.steps] == ["read", "fit_0", "fit_1", "pack"]
    assert sorted(Path(str(one.uri)).name for one in planned.data) == ["limits.txt", "rows.json"]
    assert (planned.changed, planned.gone, planned.code) == ([], [], project.settings.root)

    found = reproduce(project, planned, by="ann")
    assert (found.likeness, found.ok, found.digest, found.by) == ("bit-equal", True, version.digest, "ann")
    assert project.models.reproductions("sums") == (found,)
    steps = {one.node: one.state for one in project.pipelines.records.steps(found.run)}
    assert steps["fit_1"] is ExecutionState.COMPLETE, "nothing was taken from the cache"
    assert str(project.pipelines.records.run(found.run).custom["because"]) == "makes sums:1.0.0 again"
    assert len(project.models.versions("sums")) == 1
    assert reproduce(project, plan(project, version), by="bob").likeness == "bit-equal"


def test_the_recorded_code_is_run_and_the_change_is_told(project: Mainspring) -> None:
    file = project.settings.root / "sums_pipeline.py"
    file.write_text(PIPELINE.replace("ROUNDS = 3", "ROUNDS = 4"))
    planned = plan(project, project.models.resolve("sums"))
    assert planned.changed == ["sums_pipeline.py changed since; the recorded code is used"]
    assert (planned.code / "sums_pipeline.py").read_text() == PIPELINE


def test_data_that_changed_or_is_gone_stops_it(project: Mainspring) -> None:
    (project.settings.root / "limits.txt").write_text("200")
    (project.settings.root / "rows.json").unlink()
    planned = plan(project, project.models.resolve("sums"))
    assert len(planned.gone) == 2
    assert any("limits.txt has other content now" in one for one in planned.gone)
    assert any("rows.json is gone" in one for one in planned.gone)
    with pytest.raises(StateError, match="cannot be made again"):
        reproduce(project, planned, by="ann")
    assert project.models.reproductions("sums") == ()


def test_what_was_registered_by_hand_has_no_lineage(project: Mainspring) -> None:
    package = project.models.fetch(project.models.resolve("sums"))
    files = {**package.files.read_all().content, "extra.txt": b"by hand"}
    version = project.models.register(Package.from_files(type(package.files)(files)), name="sums")
    with pytest.raises(NotFoundError, match="does not know how the package of sums:"):
        plan(project, version)
