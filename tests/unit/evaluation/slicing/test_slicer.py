from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core import InputError, Slice
from mainspring.data import Table
from mainspring.evaluation.slicing import Slicer, slice_rows

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


def test_a_row_with_a_list_is_in_the_slices_of_all_its_elements() -> None:
    table = Table.from_columns(
        {"tags": [["a", "b"], ["b", "b"], [], None, ["c", "d"]], "kind": ["x", "y", "y", "x", "x"]},
        types={"tags": "LIST"},
    )
    slicer = Slicer.of(table, ["tags", "tags * kind"], min_slice_size=2)
    found = {str(key): rows.tolist() for key, rows in slicer.cut(table).items()}
    assert found == {
        "tags=b": [0, 1],
        "tags=(missing)": [2, 3],
        "tags=(rare)": [0, 4],
        "kind=(rare), tags=(rare)": [0, 1, 2, 3, 4],
    }
    assert slicer.sizes[Slice.of(tags="(rare)")] == 2, "a row counts once, however many rare values it has"


def test_ranges_are_crossed_and_a_missing_number_is_a_slice_of_its_own() -> None:
    found = slice_rows(PEOPLE, ["age in [30, 50]", "sex = m * age in [45]"], min_slice_size=1).rows
    assert {str(key): rows.tolist() for key, rows in found.items()} == {
        "age=50 and more": [3, 4],
        "age=below 30": [0],
        "age=[30, 50)": [1, 2],
        "age=(missing)": [5],
        "age=below 45, sex=m": [2],
        "age=45 and more, sex=m": [4],
    }


def test_small_slices_that_were_named_are_left_out_one_by_one() -> None:
    sliced = slice_rows(PEOPLE, ["age in [30]", "sql old: age > 55"], min_slice_size=2)
    assert [str(key) for key in sliced.rows] == ["age=30 and more"]
    assert sliced.notes == (
        "age=below 30: left out, 1 row (under 2)",
        "age=(missing): left out, 1 row (under 2)",
        "sql=old: left out, 1 row (under 2)",
    )


def test_only_rows_that_can_be_judged_count() -> None:
    table = Table.from_columns(
        {"sex": ["f", "f", "m", "m"], "label": [1.0, float("nan"), 0.0, 1.0], "weight": [1, 1, 0, 2]}
    )
    slicer = Slicer.of(table, ["sex"], min_slice_size=1, needed=("label", None), weight="weight")
    assert slicer.sizes == {Slice.of(sex="f"): 1, Slice.of(sex="m"): 1}


def test_truth_values_are_named_as_such() -> None:
    table = Table.from_columns({"paid": [True, False, True]})
    assert list(slice_rows(table, ["paid"], min_slice_size=1).rows) == [
        Slice.of(paid="true"),
        Slice.of(paid="false"),
    ]


SPECS = [
    "word",
    "number",
    "many",
    "word * number",
    "many in [0, 1.5] * word",
    "list",
    "list * word",
    "sql a: number > 1",
]


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 90), st.integers(1, 40), st.integers(1, 12))
def test_chunks_give_what_the_whole_table_gives(seed: int, rows: int, size: int, smallest: int) -> None:
    random = np.random.default_rng(seed)
    words = np.array([None, "a", "b", "c", "(missing)"], dtype=object)
    table = Table.from_columns(
        {
            "word": words[random.integers(0, 5, rows)],
            "number": [None if x == 3 else x for x in random.integers(0, 4, rows).tolist()],
            "many": random.normal(size=rows),
            "list": [list("abcd"[: random.integers(0, 5)]) for _ in range(rows)],
            "other": [list("xyz"[: random.integers(0, 3)]) for _ in range(rows)],
            "label": [None if x < 0.2 else "yes" for x in random.random(rows)],
        },
        types={"word": "STRING", "number": "INT", "list": "LIST", "other": "LIST", "label": "STRING"},
    )
    kept = table.column("label") == "yes"
    whole = slice_rows(table, SPECS, min_slice_size=smallest, kept=kept)
    slicer = Slicer.of(table, SPECS, min_slice_size=smallest, needed=["label"])
    assert slicer.notes == whole.notes
    found: dict[Slice, list[int]] = {key: [] for key in slicer.slices}
    before = 0
    for start, chunk in zip(range(0, rows, size), table.chunks(size), strict=True):
        part = kept[start : start + size]
        for key, indices in slicer.cut(chunk, part).items():
            found[key] += (indices + before).tolist()
        before += int(part.sum())
    assert found == {key: indices.tolist() for key, indices in whole.rows.items()}
    assert {key: len(indices) for key, indices in found.items()} == slicer.sizes
