from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.core.records import Kind, NodeType, PropertyType
from mainspring.store.properties import MAX_DEPTH, check, check_text, decode, encode, is_keepable

json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    ),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), inner)
    ),
    max_leaves=15,
)


@settings(max_examples=40)
@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), json_values))
def test_what_is_json_comes_back_as_it_was(values: dict[str, Any]) -> None:
    text = encode(values)
    assert decode(text) == values
    assert json.loads(text) == values


def test_numbers_of_other_classes_are_plain_numbers() -> None:
    class Rate(float): ...

    class Count(int): ...

    assert decode(encode({"a": Rate(0.5), "b": Count(3), "c": math.nan, "d": [math.inf]})) == {
        "a": 0.5,
        "b": 3,
        "c": None,
        "d": [None],
    }


def test_a_property_that_cannot_be_kept_is_named() -> None:
    deep: Any = {}
    for _ in range(MAX_DEPTH + 5):
        deep = [deep]
    for wrong in (object(), b"bytes", {1, 2}, 2**63, "\x00", "\ud800", {1: 2}, {"\x00": 1}, deep, 1j):
        with pytest.raises(InputError, match="'wrong'"):
            encode({"right": 1, "wrong": wrong})


def test_all_problems_are_told_with_what_was_expected() -> None:
    declared = NodeType(
        kind=Kind.ARTIFACT, name="T", properties={"a": PropertyType.INT, "b": PropertyType.BOOLEAN}
    )
    with pytest.raises(InputError) as caught:
        check(declared, {"a": 1.5, "b": 1, "c": None})
    assert caught.value.found == (
        "'a' holds 1.5, not a whole number that fits 64 bits; 'b' holds 1, not true or false; 'c' is not declared"
    )
    assert caught.value.expected == "the properties of type T: a (int), b (boolean)"


@pytest.mark.parametrize("text", ["", "x" * 256, "a\x00", "\udc00", 5, b"x"])
def test_texts_that_not_every_database_can_keep(text: Any) -> None:
    assert not is_keepable(text)
    with pytest.raises(InputError, match="the name"):
        check_text(text, "the name", "somewhere")


@pytest.mark.parametrize("text", ["x", "x" * 255, "ünï 🙂", " ", "\n"])
def test_texts_that_every_database_can_keep(text: str) -> None:
    assert is_keepable(text)
    check_text(text, "the name", "somewhere")
