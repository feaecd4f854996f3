"""Slices: equal when they mean the same rows."""

from hypothesis import given
from hypothesis import strategies as st

from mainspring.core import Slice

mappings = st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4)


def test_known_texts() -> None:
    assert str(Slice()) == "all rows"
    assert str(Slice.of(sex="Female")) == "sex=Female"
    assert str(Slice.of({"native-country": "Cuba"}, sex="Female")) == "native-country=Cuba, sex=Female"


def test_a_named_value_wins_over_the_mapping() -> None:
    assert Slice.of({"sex": "Male"}, sex="Female") == Slice.of(sex="Female")


@given(mappings)
def test_order_of_columns_does_not_matter(mapping: dict[str, str]) -> None:
    backwards = {name: mapping[name] for name in reversed(mapping)}
    assert Slice.of(mapping) == Slice.of(backwards)
    assert hash(Slice.of(mapping)) == hash(Slice.of(backwards))


@given(mappings, mappings)
def test_equal_exactly_when_the_columns_and_values_are(one: dict[str, str], other: dict[str, str]) -> None:
    assert (Slice.of(one) == Slice.of(other)) == (one == other)


@given(mappings)
def test_a_slice_gives_its_mapping_back(mapping: dict[str, str]) -> None:
    assert dict(Slice.of(mapping).values) == mapping
