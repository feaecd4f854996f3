from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core import InputError, Slice
from mainspring.data import Table
from mainspring.evaluation.slicing import Slicer


def people(cells: dict[tuple[str, str], int]) -> Table:
    pairs = [pair for pair, count in cells.items() for _ in range(count)]
    return Table.from_columns({"sex": [sex for sex, _ in pairs], "race": [race for _, race in pairs]})


def shown(slicer: Slicer) -> list[str]:
    return sorted(map(str, slicer.slices))


def test_the_only_small_value_takes_the_next_smallest_with_it() -> None:
    table = people({("f", "a"): 80, ("f", "b"): 18, ("f", "c"): 2})
    assert shown(Slicer.of(table, ["race"], min_slice_size=1, privacy_floor=10)) == ["race=(rare)", "race=a"]
    assert Slicer.of(table, ["race"], privacy_floor=10).sizes[Slice.of(race="(rare)")] == 20


def test_what_all_rows_are_without_a_slice_is_not_small_either() -> None:
    table = people({("f", "a"): 97, ("m", "a"): 3})
    assert shown(Slicer.of(table, ["sql most: sex = 'f'"], privacy_floor=10)) == []
    nested = ["sql some: race = 'a'", "sql fewer: race = 'a' AND sex = 'f'"]
    table = people({("f", "a"): 50, ("m", "a"): 3, ("m", "b"): 47})
    assert shown(Slicer.of(table, nested, privacy_floor=10)) == ["sql=some"]


def test_a_small_cell_cannot_be_worked_out_from_rows_and_columns_of_a_cross() -> None:
    # f and c is small. Hidden with one more of its row and one of its column, it follows from the fourth corner.
    cells = {("f", "a"): 40, ("f", "b"): 30, ("f", "c"): 3, ("m", "a"): 50, ("m", "b"): 60, ("m", "c"): 47}
    slicer = Slicer.of(people(cells), ["sex", "race", "sex * race"], privacy_floor=10)
    crossed = [key for key in slicer.slices if len(key.values) == 2 and "(rare)" not in str(key)]
    # Shown as they are, sex and race leave two unknowns in a table of two by three: one column of it may be shown.
    assert len(crossed) <= 2
    assert Slice.of(sex="f", race="c") not in crossed
    assert {len({dict(key.values)["race"] for key in crossed})} <= {0, 1}


def test_notes_hold_no_counts() -> None:
    table = people({("f", "a"): 80, ("f", "b"): 18, ("f", "c"): 2})
    assert Slicer.of(table, ["race", "sex"], privacy_floor=10).notes == (
        "race: slices are left out or folded, so that nothing can be worked out for fewer than 10 rows",
    )


def test_too_few_rows_for_anything_is_an_error() -> None:
    with pytest.raises(InputError, match="fewer than 50 rows"):
        Slicer.of(people({("f", "a"): 49}), ["sex"], privacy_floor=50)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(20, 120), st.integers(2, 12))
def test_no_difference_of_two_shown_slices_and_no_shown_slice_is_small(seed: int, rows: int, floor: int) -> None:
    random = np.random.default_rng(seed)
    table = Table.from_columns(
        {
            "a": random.choice([f"a{i}" for i in range(4)], rows, p=[0.6, 0.3, 0.08, 0.02]),
            "b": random.choice(["x", "y", "z"], rows, p=[0.8, 0.15, 0.05]),
            "n": random.integers(0, 9, rows),
        }
    )
    specs = ["a", "b", "a * b", "n in [2, 8]", "sql s: n > 0"]
    slicer = Slicer.of(table, specs, min_slice_size=1, privacy_floor=floor)
    whole = np.ones(rows, dtype=bool)
    found = [whole, *(np.isin(np.arange(rows), indices) for indices in slicer.cut(table).values())]
    for one in found:
        assert one.sum() >= floor
        for other in found:
            if not (other & ~one).any():
                assert not 0 < (one & ~other).sum() < floor
