"""The law: where the glance answers, the signature answers the same; where the signature refuses, it is silent."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.models.signature import Field, InputError, Signature
from mainspring.serving.glance import Glance

SIGNATURE = Signature.of(
    [
        Field("fare", "FP64"),
        Field("miles", "FP64", nullable=False),
        Field("hour", "INT64"),
        Field("airport", "BOOL", nullable=False),
        Field("company", "BYTES"),
        Field("city", "BYTES", nullable=False),
    ],
    classes=None,
)
NAMES = list(SIGNATURE.names)

odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.just(10**400),
    st.floats(),
    st.text(max_size=3),
    st.lists(st.integers(), max_size=1),
)
USUAL = {
    "fare": st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-5, 5),
    "miles": st.floats(allow_nan=False, allow_infinity=False),
    "hour": st.none() | st.integers(-(2**60), 2**60),
    "airport": st.booleans(),
    "company": st.none() | st.text(max_size=3),
    "city": st.text(max_size=3),
}
usual_rows = st.lists(st.fixed_dictionaries(USUAL), min_size=1, max_size=4)
any_rows = st.lists(
    st.fixed_dictionaries({name: kept | odd for name, kept in USUAL.items()})
    | st.dictionaries(st.sampled_from([*NAMES, "other"]), odd)
    | odd,
    max_size=3,
)


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all(
        one[name].dtype == other[name].dtype
        and one[name].shape == other[name].shape
        and (
            one[name].tolist() == other[name].tolist()
            if one[name].dtype == object
            else np.array_equal(one[name], other[name], equal_nan=True)
        )
        for name in one
    )


def agrees(rows: Any) -> bool:
    """Whether the glance answered; fails if it did so wrongly."""
    found = Glance(SIGNATURE).of_rows(rows)
    try:
        expected = SIGNATURE.columns(rows)
    except InputError:
        assert found is None
        return False
    assert found is None or same(found, expected)
    return found is not None


@given(usual_rows)
def test_usual_rows_are_read_as_the_signature_reads_them(rows: list[dict[str, Any]]) -> None:
    exact = all(row["hour"] is None or abs(row["hour"]) < 2**53 for row in rows)
    assert agrees(rows) == exact


@given(any_rows)
def test_anything_else_is_read_alike_or_left_alone(rows: Any) -> None:
    agrees(rows)


@given(st.dictionaries(st.sampled_from([*NAMES, "other"]), st.lists(odd, max_size=3) | odd))
def test_lists_are_read_alike_or_left_alone(lists: dict[str, Any]) -> None:
    found = Glance(SIGNATURE).of_lists(lists)
    if found is not None:
        assert same(found, SIGNATURE.columns_from_lists(lists))


@given(usual_rows)
def test_rows_and_lists_are_the_same(rows: list[dict[str, Any]]) -> None:
    glance = Glance(SIGNATURE)
    by_rows = glance.of_rows(rows)
    by_lists = glance.of_lists({name: [row[name] for row in rows] for name in reversed(NAMES)})
    assert (by_rows is None) == (by_lists is None)
    assert by_rows is None or same(by_rows, by_lists or {})


@pytest.mark.parametrize("fields", [[Field("a", "BYTES")], [Field("a", "FP64")], [Field("a", "INT64")]])
def test_signatures_of_one_kind(fields: list[Field]) -> None:
    glance = Glance(Signature.of(fields, classes=None))
    assert glance.of_rows([{"a": None}]) is not None
    assert glance.of_rows([]) is not None
    assert glance.of_rows([{"b": None}]) is None


def test_arrays_and_nan_from_python_callers_are_left_to_the_signature() -> None:
    row = {"fare": 1.0, "miles": float("nan"), "hour": 1, "airport": True, "company": None, "city": "x"}
    assert Glance(SIGNATURE).of_rows([row]) is None
    assert Glance(SIGNATURE).of_lists({name: np.array([1.0]) for name in NAMES}) is None
