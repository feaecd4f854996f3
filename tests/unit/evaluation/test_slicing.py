from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core import InputError, Slice
from mainspring.data import Table
from mainspring.evaluation.slicing import slice_rows

PEOPLE = Table.from_columns(
    {
        "sex": ["f", "f", "m", None, "m", "f"],
        "race": ["a", "b", "a", "a", "b", "a"],
        "age": [20.0, 30.0, 40.0, 50.0, 60.0, float("nan")],
    }
)


def test_every_value_is_a_slice_and_so_are_the_rows_without_one() -> None:
    found = slice_rows(PEOPLE, ["sex"], min_slice_size=1).rows
    assert {str(key): rows.tolist() for key, rows in found.items()} == {
        "sex=f": [0, 1, 5],
        "sex=m": [2, 4],
        "sex=(missing)": [3],
    }


def test_columns_can_be_crossed() -> None:
    found = slice_rows(PEOPLE, ["sex * race"], min_slice_size=1).rows
    assert found[Slice.of(sex="f", race="a")].tolist() == [0, 5]
    assert found[Slice.of(sex="m", race="b")].tolist() == [4]


def test_rare_values_are_folded_and_it_is_said() -> None:
    table = Table.from_columns({"city": ["x"] * 10 + ["y"] * 3 + ["z"] * 3})
    sliced = slice_rows(table, ["city"], min_slice_size=5)
    assert {str(key): len(rows) for key, rows in sliced.rows.items()} == {"city=x": 10, "city=(rare)": 6}
    assert "city" in " ".join(sliced.notes)


def test_numbers_with_many_values_are_cut_in_quarters() -> None:
    table = Table.from_columns({"fare": np.arange(100.0)})
    sliced = slice_rows(table, ["fare"], min_slice_size=1)
    assert [len(rows) for rows in sliced.rows.values()] == [25, 25, 25, 25]
    first = min(sliced.rows, key=lambda key: sliced.rows[key].min())
    assert sliced.rows[first].tolist() == list(range(25))


def test_rows_that_take_no_part_belong_to_no_slice() -> None:
    kept = np.array([True, False, True, True, True, True])
    found = slice_rows(PEOPLE, ["sex"], min_slice_size=1, kept=kept).rows
    assert found[Slice.of(sex="f")].tolist() == [0, 4], "indices count the rows that were kept"


def test_unknown_columns_are_named_all_at_once() -> None:
    with pytest.raises(InputError, match=r"'colour', 'size'") as caught:
        slice_rows(PEOPLE, ["size", "sex * colour"])
    assert "sex, race, age" in str(caught.value.expected)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=1, max_size=60), st.integers(1, 10))
def test_slices_of_a_column_never_overlap_and_cover_all_but_what_is_too_small(
    values: list[str | None], smallest: int
) -> None:
    table = Table.from_rows([{"v": value, "n": 1} for value in values])
    rows = slice_rows(table, ["v"], min_slice_size=smallest).rows
    seen = [index for indices in rows.values() for index in indices.tolist()]
    assert len(seen) == len(set(seen))
    assert len(values) - len(seen) < smallest
    assert all(len(indices) >= smallest for indices in rows.values())
