"""Values out of the domain are counted, and named."""

from __future__ import annotations

import math

import numpy as np

from mainspring.data import Schema, Table, summarize
from mainspring.serving.outliers.domain import domain_of

TABLE = Table.from_columns(
    {
        "age": [20, 30, 40],
        "fare": [1.0, None, 3.0],
        "kind": ["a", "b", "a"],
        "free": ["x", "y", None],
        "flag": [True, True, True],
        "photo": [b"1", b"2", b"3"],
    }
)
STATISTICS = summarize(TABLE).split("train")
SCHEMA = Schema.from_text(
    "features: {age: {type: INT, max: 99}, free: {type: STRING}, kind: {type: STRING, domain: [a, b, c]}}"
)


def columns(**values):
    told = {"age": 30.0, "fare": 2.0, "kind": "a", "free": "x", "flag": 1.0, **values}
    return {
        name: np.array([value], dtype=object if name in ("kind", "free") else np.float64)
        for name, value in told.items()
    }


def test_what_training_saw_is_allowed():
    domain = domain_of(STATISTICS, None, STATISTICS.features)
    assert domain.columns == ("age", "fare", "kind", "free", "flag")
    for row in range(3):
        rows = {name: TABLE.column(name)[row : row + 1] for name in domain.columns}
        assert domain.scores(rows).tolist() == [0.0]
    odd = columns(age=41.0, fare=math.nan, kind="c", free="z", flag=0.0)
    assert domain.outside(odd).tolist() == [[True, False, True, True, True]]
    assert domain.blame(odd).tolist() == [[1.0, 0.0, 1.0, 1.0, 1.0]]
    missing = columns(age=math.nan, kind=None, free=None, flag=math.nan)
    assert domain.outside(missing).tolist() == [[True, False, True, False, True]]


def test_a_schema_knows_better():
    domain = domain_of(STATISTICS, SCHEMA, ["age", "kind"])
    assert domain.outside(columns(age=99.0, kind="c")).tolist() == [[False, False]]
    assert domain.outside(columns(age=100.0, kind="d")).tolist() == [[True, True]]
    assert domain.outside(columns(age=19.0)).tolist() == [[True, False]]


def test_an_open_vocabulary_may_have_new_words():
    table = Table.from_columns({"word": [f"w{place}" for place in range(101)], "gap": [None, *["a"] * 100]})
    statistics = summarize(table).split("train")
    domain = domain_of(statistics, None, ["word"])
    assert domain.outside({"word": np.array(["new", None], dtype=object)}).tolist() == [[False], [True]]
