"""How alike two packages are: worked by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mainspring.app.likeness import different_answers, different_files, different_metrics, likeness
from mainspring.core import plugins
from mainspring.data import Table
from mainspring.evaluation import Cutoff, Predictions

ROWS = Table.from_rows([{"a": 1.0}, {"a": 2.0}])


def package(scores: Any, classes: Any = ("no", "yes"), **metrics: float) -> Any:
    """Something that answers with these scores."""
    shape = (-1,) if classes is None else (-1, len(classes))
    answer = Predictions(classes, np.array(scores, dtype=np.float64).reshape(shape))
    example = [{"a": 1.0}, {"a": 2.0}]
    return SimpleNamespace(predict=lambda _: answer, details={"metrics": metrics}, input_example=example)


@pytest.mark.parametrize(
    ("before", "after", "largest", "labels"),
    [
        ([[0.9, 0.1], [0.2, 0.8]], [[0.9, 0.1], [0.2, 0.8]], 0.0, 0),
        ([[0.9, 0.1], [0.2, 0.8]], [[0.9, 0.1], [0.25, 0.75]], 0.05, 0),
        ([[0.9, 0.1], [0.2, 0.8]], [[0.9, 0.1], [0.6, 0.4]], 0.4, 1),
        ([[np.nan, 0.1], [0.2, 0.8]], [[np.nan, 0.1], [0.2, 0.8]], 0.0, 0),
        ([[np.nan, 0.1], [0.2, 0.8]], [[0.9, 0.1], [0.2, 0.8]], np.inf, 0),
    ],
)
def test_answers(before: Any, after: Any, largest: float, labels: int) -> None:
    found = different_answers(package(before), package(after), ROWS)
    assert found == {"rows": 2, "largest_difference": pytest.approx(largest), "labels": labels}


def test_labels_follow_the_cutoff() -> None:
    one, two = package([[0.9, 0.1], [0.2, 0.8]]), package([[0.9, 0.1], [0.2, 0.8]])
    cut = Predictions(("no", "yes"), two.predict(ROWS).scores, Cutoff("yes", 0.05))
    two.predict = lambda _: cut
    assert different_answers(one, two, ROWS) == {"rows": 2, "largest_difference": 0.0, "labels": 1}


def test_numbers_other_shapes_and_no_rows() -> None:
    one, two = package([1.0, 2.0], None), package([1.0, 4.5], None)
    assert different_answers(one, two, None) == {"rows": 2, "largest_difference": 2.5, "labels": 0}
    other = package([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]], ("a", "b", "c"))
    found = different_answers(package([[0.9, 0.1], [0.2, 0.8]]), other, ROWS)
    assert (found["largest_difference"], found["labels"]) == (np.inf, 2)


def test_metrics() -> None:
    found = different_metrics(package([], auc=0.75, rmse=2.0, old=1.0), package([], auc=0.5, rmse=2.0, new=1.0))
    assert found == {"auc": -0.25}


@pytest.mark.parametrize(
    ("files", "largest", "labels", "expected"),
    [
        ((), 0.0, 0, "bit-equal"),
        (("package.json",), 0.0, 0, "equal"),
        (("model.onnx",), 1e-10, 0, "within tolerance"),
        (("model.onnx",), 1e-9, 0, "within tolerance"),
        (("model.onnx",), 2e-9, 0, "different"),
        (("model.onnx",), 1e-10, 1, "different"),
        (("model.onnx",), 0.0, 1, "different"),
    ],
)
def test_the_verdict(files: tuple[str, ...], largest: float, labels: int, expected: str) -> None:
    assert likeness(files, largest, labels, 1e-9) == expected


def test_files(tmp_path: Any) -> None:
    blobs = plugins.load("blob_stores", "memory")("memory:")
    for name, texts in {"one": {"a": "1", "b": "2"}, "two": {"a": "1", "b": "3", "c": "4"}}.items():
        (tmp_path / name).mkdir()
        for file, text in texts.items():
            (tmp_path / name / file).write_text(text)
    one, two = (blobs.put(tmp_path / name) for name in ("one", "two"))
    assert different_files(one, two, blobs) == ("b", "c")
    assert different_files(one, one, blobs) == ()
