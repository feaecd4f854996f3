"""A reference keeps what its model was trained on, and comes back as it was."""

from __future__ import annotations

import numpy as np
import pytest

from mainspring.core.errors import IntegrityError, NotFoundError
from mainspring.data import Feature, Schema, Statistics, Table, infer, summarize
from mainspring.evaluation import Cutoff, Predictions
from mainspring.evaluation.reference import PRIVATE, Reference, answered, private

TABLE = Table.from_columns(
    {
        "x": [1.0, 2.0, None],
        "city": ["Bern", None, "Basel"],
        "photo": [b"1", b"2", b"3"],
        "late": [True, False, None],
    }
)


def test_it_comes_back_with_equal_bytes(tmp_path):
    statistics = summarize({"train": TABLE}, label="late")
    schema = infer(statistics, label="late")
    kept = Reference(statistics=statistics.split("train"), schema=schema, rows=TABLE.drop(["photo"]))
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        kept.save(tmp_path / name)
    one, two = (
        {path.relative_to(tmp_path / name): path.read_bytes() for path in (tmp_path / name).rglob("*.*")}
        for name in ("one", "two")
    )
    assert one == two
    found = Reference.load(tmp_path / "one").held()
    for path in (tmp_path / "one").rglob("*.parquet"):
        path.unlink()
    assert found.statistics == kept.statistics
    assert found.schema == schema
    assert found.rows.to_columns() == {key: value for key, value in TABLE.to_columns().items() if key != "photo"}
    assert (found.label, found.inputs) == ("late", ("x", "city", "photo"))
    assert found.properties() == {"rows": 3, "features": 4}


def test_without_rows_and_without_a_schema(tmp_path):
    Reference(statistics=summarize(TABLE).split("train")).save(tmp_path)
    found = Reference.load(tmp_path)
    assert (found.rows, found.schema, found.label, found.held()) == (None, None, None, found)


def test_what_is_no_reference(tmp_path):
    with pytest.raises(NotFoundError, match="no reference"):
        Reference.load(tmp_path)
    (tmp_path / "statistics").mkdir()
    Statistics({"train": summarize(TABLE).split("train")}).save(tmp_path / "statistics")
    with pytest.raises(IntegrityError, match="no statistics of a reference"):
        Reference.load(tmp_path)


def test_rows_with_answers_of_a_classifier():
    scores = np.array([[0.9, 0.1], [0.4, 0.6], [np.nan, np.nan]])
    predictions = Predictions(("false", "true"), scores, Cutoff("true", 0.7), np.array([False, False, True]))
    found = answered(TABLE.drop(["city"]), predictions, label="late")
    assert found.to_columns() == {
        "x": [1.0, 2.0, None],
        "output.label": ["false", "false", None],
        "output.probability.false": [0.9, 0.4, None],
        "output.probability.true": [0.1, 0.6, None],
        "feedback.truth": ["true", "false", None],
    }


def test_rows_with_answers_of_a_regression():
    found = answered(TABLE, Predictions(None, np.array([1.0, 2.5, 3.0])), label="x")
    assert found.to_columns() == {
        "city": ["Bern", None, "Basel"],
        "late": [True, False, None],
        "output.prediction": [1.0, 2.5, 3.0],
        "feedback.truth": [1.0, 2.0, None],
    }
    assert "feedback.truth" not in answered(TABLE, Predictions(None, np.zeros(3)), label=None).names


def test_columns_that_a_schema_marks():
    tagged = [Feature(name=tag, type="STRING", tags=(tag,)) for tag in [*sorted(PRIVATE), "wide"]]
    schema = Schema(features={one.name: one for one in tagged})
    assert private(schema) == {"identifier", "personal", "pii", "private", "sensitive"}
    assert private(None) == frozenset()
