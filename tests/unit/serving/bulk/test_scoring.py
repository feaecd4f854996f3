"""Rows that fail alone, and assertions on whole batches."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import NotFoundError, UnavailableError
from mainspring.evaluation.assertions import Assertion
from mainspring.models.signature import Field
from mainspring.serving.bulk.scoring import MOST_FAILED, PackageScorer, isolated
from mainspring.serving.predictor import ModelError

OUTPUTS = (Field("prediction", "FP64"), Field("label", "BYTES"))


def asking(bad: set[int], calls: list[int]) -> Any:
    """A model that fails whenever one of the bad rows is among those asked."""

    def ask(columns: Mapping[str, Any]) -> Mapping[str, Any]:
        calls.append(len(columns["x"]))
        wrong = sorted(bad & set(columns["x"].tolist()))
        if wrong:
            raise ValueError(f"row {wrong[0]:.0f}")
        return {"prediction": columns["x"] * 2, "label": columns["x"].astype(int).astype(str).astype(object)}

    return ask


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 300), st.sets(st.integers(0, 299), max_size=12))
def test_exactly_the_bad_rows_fail(rows: int, bad: set[int]) -> None:
    bad = {one for one in bad if one < rows}
    calls: list[int] = []
    outputs, failed = isolated(asking(bad, calls), {"x": np.arange(rows, dtype=float)}, rows, OUTPUTS)
    assert failed == {one: f"the model failed: ValueError: row {one}" for one in bad}
    for row in range(rows):
        assert outputs["label"][row] == (None if row in bad else str(row))
        assert np.isnan(outputs["prediction"][row]) if row in bad else outputs["prediction"][row] == 2 * row
    assert len(calls) <= 1 + len(bad) * 2 * (int(np.log2(rows)) + 2)


def test_a_model_that_fails_on_everything_is_broken() -> None:
    rows = 10_000
    with pytest.raises(ModelError, match="row after row"):
        isolated(asking(set(range(rows)), []), {"x": np.arange(rows, dtype=float)}, rows, OUTPUTS)
    bad = set(range(1, 2 * MOST_FAILED + 2, 2))
    with pytest.raises(ModelError, match="row after row"):
        isolated(asking(bad, []), {"x": np.arange(rows, dtype=float)}, rows, OUTPUTS)
    _, failed = isolated(asking({0.0}, []), {"x": np.zeros(1)}, 1, OUTPUTS)  # type: ignore[arg-type]
    assert list(failed) == [0]


@pytest.mark.parametrize("kind", [UnavailableError, NotFoundError])
def test_what_is_about_no_row_is_passed_on(kind: type[Exception]) -> None:
    def ask(columns: Mapping[str, Any]) -> Mapping[str, Any]:
        raise kind("gone")

    with pytest.raises(kind, match="gone"):
        isolated(ask, {"x": np.zeros(8)}, 8, OUTPUTS)


def test_assertions_hold_in_batches_beside_rows_that_fail(rule: Any) -> None:
    package = rule.package()
    rules = (
        Assertion(name="airport", when="airport == 1", action="block", message="not from there"),
        Assertion(name="dear", when="fare > 15 and answer == 'yes'", action="override", answer="no"),
        Assertion(name="late", when="hour > 20", action="flag"),
    )

    class Asserting:
        signature, runtime, input_example, assertions = package.signature, "rule", (), rules

        def open(self, threads: int = 1) -> Any:
            return package.open()

    scorer = PackageScorer(Asserting())
    assert scorer.asserting
    assert scorer.changing
    columns = {
        "fare": np.array([5.0, 20.0, 20.0, 5.0] * 10),
        "hour": np.array([1.0, 2.0, 22.0, 22.0] * 10),
        "company": np.array(["B", "B", "explode", "B"] * 10, dtype=object),
        "airport": np.array([1.0, 0.0, 0.0, 0.0] * 10),
    }
    found = scorer.score(columns, 40)
    assert sorted(found.failed) == list(range(2, 40, 4))
    assert found.outputs["label"].tolist()[:4] == [None, "no", None, "no"]
    assert found.outputs["assertions"].tolist()[:4] == ["airport", "dear", None, "late"]
    assert found.outputs["error"].tolist()[:4] == ["airport: not from there", "", None, ""]
    assert found.own["label"].tolist()[:4] == ["no", "yes", None, "no"]
    assert (found.violated, found.blocked, found.overridden) == ({"airport": 10, "dear": 10, "late": 10}, 10, 10)
    assert replace(found, seconds=0.0).seconds == 0.0
    alone = scorer.score({name: values[2:3] for name, values in columns.items()}, 1)
    assert list(alone.failed) == [0]
    assert alone.outputs["label"].tolist() == [None]
