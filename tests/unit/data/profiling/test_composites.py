from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.data.profiling.composites import measure_composites
from mainspring.data.statistics.composites import CompositeStatistics


@dataclass
class Sparse:
    name: str
    index: tuple[str, ...]
    value: str


@dataclass
class Weighted:
    name: str
    feature: str
    weight: str


def lists(rows: list[tuple[list[int] | None, ...]], names: str) -> Table:
    cells = ", ".join(
        "(" + ", ".join("NULL::BIGINT[]" if cell is None else f"{cell}::BIGINT[]" for cell in row) + ")"
        for row in rows
    )
    return Table.of_query(f"SELECT * FROM (VALUES {cells}) AS t({', '.join(names)})")


ROWS = [
    ([1, 2], [1, 2], [1, 2]),
    ([1, 2], [1], [1, 2, 3]),
    (None, [1], [1]),
    ([1], None, [1]),
    ([1], [], None),
    (None, None, None),
]


def test_a_sparse_feature_of_two_dimensions() -> None:
    found = measure_composites(lists(ROWS, "vxy"), [Sparse("s", ("x", "y"), "v")])["s"]
    assert found.num_examples == 5  # the last row holds nothing of it
    assert found.missing_value == 1
    assert found.missing_index == {"x": 1, "y": 1}
    assert found.min_length_diff == {"x": -1, "y": -1}
    assert found.max_length_diff == {"x": 1, "y": 1}
    assert not found.fits


def test_a_weighted_feature() -> None:
    found = measure_composites(lists(ROWS, "vwz"), weighted=[Weighted("w", "v", "w")])["w"]
    assert (found.kind, found.num_examples) == ("weighted", 5)
    assert (found.missing_value, found.missing_weight) == (1, 1)
    assert (found.min_length_diff, found.max_length_diff) == ({"w": -1}, {"w": 1})


def test_lists_that_fit() -> None:
    found = measure_composites(lists(ROWS[:1] * 3, "vwz"), [Sparse("s", ("w", "z"), "v")])["s"]
    assert found.fits
    assert (found.min_length_diff, found.max_length_diff) == ({"w": 0, "z": 0}, {"w": 0, "z": 0})


def test_single_values_are_lists_of_one() -> None:
    table = Table.from_columns({"value": [1.5, None, None], "weight": [1.0, 2.0, None]})
    found = measure_composites(table, weighted=[Weighted("w", "value", "weight")])["w"]
    assert (found.num_examples, found.missing_value, found.max_length_diff) == (2, 1, {"weight": 1})


def test_fields_of_structures() -> None:
    table = Table.of_query("SELECT {'i': [1, 2], 'v': [0.5]} AS s UNION ALL SELECT {'i': NULL, 'v': [1.0]}")
    found = measure_composites(table, [Sparse("x", ("s.i",), "s.v")])["x"]
    assert (found.num_examples, found.missing_index, found.max_length_diff) == (2, {"s.i": 1}, {"s.i": 1})


def test_no_rows() -> None:
    found = measure_composites(lists(ROWS, "vxy").where("false"), [Sparse("s", ("x",), "v")])["s"]
    assert found == CompositeStatistics(value="v", missing_index={"x": 0})
    assert found.merge(found) == found


def test_all_faults_are_told_at_once() -> None:
    wanted = [Sparse("s", ("x", "gone"), "v"), Sparse("s", (), "lost")]
    with pytest.raises(InputError) as caught:
        measure_composites(lists(ROWS, "vxy"), wanted)
    message = str(caught.value)
    assert all(part in message for part in ("'gone'", "'lost'", "declared twice", "no columns of indices"))


LISTS = st.one_of(st.none(), st.lists(st.integers(0, 3), max_size=3))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(LISTS, LISTS, LISTS), min_size=3, max_size=9))
def test_parts_merge_to_the_whole(rows: list[tuple[list[int] | None, ...]]) -> None:
    def measured(some: list[tuple[list[int] | None, ...]]) -> CompositeStatistics:
        return measure_composites(lists(some, "vxy"), [Sparse("s", ("x", "y"), "v")])["s"]

    one, two, three = measured(rows[:1]), measured(rows[1:2]), measured(rows[2:])
    whole = measured(rows)
    assert CompositeStatistics.merged([one, two, three]) == whole
    assert three.merge(one).merge(two) == whole == one.merge(two.merge(three))
    assert msgspec.json.decode(msgspec.json.encode(whole), type=CompositeStatistics) == whole
