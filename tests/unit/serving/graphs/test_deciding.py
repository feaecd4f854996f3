"""A condition means the same for one row as for a column of one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mainspring.evaluation.assertions.conditions import Condition
from mainspring.serving.graphs.deciding import decider

NUMBERS = st.sampled_from([0.0, -0.0, 1.0, -2.5, 3.0, math.inf, -math.inf, math.nan])
TEXTS = st.sampled_from([None, "", "a", "b"])
TERMS = st.recursive(
    st.sampled_from(["x", "y", "0", "1", "2.5", "-3"]),
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(
        lambda one: f"({one[0]} {one[1]} {one[2]})"
    ),
    max_leaves=4,
)
SIDES = st.one_of(TERMS, st.sampled_from(["t", "u", "'a'", "''"]))
SIGNS = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
SIMPLE = st.one_of(
    st.tuples(SIDES, SIGNS, SIDES).map(lambda one: " ".join(one)),
    st.tuples(TERMS, SIGNS, TERMS, SIGNS, TERMS).map(lambda one: " ".join(one)),
    st.tuples(st.sampled_from("xtu"), st.sampled_from(["in", "not in"])).map(
        lambda one: f"{one[0]} {one[1]} (1, 'a', y)"
    ),
    st.sampled_from(["missing(x)", "missing(t)", "x", "y"]),
)
CONDITIONS = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        inner.map(lambda one: f"not ({one})"),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda one: f"({one[0]}) {one[1]} ({one[2]})"),
    ),
    max_leaves=4,
)


@given(CONDITIONS, NUMBERS, NUMBERS, TEXTS, TEXTS)
def test_one_row_is_decided_as_a_column_is(text: str, x: float, y: float, t: Any, u: Any) -> None:
    condition, row = Condition.read(text), {"x": x, "y": y, "t": t, "u": u}
    columns = {name: np.array([value]) if name in "xy" else column(value) for name, value in row.items()}
    try:
        expected = bool(condition.holds(columns)[0])
    except ZeroDivisionError:  # of two constants
        assume(False)
    assert decider(condition)(row) == expected


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("x == 1", True),
        ("x", True),
        ("t == 'a' and x < 2", True),
        ("t == 1", False),
        ("t != 1", True),
        ("missing(u)", True),
        ("u != 'a'", False),
        ("not u == 'a'", True),
        ("0 < x <= 1", True),
        ("x / 0 > 5", True),
        ("t in ('b', 'a')", True),
        ("u not in ('b', 'a')", False),
    ],
)
def test_what_conditions_say(text: str, holds: bool) -> None:
    assert decider(Condition.read(text))({"x": 1.0, "y": math.nan, "t": "a", "u": None}) is holds


def column(value: Any) -> Any:
    array = np.empty(1, dtype=object)
    array[0] = value
    return array
