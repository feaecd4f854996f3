"""Rows that show what is wrong."""

from __future__ import annotations

import json

import numpy as np

from mainspring.core.errors import UnavailableError
from mainspring.data import Schema, Table
from mainspring.monitoring.alerts.examples import examples_of, private_columns

TABLE = Table.from_columns(
    {
        "age": [31.0, None, 99.0],
        "ssn": ["1-2", None, "3-4"],
        "note": ["x" * 500, "y", "z"],
        "output.label": ["a", "b", "c"],
        "feedback.truth": ["a", "a", "a"],
        "request.id": ["r0", "r1", "r2"],
        "request.time": [10.0, 11.0, 12.0],
    }
)
SCHEMA = Schema.from_text("features: {age: {type: FLOAT}, ssn: {type: STRING, tags: [PII]}}")


def test_rows_in_their_order_with_what_is_private_masked():
    found = examples_of(TABLE, [2, 2, 0, 7, 1], most=3, hidden=private_columns(SCHEMA, ["feedback.*"]))
    assert [(one.row, one.request, one.time) for one in found] == [
        (2, "r2", 12.0),
        (0, "r0", 10.0),
        (1, "r1", 11.0),
    ]
    assert found[0].values == {
        "age": 99.0,
        "ssn": "***",
        "note": "z",
        "output.label": "c",
        "feedback.truth": "***",
    }
    assert found[2].values["ssn"] is None
    assert len(found[1].values["note"]) == 200
    json.dumps([one.values for one in found], allow_nan=False)


def test_without_rows_there_are_no_examples():
    assert examples_of(TABLE, [], most=3) == examples_of(TABLE, [0], most=0) == ()


def test_an_explanation_that_fails_costs_nothing_else():
    def fails(rows):
        raise UnavailableError("no explainer")

    assert [one.row for one in examples_of(TABLE, [1], most=3, explain=fails)] == [1]
    told = examples_of(TABLE, [1, 0], most=3, explain=lambda rows: [{"age": np.float64(-1), "note": 2.0}, {}])
    assert list(told[0].contributions.items()) == [("note", 2.0), ("age", -1.0)]
    assert told[1].contributions == {}
