"""The numbers that TensorFlow Data Validation 1.16 gave on the same rows, and its rules by hand."""

import numpy as np
import pytest

from mainspring.data import Table
from mainspring.data.comparison import distances
from mainspring.data.comparison.tfdv import histogram_divergence, standard_buckets, tfdv_distances
from mainspring.data.profiling import summarize_table


def feature(values):
    return summarize_table(Table.from_columns({"x": values})).features["x"]


@pytest.fixture(scope="module")
def halves(taxi):
    return summarize_table(taxi.rows(0, 10_000)), summarize_table(taxi.rows(10_000, taxi.num_rows))


def compatible(halves, name):
    return tfdv_distances(*(half.features[name] for half in halves))


def test_the_known_answers_of_the_taxis(halves):
    assert compatible(halves, "payment_type").l_infinity == pytest.approx(0.039822, abs=5e-7)
    assert compatible(halves, "company").l_infinity == pytest.approx(0.0117273, abs=5e-8)
    miles = compatible(halves, "trip_miles")
    assert miles.jensen_shannon == pytest.approx(0.763, abs=5e-4)
    assert miles.jensen_shannon_quantiles == pytest.approx(0.123, abs=5e-4)
    assert (miles.l_infinity, miles.normalized_absolute_difference) == (0.0, 0.0)
    ours = distances(*(half.features["trip_miles"] for half in halves))
    assert ours.jensen_shannon == pytest.approx(0.011, abs=5e-4)
    assert not ours.corrected("kolmogorov_smirnov") > 0.1


def test_standard_counts_are_interpolated():
    dice = np.random.default_rng(0)
    found = feature(dice.normal(size=5_000)).numbers
    buckets = standard_buckets(found)
    assert sum(count for _, _, count in buckets) == pytest.approx(5_000)
    assert [count for _, _, count in buckets] == pytest.approx(found.histogram.counts, abs=10)
    assert any(count != round(count) for _, _, count in buckets)
    assert standard_buckets(feature([2.0, 2.0]).numbers) == [(2.0, 2.0, 2.0)]


def test_mass_is_even_inside_buckets():
    # [0, 2) against [1, 3): half of either is alone, the divergence of (1/2, 1/2, 0) and (0, 1/2, 1/2).
    assert histogram_divergence([(0.0, 2.0, 10.0)], [(1.0, 3.0, 4.0)]) == pytest.approx(0.5)
    assert histogram_divergence([(0.0, 2.0, 10.0)], [(0.0, 1.0, 2.0), (1.0, 2.0, 2.0)]) == 0.0


def test_point_masses_meet_only_each_other():
    assert histogram_divergence([(1.0, 1.0, 5.0)], [(1.0, 1.0, 9.0)]) == 0.0
    assert histogram_divergence([(1.0, 1.0, 5.0)], [(0.0, 2.0, 9.0)]) == 1.0


def test_nan_and_infinities_agree_with_nothing_there_and_with_themselves_here():
    table = Table.from_columns({"i": list(range(100))})
    for odd in ("nan", "inf"):
        found = summarize_table(
            table.sql(f"SELECT CASE WHEN i < 50 THEN '{odd}'::DOUBLE ELSE i END AS x FROM this")
        ).features["x"]
        assert tfdv_distances(found, found).jensen_shannon == pytest.approx(0.5)
        assert distances(found, found).jensen_shannon == 0.0


def test_words_are_normalised_apart_and_together():
    one, other = feature(["a"] * 3 + ["b"]), feature(["a"] * 10 + ["b"] * 30)
    found = tfdv_distances(one, other)
    assert (found.l_infinity, found.at) == (0.5, "b")
    assert found.normalized_absolute_difference == pytest.approx(29 / 44)
    assert tfdv_distances(feature(["a"]), feature([1.0])) is None


def test_an_empty_side_has_no_divergence():
    empty = summarize_table(Table.from_columns({"x": [1.0]}).where("x > 1")).features["x"]
    assert tfdv_distances(empty, feature([1.0])).jensen_shannon is None
