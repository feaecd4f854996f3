import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from mainspring.data import ColumnType, Table, summarize
from mainspring.data.statistics import FeatureStatistics
from mainspring.monitoring.detectors.binned import bins_of_reference

NUMBERS = st.one_of(st.sampled_from([0.0, 1.0, 2.5]), st.floats(-100, 100), st.none())


def feature(values: object, type_: ColumnType = ColumnType.FLOAT) -> FeatureStatistics:
    table = Table.from_columns({"x": values}, types={"x": type_})
    return summarize({"rows": table}).split("rows").feature("x")


def test_numbers_lie_between_the_deciles_of_the_reference_with_open_ends() -> None:
    bins = bins_of_reference(feature([float(value) for value in range(1, 101)]))
    assert bins.edges.tolist() == [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0]
    assert bins.counts.tolist() == [9.0, *[10.0] * 8, 11.0, 0.0, 0.0, 0.0]
    assert bins.ordered == 10
    far = bins.count(feature([-1e300, 1e300, math.inf, -math.inf, math.nan, None]))
    assert far is not None
    # NaN is missing in a table of floats, as it is when it is written.
    assert far.sum() == 6
    assert (far[0], far[9], far[11]) == (1.0, 1.0, 2.0)


def test_a_frequent_number_has_a_bin_of_its_own() -> None:
    random = np.random.default_rng(0)
    values = np.where(random.random(2_000) < 0.8, 0.0, random.exponential(size=2_000))
    bins = bins_of_reference(feature(values))
    below, zero = bins.count(feature([0.0] * 50 + [-1.0] * 30 + [1e-9] * 20))[:2]
    assert (below, zero) == (30.0, 50.0)


def test_words_new_words_and_missing_ones() -> None:
    bins = bins_of_reference(feature(["a"] * 6 + ["b"] * 3 + [None], ColumnType.STRING))
    assert bins.names == ("a", "b", "other words", "words that are new", "missing")
    assert bins.counts.tolist() == [6, 3, 0, 0, 1]
    assert bins.count(feature(["b", "c", "d", None], ColumnType.STRING)).tolist() == [0, 1, 0, 2, 1]
    many = bins_of_reference(feature([f"w{place % 50:02}" for place in range(500)], ColumnType.STRING))
    assert len(many.names) == 33
    assert many.count(feature(["w00", "w49", "x"], ColumnType.STRING))[-3:].tolist() == [1, 1, 0]


def test_columns_that_hold_something_else_do_not_fit() -> None:
    numbers, words = feature([1.0, 2.0]), feature(["a"], ColumnType.STRING)
    assert bins_of_reference(numbers).count(words) is None
    assert bins_of_reference(words).count(numbers) is None
    # What lost all its values fits whatever it was.
    lost = bins_of_reference(numbers).count(feature([None, None], ColumnType.STRING))
    assert lost is not None
    assert lost[-1] == 2


def test_nothing_known_but_who_has_a_value() -> None:
    bins = bins_of_reference(feature([None] * 8))
    assert bins.count(feature([1.0, None, 2.0])).tolist() == [2.0, 1.0]
    stamps = bins_of_reference(feature([1.0, None]), presence=True)
    assert stamps.counts.tolist() == [1.0, 1.0]


def test_distances_are_those_of_scipy() -> None:
    bins = bins_of_reference(feature(["a"] * 500 + ["b"] * 300 + ["c"] * 200, ColumnType.STRING))
    found = bins.distances(bins.count(feature(["a"] * 60 + ["b"] * 90 + ["c"] * 50, ColumnType.STRING)))
    p, q = [0.5, 0.3, 0.2], [0.3, 0.45, 0.25]
    assert found["jensen_shannon"][0] == pytest.approx(jensenshannon(p, q, base=2) ** 2)
    assert found["l_infinity"][0] == pytest.approx(0.2)
    assert found["total_variation"][0] == pytest.approx(0.2)
    assert found["missing"] == (0.0, 0.0)
    assert all(0 <= corrected <= value for value, corrected in found.values())
    assert bins.distances(np.zeros(6)) == {}


def test_rows_of_the_reference_are_at_no_distance_once_chance_is_taken_off() -> None:
    random = np.random.default_rng(1)
    bins = bins_of_reference(feature(random.normal(size=20_000)))
    found = [bins.distances(bins.count(feature(random.normal(size=200)))) for _ in range(60)]
    for metric in ("jensen_shannon", "psi"):
        values, corrected = np.array([one[metric] for one in found]).T
        assert np.median(corrected) < values.mean() / 4


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(st.sampled_from([0.0, 1.0, 2.5]), st.floats(-100, 100), st.none()), min_size=1, max_size=60
    ),
    st.lists(
        st.one_of(st.sampled_from([0.0, 1.0, 2.5]), st.floats(-100, 100), st.none()), min_size=1, max_size=60
    ),
)
def test_every_row_is_in_one_bin_by_statistics_and_by_itself(
    one: list[float | None], other: list[float | None]
) -> None:
    bins = bins_of_reference(feature(one))
    counts = bins.count(feature(other))
    places = bins.places(Table.from_columns({"x": other}, types={"x": ColumnType.FLOAT}).column("x"))
    assert counts is not None
    assert counts.sum() == len(other)
    assert np.bincount(places, minlength=len(counts)).tolist() == counts.tolist()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.one_of(st.sampled_from(["a", "b", "c"]), st.text(max_size=2), st.none()), min_size=1, max_size=50),
    st.lists(st.one_of(st.sampled_from(["a", "b", "d"]), st.text(max_size=2), st.none()), min_size=1, max_size=50),
)
def test_every_word_is_in_one_bin_by_statistics_and_by_itself(
    one: list[str | None], other: list[str | None]
) -> None:
    bins = bins_of_reference(feature(one, ColumnType.STRING))
    counts = bins.count(feature(other, ColumnType.STRING))
    places = bins.places(Table.from_columns({"x": other}, types={"x": ColumnType.STRING}).column("x"))
    assert counts is not None
    assert np.bincount(places, minlength=len(counts)).tolist() == counts.tolist()
