"""Splits by time: bounds, shares, gaps; never one moment on both sides."""

import datetime
import logging

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.data import ColumnType, Table
from mainspring.data.splits import by_time, check_disjoint

DAYS = [f"2020-01-{day:02}" for day in (3, 1, 2, 5, 4, 5, 6, 8)]


def table(days: list[str] = DAYS, type_: ColumnType = ColumnType.DATE) -> Table:
    return Table.from_columns({"day": days, "row": list(range(1, len(days) + 1))}, {"day": type_})


def rows(splits: dict[str, Table]) -> dict[str, list[int]]:
    return {name: one.to_columns()["row"] for name, one in splits.items()}


@pytest.mark.parametrize("type_", [ColumnType.DATE, ColumnType.TIMESTAMP, ColumnType.STRING])
def test_bounds(type_: ColumnType) -> None:
    splits, numbers = by_time(table(type_=type_), "day", {"train": "<2020-01-05", "eval": ">=2020-01-05"})
    assert rows(splits) == {"train": [1, 2, 3, 5], "eval": [4, 6, 7, 8]}
    assert {name: numbers[name].tolist() for name in numbers} == rows(splits)


@pytest.mark.parametrize(
    ("bounds", "wanted"),
    [
        ({"a": "<=2020-01-02", "b": ">2020-01-02"}, {"a": [2, 3], "b": [1, 4, 5, 6, 7, 8]}),
        ({"b": ">=2020-01-06", "a": "<2020-01-06"}, {"b": [7, 8], "a": [1, 2, 3, 4, 5, 6]}),
        ({"a": "<2020-01-03", "b": ">=2020-01-04, <=2020-01-05"}, {"a": [2, 3], "b": [4, 5, 6]}),
        ({"a": "< 2020-01-03", "b": ">=2020-01-04 and <2020-01-06"}, {"a": [2, 3], "b": [4, 5, 6]}),
        ({"a": "<2020-01-03T00:00:00+01:00", "b": ">=2020-01-03"}, {"a": [2, 3], "b": [1, 4, 5, 6, 7, 8]}),
    ],
)
def test_kinds_of_bounds(bounds: dict[str, str], wanted: dict[str, list[int]]) -> None:
    splits, _ = by_time(table(), "day", bounds)
    assert rows(splits) == wanted
    assert list(splits) == list(bounds)


def test_a_day_without_a_time_is_the_whole_day() -> None:
    times = table(["2020-01-02 23:59:59.999999", "2020-01-03 00:00:00"], ColumnType.TIMESTAMP)
    splits, _ = by_time(times, "day", {"a": "<=2020-01-02", "b": ">2020-01-02"})
    assert rows(splits) == {"a": [1], "b": [2]}


def test_texts_may_name_their_zone() -> None:
    texts = ["2020-01-02T01:00:00+02:00", "2020-01-01T23:30:00Z", "2020-01-02T00:00:00"]
    splits, _ = by_time(table(texts, ColumnType.STRING), "day", {"a": "<=2020-01-01", "b": ">2020-01-01"})
    assert rows(splits) == {"a": [1, 2], "b": [3]}


def test_shares_are_cut_between_two_moments() -> None:
    splits, _ = by_time(table(), "day", {"train": 1, "eval": 1})
    assert rows(splits) == {"train": [1, 2, 3, 5], "eval": [4, 6, 7, 8]}
    splits, _ = by_time(table(), "day", {"train": 5, "eval": 3})  # the fifth row of eight has the day of the sixth
    assert rows(splits) == {"train": [1, 2, 3, 5], "eval": [4, 6, 7, 8]}
    splits, _ = by_time(table(), "day", {"train": 2, "eval": 1, "test": 1})
    assert rows(splits) == {"train": [1, 2, 3, 5], "eval": [4, 6], "test": [7, 8]}


