"""Statistics as nouns: merging, saving."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import ColumnType, FeatureStatistics, Statistics, Table, summarize
from mainspring.data.profiling import numbers_of, summarize_table

FLOATS = st.lists(st.floats(-1e9, 1e9).map(lambda x: round(x, 3)), max_size=50)


@settings(max_examples=60, deadline=None)
@given(FLOATS, FLOATS)
def test_numbers_of_parts_are_those_of_the_whole(one, other):
    whole = numbers_of(np.array([*one, *other], dtype=np.float64))
    merged = numbers_of(np.array(one, dtype=np.float64)).merge(numbers_of(np.array(other, dtype=np.float64)))
    for exact in ("count", "zeros", "whole", "min", "max", "unique", "quantiles", "median"):
        assert getattr(merged, exact) == getattr(whole, exact) or not whole.count
    assert merged.histogram.counts == whole.histogram.counts
    if whole.count:
        size = max(abs(whole.min), abs(whole.max), 1e-300)
        assert merged.mean == pytest.approx(whole.mean, rel=1e-9, abs=1e-9 * size)
        assert merged.std_dev == pytest.approx(whole.std_dev, rel=1e-9, abs=1e-7 * size)


def test_merging_tables_and_splits(tips):
    whole = summarize_table(tips)
    parts = [summarize_table(tips.rows(start, start + 50)) for start in range(0, 200, 50)]
    merged = parts[0].merge(parts[1]).merge(parts[2].merge(parts[3]))
    assert merged.num_examples == 200
    assert merged.features["day"] == whole.features["day"]
    assert merged.features["smoker"] == whole.features["smoker"]
    assert merged.features["size"].numbers.quantiles == whole.features["size"].numbers.quantiles
    assert merged.features["bill"].num_missing == whole.features["bill"].num_missing
    assert merged.features["bill"].numbers.mean == pytest.approx(whole.features["bill"].numbers.mean, rel=1e-12)
    both = Statistics({"train": parts[0]}).merge(Statistics({"train": parts[1], "eval": parts[2]}))
    assert (both.split("train").num_examples, both.split("eval")) == (100, parts[2])


def test_whole_and_fractional_parts_merge_and_words_do_not():
    whole, fractional = (summarize_table(Table.from_columns({"x": values})) for values in ([1, 2], [2.5, None]))
    merged = whole.merge(fractional).features["x"]
    assert (merged.type, merged.numbers.count, merged.num_missing, merged.numbers.max) == (
        ColumnType.FLOAT,
        3,
        1,
        2.5,
    )
    with pytest.raises(InputError, match="'x' is INT in one part and STRING in the other"):
        whole.merge(summarize_table(Table.from_columns({"x": ["a"]})))
    with pytest.raises(InputError, match="only one of the parts has the columns x, y"):
        whole.merge(summarize_table(Table.from_columns({"y": [1]})))


def test_many_different_values_merge_within_bounds():
    dice = np.random.default_rng(0)
    values = dice.normal(size=20_000)
    words = [f"w{n}" for n in dice.integers(0, 4000, size=20_000)]
    table = Table.from_columns({"x": values, "w": words})
    whole = summarize_table(table)
    merged = summarize_table(table.rows(0, 12_000)).merge(summarize_table(table.rows(12_000, 20_000)))
    x, w = merged.features["x"], merged.features["w"]
    assert x.unique == pytest.approx(20_000, rel=0.05)
    assert w.unique == pytest.approx(len(set(words)), rel=0.05)
    assert (whole.features["x"].unique, whole.features["w"].unique) == (20_000, len(set(words)))
    assert x.numbers.distinct == whole.features["x"].numbers.distinct
    assert w.words.distinct == whole.features["w"].words.distinct
    assert abs((values < x.numbers.median).mean() - 0.5) < 0.003
    assert not x.numbers.histogram.exact
    assert sum(x.numbers.histogram.counts) == pytest.approx(20_000)


def test_saved_and_loaded(tips, tmp_path):
    found = summarize({"train": tips, "eval": tips.rows(0, 30)})
    found.save(tmp_path)
    again = Statistics.load(tmp_path)
    assert again == found
    first = (tmp_path / "statistics.json").read_bytes()
    again.save(tmp_path)
    assert (tmp_path / "statistics.json").read_bytes() == first
    assert found.properties() == {"rows_train": 200, "rows_eval": 30, "features": 5}


def test_unknown_names(tips):
    found = summarize(tips)
    with pytest.raises(NotFoundError, match="split 'eval'"):
        found.split("eval")
    with pytest.raises(NotFoundError, match="'nope'"):
        found.split("train").feature("nope")


def test_an_empty_feature():
    empty = FeatureStatistics("x", ColumnType.FLOAT, 0, 0)
    assert (empty.presence, empty.num_examples, empty.unique) == (1.0, 0, 0)
