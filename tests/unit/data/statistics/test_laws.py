"""The law of all statistics: parts of the data, put together in any way, give the answer of one pass."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.data import ColumnType, Statistics, Table
from mainspring.data.profiling import StatisticsBuilder, numbers_of, summarize_parts, summarize_table
from mainspring.data.statistics import merge_all

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "x": st.none() | st.floats(-1e6, 1e6).map(lambda x: round(x, 2)),
            "n": st.none() | st.integers(-(2**40), 2**40),
            "w": st.none() | st.text("aé ", max_size=3),
            "b": st.none() | st.booleans(),
        }
    ),
    min_size=1,
    max_size=40,
)
TYPES = {"x": ColumnType.FLOAT, "n": ColumnType.INT, "w": ColumnType.STRING, "b": ColumnType.BOOL}


def table_of(rows):
    table = Table.from_rows(rows, types=TYPES)
    # A list and a structure beside the plain columns.
    return table.sql("SELECT *, [x, x] AS twice, {'n': n} AS s, DATE '2020-01-01' + (n % 9)::INT AS d FROM this")


def cut(table, places):
    bounds = [0, *sorted({min(place, table.num_rows) for place in places}), table.num_rows]
    return [table.rows(start, stop) for start, stop in itertools.pairwise(bounds)]


@settings(max_examples=30, deadline=None)
@given(ROWS, st.lists(st.integers(0, 40), max_size=4), st.randoms(use_true_random=False))
def test_parts_in_any_order_and_grouping_are_the_whole(rows, places, dice):
    table = table_of(rows)
    whole = summarize_table(table)
    parts = [summarize_table(part) for part in cut(table, places)]
    shuffled = dice.sample(parts, len(parts))
    middle = len(parts) // 2
    grouped = [merge_all(group) for group in (parts[:middle], parts[middle:]) if group]
    for found in (merge_all(parts), merge_all(shuffled), merge_all(grouped), grouped[0].merge(grouped[-1])):
        if found.num_examples == whole.num_examples:
            same(found, whole)


def same(found, whole):
    assert found.num_examples == whole.num_examples
    assert list(found.features) == list(whole.features)
    for name, feature in found.features.items():
        other = whole.features[name]
        assert (feature.type, feature.num_missing, feature.levels) == (other.type, other.num_missing, other.levels)
        for ours, theirs in ((feature.numbers, other.numbers), (feature.times, other.times)):
            assert (ours is None) == (theirs is None)
            if ours is not None:
                same_numbers(ours, theirs)
        assert feature.words == other.words
        if feature.words is not None:
            assert feature.words.rank_histogram() == other.words.rank_histogram()


def same_numbers(ours, theirs):
    for exact in (
        "count",
        "num_nan",
        "num_inf",
        "zeros",
        "whole",
        "min",
        "max",
        "unique",
        "quantiles",
        "histogram",
    ):
        assert getattr(ours, exact) == getattr(theirs, exact)
    if ours.count:
        size = max(abs(ours.min), abs(ours.max), 1e-300)
        assert ours.mean == pytest.approx(theirs.mean, rel=1e-9, abs=1e-9 * size)
        assert ours.std_dev == pytest.approx(theirs.std_dev, rel=1e-9, abs=1e-7 * size)


@settings(max_examples=10, deadline=None)
@given(ROWS, st.lists(st.integers(0, 40), max_size=4))
def test_windows_files_and_processes_are_the_whole(rows, places):
    table = table_of(rows)
    whole = summarize_table(table)
    windows = cut(table, places)
    builder = StatisticsBuilder()
    for window in windows:
        builder.update(window)
    sent = [Statistics({"train": summarize_table(window)}).to_bytes() for window in windows]
    same(builder.statistics, whole)
    same(summarize_parts(windows), whole)
    same(merge_all(Statistics.from_bytes(data) for data in sent).split("train"), whole)
    assert builder.num_examples == table.num_rows


def test_many_windows_stay_in_their_bounds():
    dice = np.random.default_rng(8)
    values = dice.lognormal(2, 1.5, size=(80, 1500))
    builder = StatisticsBuilder()
    for window in values:
        builder.update(Table.from_columns({"x": window, "w": [f"w{n}" for n in dice.zipf(1.3, 1500) % 4000]}))
    found = builder.statistics
    numbers, words = found.feature("x").numbers, found.feature("w").words
    assert rank_error(numbers, values.ravel()) <= 0.005
    assert numbers.mean == pytest.approx(values.mean(), rel=1e-9)
    assert numbers.std_dev == pytest.approx(values.std(), rel=1e-9)
    assert numbers.unique == pytest.approx(120_000, rel=0.06)
    assert words.frequencies.total == 120_000
    assert words.frequencies.top(1)[0][0] == "w1"


def test_merging_in_one_go_keeps_the_error_within_twice_that_of_one_part():
    dice = np.random.default_rng(9)
    values = dice.standard_t(2, size=(100, 2000)) + np.linspace(0, 3, 100)[:, None]
    found = merge_all(numbers_of(part) for part in values)
    assert rank_error(found, values.ravel()) <= 2 * 0.001


def rank_error(numbers, values):
    ordered = np.sort(values)
    worst = 0.0
    for share in np.arange(1, 100) / 100:
        asked = numbers.quantile(share)
        low = np.searchsorted(ordered, asked, "left") / len(ordered)
        high = np.searchsorted(ordered, asked, "right") / len(ordered)
        worst = max(worst, low - share, share - high)
    return worst


def test_offenders_of_windows_are_named_by_their_row_in_the_stream():
    builder = StatisticsBuilder()
    for window in (["1", "2", "3"], ["4", "x", "6"]):
        builder.update(Table.from_columns({"n": window}))
    (offender,) = builder.statistics.feature("n").words.offenders
    assert (offender.value, offender.row) == ("x", 5)


def test_parts_that_do_not_fit_are_refused():
    builder = StatisticsBuilder()
    with pytest.raises(InputError, match="no rows came yet"):
        _ = builder.statistics
    builder.update(Table.from_columns({"x": [1]}))
    with pytest.raises(InputError, match="INT in one part and STRING"):
        builder.update(Table.from_columns({"x": ["a"]}))
    with pytest.raises(InputError, match="the columns x, y"):
        builder.update(Table.from_columns({"y": [1]}))
    assert builder.statistics.num_examples == 1
    with pytest.raises(InputError, match="1 deep in one part and 2 in the other"):
        summarize_parts(Table.of_query(f"SELECT {cell} AS x") for cell in ("[1]", "[[1]]"))
    with pytest.raises(InputError, match="no statistics to merge"):
        merge_all([])


def test_times_are_words_only_while_they_are_few_everywhere():
    few, many = (
        summarize_table(
            Table.of_query(f"SELECT TIMESTAMP '2024-01-01' + to_seconds(range) AS t FROM range({count})")
        )
        for count in (5, 1500)
    )
    assert few.merge(few).feature("t").words.unique == 5
    assert few.merge(many).feature("t").words is None
    assert many.merge(few).feature("t").unique == pytest.approx(1500, rel=0.06)
