"""Structures, lists, bytes, dates and times: known answers worked out by hand."""

import numpy as np
import pytest

from mainspring.data import ColumnType, Table
from mainspring.data.profiling import features, summarize_table
from mainspring.data.profiling.paths import paths


def described(sql):
    return summarize_table(Table.of_query(sql)).features


def test_fields_of_structures_are_features():
    found = described(
        "SELECT unnest([{'age': 39, 'home': {'city': 'Lund'}}, {'age': NULL, 'home': NULL}, NULL]) AS person"
    )
    assert list(found) == ["person", "person.age", "person.home", "person.home.city"]
    assert [feature.type for feature in found.values()] == [
        ColumnType.STRUCT,
        ColumnType.INT,
        ColumnType.STRUCT,
        ColumnType.STRING,
    ]
    assert [feature.num_missing for feature in found.values()] == [1, 2, 2, 2]
    assert found["person.age"].numbers.mean == 39
    assert found["person.home.city"].words.frequencies.counts == {"Lund": 1}
    assert found["person"].unique == 0


def test_points_in_names_are_escaped():
    found = described("""SELECT 1 AS "v1.5", {'a.b': 2} AS s""")
    assert list(found) == [r"v1\.5", "s", r"s.a\.b"]


def test_a_missing_list_is_not_an_empty_one():
    tags = described("SELECT unnest([['a', 'b', NULL], [], NULL, ['a']]) AS tags")["tags"]
    assert (tags.type, tags.num_missing, tags.num_non_missing, tags.num_values) == (ColumnType.STRING, 1, 3, 4)
    (level,) = tags.levels
    assert (level.num_lists, level.num_missing, level.num_empty) == (3, 1, 1)
    assert (level.min_values, level.max_values, level.avg_values) == (0, 3, 4 / 3)
    assert (level.lengths.values, level.lengths.weights) == ((0, 1, 3), (1, 1, 1))
    assert sum(level.histogram().counts) == 3
    assert tags.words.frequencies.counts == {"a": 2, "b": 1}


def test_every_level_of_lists_is_told():
    found = described("SELECT unnest([[[1, 2], NULL, []], [], [[3, NULL]], NULL]) AS x")["x"]
    outer, inner = found.levels
    assert (outer.num_lists, outer.num_missing, outer.num_empty, outer.total_values) == (3, 1, 1, 4)
    assert (inner.num_lists, inner.num_missing, inner.num_empty, inner.total_values) == (3, 1, 1, 4)
    assert (found.numbers.count, found.numbers.mean, found.num_values) == (3, 2.0, 4)


def test_lists_of_structures():
    found = described(
        "SELECT unnest([[{'price': 2.5, 'tags': ['x', 'y']}, {'price': NULL, 'tags': NULL}], NULL, []]) AS items"
    )
    assert list(found) == ["items", "items.price", "items.tags"]
    assert (found["items"].type, len(found["items"].levels)) == (ColumnType.STRUCT, 1)
    price, tags = found["items.price"], found["items.tags"]
    assert (price.num_missing, price.num_values, price.numbers.count, price.numbers.max) == (1, 2, 1, 2.5)
    assert [level.num_missing for level in tags.levels] == [1, 1]
    assert tags.words.frequencies.counts == {"x": 1, "y": 1}


def test_bytes_have_sizes_and_may_be_no_text():
    found = described(r"SELECT unnest(['abc'::BLOB, ''::BLOB, '\xff\xfe'::BLOB, NULL, 'abc'::BLOB]) AS b")["b"]
    assert (found.sizes.count, found.sizes.total, found.sizes.min, found.sizes.max) == (4, 8, 0, 3)
    assert (found.sizes.avg, found.unique, found.words.num_invalid_utf8) == (2.0, 3, 1)
    assert found.words.frequencies.counts == {"616263": 2, "": 1, "fffe": 1}
    long = described("SELECT repeat('x', 65)::BLOB AS b")["b"]
    assert next(iter(long.words.frequencies.counts)).startswith("md5:")


def test_dates_and_times_are_seconds_since_1970():
    found = described(
        "SELECT unnest([DATE '1970-01-02', DATE '1970-01-04', NULL]) AS d, "
        "unnest([TIMESTAMP '1970-01-01 00:00:01.5', TIMESTAMP 'infinity', NULL]) AS t"
    )
    days, times = found["d"].times, found["t"].times
    assert (days.count, days.min, days.max, days.mean) == (2, 86400.0, 3 * 86400.0, 2 * 86400.0)
    assert (times.count, times.num_inf, times.min) == (1, 1, 1.5)
    assert found["d"].words.frequencies.counts == {"1970-01-02": 1, "1970-01-04": 1}
    assert (found["t"].num_missing, found["t"].words.min) == (1, "1970-01-01T00:00:01.5")
    many = described("SELECT TIMESTAMP '2024-01-01' + to_seconds(range) AS t FROM range(1001)")["t"]
    assert (many.words, many.unique) == (None, 1001)


def test_texts_without_letters_and_their_lengths():
    words = described("SELECT unnest(['', 'ab', '漢', '', 'inf', ' 7 ', '+inf', '1_0', 'nano']) AS w")["w"].words
    assert (words.num_empty, words.min_length, words.max_length, words.total_length) == (2, 0, 4, 20)
    assert (words.num_numbers, words.num_whole) == (3, 1)


def test_whatever_else_is_counted_as_text():
    found = described("SELECT MAP {'a': 1} AS m UNION ALL SELECT NULL")["m"]
    assert (found.type, found.num_missing, found.words.frequencies.counts) == (ColumnType.OTHER, 1, {"{a=1}": 1})


def test_long_lists_are_read_in_pieces(monkeypatch):
    table = Table.of_query(
        "SELECT range AS row, list_transform(range(range), lambda x: x * 1.5) AS x FROM range(300)"
    )
    whole = summarize_table(table).features["x"]
    monkeypatch.setattr(features, "_VALUES", 5_000)
    pieces = summarize_table(table).features["x"]
    assert pieces.levels == whole.levels
    assert (pieces.num_missing, pieces.num_non_missing, pieces.num_values) == (0, 300, 44_850)
    assert pieces.numbers.count == 44_850
    assert pieces.numbers.mean == pytest.approx(whole.numbers.mean, rel=1e-12)
    assert (pieces.numbers.quantiles, pieces.unique) == (whole.numbers.quantiles, 299)


def test_features_know_how_they_are_read():
    table = Table.of_query("SELECT [[{'a': [1.0]}]] AS x, 'w' AS y")
    assert [(path.name, path.type, path.depth) for path in paths(table)] == [
        ("x", ColumnType.STRUCT, 2),
        ("x.a", ColumnType.FLOAT, 3),
        ("y", ColumnType.STRING, 0),
    ]
    found = summarize_table(table).features["x.a"]
    assert [level.num_lists for level in found.levels] == [1, 1, 1]
    assert np.allclose(found.numbers.quantiles.values, [1.0])
