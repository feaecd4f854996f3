"""Large tables in chunks: exact where it is promised, within the stated bounds beyond, whatever the threads do."""

import numpy as np
import pytest

from mainspring.data import Table
from mainspring.data.profiling import Options, features, numbers, summarize, summarize_table, summarizing
from mainspring.data.profiling.numbers import SAMPLE, numbers_of, numbers_of_chunk

SQL = """
    SELECT setseed(0.25) AS s, unnest(range(60_000)) AS row, ln(random() + 1e-9) AS x,
    (random() * 7)::BIGINT AS small, (random() * 1e12)::BIGINT AS large,
    CASE WHEN random() < 0.1 THEN NULL ELSE random() * 100 END AS holes,
    'w' || (random() * random() * 5000)::INT AS word, random() < 0.3 AS yes,
    TIMESTAMP '2024-01-01' + to_seconds((random() * 1e6)::BIGINT) AS time
"""


@pytest.fixture(scope="module")
def table():
    return Table.of_query(SQL)


@pytest.fixture(scope="module")
def whole(table):
    return summarize_table(table).features


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(features, "CHUNK_ROWS", 7_000)
    monkeypatch.setattr(summarizing, "CHUNK_ROWS", 7_000)
    monkeypatch.setattr(summarizing, "_WINDOW", 4)
    monkeypatch.setattr(numbers, "SAMPLE", 2_000)


def test_chunks_give_the_same_answer_as_one_pass(table, whole, small_chunks):
    found = summarize_table(table).features
    assert list(found) == list(whole)
    for name, feature in found.items():
        other = whole[name]
        assert (feature.num_missing, feature.num_non_missing) == (other.num_missing, other.num_non_missing)
        ours, theirs = feature.numbers or feature.times, other.numbers or other.times
        if ours is not None:
            same_numbers(ours, theirs)
        if feature.words is not None:
            same_words(feature.words, other.words)


def same_numbers(ours, theirs):
    for exact in ("count", "num_nan", "num_inf", "zeros", "whole", "min", "max", "histogram"):
        assert getattr(ours, exact) == getattr(theirs, exact)
    assert ours.mean == pytest.approx(theirs.mean, rel=1e-9)
    assert ours.std_dev == pytest.approx(theirs.std_dev, rel=1e-9)
    assert ours.unique == pytest.approx(theirs.unique, rel=0.06)


def same_words(ours, theirs):
    for exact in ("total_length", "min", "max", "min_length", "max_length", "num_empty", "num_numbers"):
        assert getattr(ours, exact) == getattr(theirs, exact)
    assert ours.frequencies.total == theirs.frequencies.total
    assert ours.frequencies.top(20) == theirs.frequencies.top(20)
    assert ours.unique == pytest.approx(theirs.unique, rel=0.06)


def test_the_number_of_threads_changes_nothing(table, small_chunks):
    one, many = (summarize_table(table, options=Options(threads=count)) for count in (1, 5))
    assert one == many


@pytest.mark.parametrize("kind", ["normal", "lognormal", "student", "mostly zero", "sorted"])
def test_sampled_ranks_are_off_by_less_than_half_a_hundredth(kind):
    dice = np.random.default_rng(3)
    size = 400_000
    values = {
        "normal": dice.normal(size=size),
        "lognormal": dice.lognormal(3, 2, size=size),
        "student": dice.standard_t(2, size=size),
        "mostly zero": np.where(dice.random(size) < 0.8, 0.0, dice.random(size)),
        "sorted": np.sort(dice.normal(size=size)),
    }[kind]
    assert size > SAMPLE
    found, exact = numbers_of_chunk(values), numbers_of(values)
    ordered = np.sort(values)
    for share in np.arange(1, 100) / 100:
        asked = found.quantile(share)
        low = np.searchsorted(ordered, asked, "left") / size
        high = np.searchsorted(ordered, asked, "right") / size
        assert low - 0.005 <= share <= high + 0.005
    assert (found.count, found.min, found.max, found.zeros) == (exact.count, exact.min, exact.max, exact.zeros)
    assert found.mean == pytest.approx(exact.mean, rel=1e-9)
    assert found.histogram == exact.histogram
    assert found.unique == pytest.approx(exact.unique, rel=0.05)


def test_few_different_values_are_exact_in_large_chunks():
    dice = np.random.default_rng(4)
    for values in (dice.integers(-50, 50, 300_000), dice.integers(0, 9, 300_000) / 4, np.full(300_000, 1e300)):
        found, exact = numbers_of_chunk(values), numbers_of(values)
        assert (found.quantiles, found.unique, found.whole) == (exact.quantiles, exact.unique, exact.whole)
        assert found.quantiles.exact


def test_nan_and_infinities_in_large_chunks():
    values = np.arange(300_000, dtype=np.float64)
    values[:3], values[3:8] = np.nan, -np.inf
    found = numbers_of_chunk(values, (0.0, 300_000.0))
    assert (found.num_nan, found.num_inf, found.count, found.min) == (3, 5, 299_992, 8.0)
    assert found.histogram.edges[-1] == 300_000.0
    assert sum(found.histogram.counts) == 299_992


def test_bounds_look_past_nan_and_infinity(small_chunks):
    table = Table.of_query(
        "SELECT CASE range % 3 WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN '-inf'::DOUBLE ELSE range END AS x, "
        "NULL::DOUBLE AS y FROM range(15_000)"
    )
    found = summarize_table(table).features
    assert (found["x"].numbers.count, found["x"].numbers.num_nan, found["x"].numbers.num_inf) == (
        5_000,
        5_000,
        5_000,
    )
    assert found["x"].numbers.histogram.exact
    assert (found["x"].numbers.histogram.edges[0], found["x"].numbers.max) == (2.0, 14_999.0)
    assert (found["y"].num_missing, found["y"].numbers.count) == (15_000, 0)


def test_offenders_are_named_by_their_row_in_the_whole_table(small_chunks):
    table = Table.of_query(
        "SELECT CASE WHEN range = 14_005 THEN 'oops' ELSE range::VARCHAR END AS x FROM range(15_000)"
    )
    (offender,) = summarize_table(table).features["x"].words.offenders
    assert (offender.value, offender.row) == ("oops", 14_006)


def test_only_some_features(table):
    nested = Table.of_query("SELECT {'a': 1, 'b': {'c': 2, 'd': 3}} AS s, 4 AS t")
    assert list(summarize(table, features=["x", "yes"]).split("train").features) == ["x", "yes"]
    assert list(summarize(nested, features=["s.b"]).split("train").features) == ["s.b", "s.b.c", "s.b.d"]
    assert "t" not in summarize(nested, features=["s"]).split("train").features
