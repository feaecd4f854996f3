"""The steps that look for slices and analyze errors."""

from __future__ import annotations

import numpy as np

from mainspring.core import Slice
from mainspring.data import Table
from mainspring.data.examples import Examples
from mainspring.evaluation import predictions_in
from mainspring.evaluation.steps import analyze_errors, evaluate, find_slices

ROWS = 1_000
CITY = np.where(np.arange(ROWS) % 10 == 0, "z", "x")
TRUTH = np.where(np.arange(ROWS) % 3 == 0, "yes", "no")
WRONG = np.where(CITY == "z", np.arange(ROWS) % 20 == 0, np.arange(ROWS) % 11 == 0)
TABLE = Table.from_columns(
    {"city": CITY, "late": TRUTH, "answer": np.where(WRONG, np.where(TRUTH == "yes", "no", "yes"), TRUTH)}
)
EXAMPLES = Examples(splits={"eval": TABLE})
MODEL = predictions_in(TABLE, predicted="answer", label="late")


def test_a_step_finds_the_weak_slice() -> None:
    found = find_slices(MODEL, EXAMPLES, label="late")
    assert found is not None
    assert [one.slice for one in found.slices] == [Slice.of(city="z")]
    assert find_slices(None, EXAMPLES, label="late") is None


def test_a_step_analyzes_errors_by_tags() -> None:
    found = analyze_errors(MODEL, EXAMPLES, label="late", tags=["sql far: city = 'z'"], reference="late")
    assert found is not None
    assert (found.tags[0].tag, found.tags[0].error_rate, found.tags[0].room) == ("far", 0.5, 0.5)
    assert analyze_errors(None, EXAMPLES, label="late", tags=[]) is None


def test_a_pipeline_keeps_a_privacy_floor() -> None:
    found = evaluate(MODEL, EXAMPLES, label="late", slices=["city"], privacy_floor=200)
    assert found is not None
    assert all(one.count >= 200 for one in found.measured.values())
    assert any("fewer than 200 rows" in note for note in found.notes)