def test_a_gap_is_left_out_of_the_earlier_split(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        splits, numbers = by_time(table(), "day", {"train": "<2020-01-05", "eval": ">=2020-01-05"}, gap="2d")
    assert rows(splits) == {"train": [1, 2, 3], "eval": [4, 6, 7, 8]}
    assert numbers["train"].tolist() == [1, 2, 3]
    assert [record.message for record in caplog.records] == ["1 of 8 rows are in no split by day"]
    splits, _ = by_time(table(), "day", {"train": 1, "eval": 1}, gap="3d")
    assert rows(splits) == {"train": [2, 3], "eval": [4, 6, 7, 8]}


def test_numbers_are_times_too() -> None:
    whole = Table.from_columns({"t": [5, 1, 3, 9], "row": [1, 2, 3, 4]})
    assert rows(by_time(whole, "t", {"a": "<=3", "b": ">3"})[0]) == {"a": [2, 3], "b": [1, 4]}
    assert rows(by_time(whole, "t", {"a": "<5", "b": ">=5"}, gap=3)[0]) == {"a": [2], "b": [1, 4]}
    parts = Table.from_columns({"t": [0.5, 0.1, 0.3, 0.9], "row": [1, 2, 3, 4]})
    assert rows(by_time(parts, "t", {"a": "<=0.3", "b": ">0.3"})[0]) == {"a": [2, 3], "b": [1, 4]}
    assert rows(by_time(parts, "t", {"a": 1, "b": 1}, gap=0.25)[0]) == {"a": [2], "b": [1, 4]}


@pytest.mark.parametrize(
    ("splits", "options", "words"),
    [
        ({"a": "<2020-01-05", "b": ">2020-01-01"}, {}, "overlap"),
        ({"a": "<2020-01-05", "b": "<2020-01-03"}, {}, "overlap"),
        ({"a": "2020-01-05", "b": ">2020-01-01"}, {}, "no bounds"),
        ({"a": ">2020-01-05 <2020-01-02"}, {}, "nothing lies in"),
        ({"a": "<soon", "b": ">=soon"}, {}, "not a date"),
        ({"a": "<2020-01-05", "b": 1}, {}, "shares"),
        ({"a": "<2000-01-01", "b": ">=2000-01-01"}, {}, "no row falls into split a"),
        ({"a": 1, "b": 1}, {"gap": "soon"}, "a gap of 'soon'"),
        ({"a": 1, "b": 1}, {"gap": "9d"}, "no row falls into split a"),
    ],
)
def test_what_is_refused(splits: dict[str, str], options: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        by_time(table(), "day", splits, **options)


def test_rows_without_a_time_are_refused() -> None:
    with pytest.raises(InputError, match="2 of 3 rows have no time"):
        by_time(table(["2020-01-01", "soon", None], ColumnType.STRING), "day", {"a": 1, "b": 1})
    with pytest.raises(InputError, match="is BOOL"):
        by_time(Table.from_columns({"t": [True, False]}), "t", {"a": 1, "b": 1})
    with pytest.raises(InputError, match="1 of 2 rows have no time"):
        by_time(Table.from_columns({"t": [1.5, float("nan")]}), "t", {"a": 1, "b": 1})


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.datetimes(datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 9)), min_size=2, max_size=40),
    st.integers(1, 5),
    st.integers(1, 5),
    st.integers(0, 2),
)
def test_times_never_overlap_and_shares_are_as_near_as_can_be(
    times: list[datetime.datetime], one: int, other: int, gap: int
) -> None:
    assume(len(set(times)) > 1)
    made = Table.from_columns({"t": times, "row": list(range(len(times)))})
    try:
        splits, _ = by_time(made, "t", {"train": one, "eval": other}, gap=f"{gap}d" if gap else 0)
    except InputError:  # a side without rows
        assume(False)
    check_disjoint(splits, time="t")
    before, behind = ([times[row] for row in rows(splits)[name]] for name in ("train", "eval"))
    assert min(behind) - max(before) >= datetime.timedelta(days=gap)
    if not gap:
        cut = abs(len(before) * (one + other) - len(times) * one)
        starts = [sum(1 for time in times if time < cut) for cut in set(times)]
        assert cut == min(abs(start * (one + other) - len(times) * one) for start in starts)
