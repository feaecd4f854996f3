"""A package as a page and on a device."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mainspring.core.errors import InputError, NotFoundError
from mainspring.models.package import Package
from mainspring.serving.exporting import export_device, export_page
from mainspring.serving.exporting.browser import RUNTIME_FILES
from mainspring.serving.predictor import Predictor


def test_what_a_device_answers_is_what_a_server_answers(package: Package, tmp_path: Path) -> None:
    rows = [*package.input_example, {"fare": None, "hour": 3, "company": "nobody", "airport": True}]
    export_device(package, tmp_path, name="taxi", version="1.0.0")
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    told = subprocess.run(
        [sys.executable, "answer.py", "rows.json"], cwd=tmp_path, capture_output=True, check=True, timeout=60
    )
    served = Predictor(package, name="taxi", version="1.0.0").from_rows(rows).plain_outputs()
    answers = json.loads(told.stdout)
    assert [one["label"] for one in answers] == served["label"]
    assert [one["probability.yes"] for one in answers] == pytest.approx(served["probability.yes"], abs=1e-12)
    assert (tmp_path / "requirements.txt").read_text().startswith("onnxruntime==")


def test_a_page_has_all_that_it_needs(package: Package, tmp_path: Path) -> None:
    runtime = tmp_path / "node_modules" / "onnxruntime-web" / "dist"
    runtime.mkdir(parents=True)
    for name in RUNTIME_FILES:
        (runtime / name).write_text("made up")
    written = export_page(package, tmp_path / "site", name="taxi", version="1.0.0", runtime=runtime.parent)
    assert not written.missing
    assert {"index.html", "page.js", "model.js", "page.css", "model.onnx", "model.json"} <= set(written.files)
    assert all((tmp_path / "site" / name).is_file() for name in written.files)
    described = json.loads((tmp_path / "site" / "model.json").read_text())
    assert [one["name"] for one in described["inputs"]] == ["fare", "hour", "company", "airport"]
    assert described["classes"] == ["no", "yes"]
    page = (tmp_path / "site" / "index.html").read_text()
    assert "http:" not in page  # nothing is loaded from elsewhere
    assert "https:" not in page


def test_without_the_runtime_it_says_how_to_get_it(package: Package, tmp_path: Path) -> None:
    written = export_page(package, tmp_path, name="taxi", version="1.0.0")
    assert "npm install" in written.missing
    assert "onnxruntime-web" in json.loads((tmp_path / "package.json").read_text())["dependencies"]


def test_a_runtime_that_is_not_there_is_told_before_anything_is_written(package: Package, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"ort\.wasm\.min\.mjs"):
        export_page(package, tmp_path / "site", name="taxi", version="1.0.0", runtime=tmp_path)
    assert not (tmp_path / "site").exists()


def test_a_model_that_is_no_graph_is_refused(package: Package, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="runtime 'python'"):
        export_device(replace(package, runtime="python"), tmp_path / "device", name="taxi", version="1.0.0")
    assert not (tmp_path / "device").exists()
