import datetime

import pytest

from mainspring.core.errors import InputError
from mainspring.core.slices import Slice
from mainspring.data import Table, summarize
from mainspring.monitoring.windows import OTHER, Window, sliced
from mainspring.monitoring.windows.slicing import rules

ROWS = Table.from_columns(
    {
        "sex": ["F", "M", "F", None, "F", "X"],
        "age": [20.0, 20.5, 20.0, None, 30.0, 20.0],
        "paid": [True, None, False, True, True, True],
        "day": [datetime.date(2026, 1, 1)] * 2 + [None] * 4,
        "at": [datetime.datetime(2026, 1, 1, 12)] * 6,
        "tags": [["a"]] * 6,
    }
)


def sizes(column: str, most: int) -> dict[str, int]:
    window = Window(since=0, until=1, table=ROWS, requests=6, errors=0, complete=True)
    return {str(one): part.num_rows for one, part in sliced(window, [column], most=most).items()}


def test_each_value_has_a_slice_and_the_rarer_ones_one_together() -> None:
    assert sizes("sex", 9) == {"sex=F": 3, "sex=M": 1, "sex=X": 1, "sex=(missing)": 1}
    assert sizes("sex", 1) == {"sex=F": 3, "sex=(other)": 3}
    assert sizes("age", 1) == {"age=20": 3, "age=(other)": 3}
    assert sizes("age", 9) == {"age=20": 3, "age=20.5": 1, "age=30": 1, "age=(missing)": 1}
    assert sizes("paid", 1) == {"paid=true": 4, "paid=(other)": 2}
    assert sizes("day", 1) == {"day=(missing)": 4, "day=(other)": 2}
    assert sizes("at", 1) == {"at=2026-01-01T12:00:00": 6}


def test_columns_that_are_not_there_or_hold_many_values_have_no_slices() -> None:
    assert sliced(ROWS, ["gone", "tags"]) == {}
    assert sliced(ROWS.rows(0, 0), ["sex"]) == {}
    with pytest.raises(InputError):
        sliced(ROWS, ["sex"], most=0)


def test_parts_hold_their_rows() -> None:
    parts = sliced(ROWS, ["sex", "paid"], most=1)
    assert parts[Slice.of(sex="F")].column("age").tolist() == [20.0, 20.0, 30.0]
    assert parts[Slice.of(sex=OTHER)].to_columns()["sex"] == ["M", None, "X"]
    assert list(parts) == [
        Slice.of(sex="F"),
        Slice.of(sex=OTHER),
        Slice.of(paid="true"),
        Slice.of(paid=OTHER),
    ]


@pytest.mark.parametrize("most", [1, 2, 9])
def test_statistics_have_the_same_slices(most: int) -> None:
    for column in ("sex", "age", "paid", "day"):
        described = summarize(ROWS, slices=rules(ROWS, column, most)).split("train").slices
        assert {name: part.num_examples for name, part in described.items()} == sizes(column, most)
