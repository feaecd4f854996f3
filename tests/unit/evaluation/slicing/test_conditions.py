from __future__ import annotations

import pytest

from mainspring.core import InputError, Slice
from mainspring.data import Table
from mainspring.evaluation.slicing import Slicer
from mainspring.evaluation.slicing.conditions import condition_problem

PEOPLE = Table.from_columns({"age": [20, 70, 80, None], "sex": ["Male", "Male", "Female", "Male"]})


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ("age > 60 -- that is old", None),
        ("list_contains(['Male'], sex) AND age BETWEEN 60 AND 90", None),
        ("age", "it gives BIGINT, not true or false"),
        ("age > (SELECT avg(age) FROM this)", "it holds a query of its own"),
        ("EXISTS (FROM read_csv('/etc/passwd'))", "it holds a query of its own"),
        ("age > avg(age) OVER ()", "it looks at other rows"),
        ("age > avg(age)", "it is about all rows together, not about one"),
        ("age = $1", "it holds a parameter"),
        ("true); DROP TABLE this; SELECT (true", "it is more than one SQL statement"),
        ("true) FROM read_csv('/etc/passwd') WHERE (true", "it is more than one expression"),
        ("true), (false", "it is more than one expression"),
        ("COLUMNS(*) IS NULL", "it gives several values, not one"),
    ],
)
def test_a_condition_is_one_expression_on_one_row(condition: str, problem: str | None) -> None:
    assert condition_problem(condition, PEOPLE) == problem


@pytest.mark.parametrize(("condition", "told"), [("height > 3", "height"), ("age >", "syntax error")])
def test_the_message_of_the_engine_is_passed_on(condition: str, told: str) -> None:
    assert told in (condition_problem(condition, PEOPLE) or "")


def test_all_conditions_that_are_wrong_are_named() -> None:
    with pytest.raises(InputError) as caught:
        Slicer.of(PEOPLE, ["sql a: age", "sql b: height = 3", "sql c: age > 60", "sql c: age > 61"])
    assert "'sql a: age'" in caught.value.found
    assert "'sql b: height = 3'" in caught.value.found
    assert "two conditions are called 'c'" in caught.value.found


def test_a_row_for_which_the_condition_is_unknown_is_not_in_the_slice() -> None:
    slicer = Slicer.of(PEOPLE, ["sql old: age > 60", "sql young: NOT age > 60"], min_slice_size=1)
    assert slicer.sizes == {Slice.of(sql="old"): 2, Slice.of(sql="young"): 1}


def test_a_condition_that_stops_at_some_row_is_told() -> None:
    table = Table.from_columns({"text": ["1", "two"]})
    with pytest.raises(InputError, match="two") as caught:
        Slicer.of(table, ["sql large: CAST(text AS INT) > 3"])
    assert "TRY_CAST" in str(caught.value.expected)
