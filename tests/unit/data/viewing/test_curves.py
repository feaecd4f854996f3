"""Distributions small enough for a page."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.data import Table, summarize
from mainspring.data.statistics import Numbers
from mainspring.data.viewing.curves import curve, non_uniformity


def numbers(values: list[float]) -> Numbers:
    found = summarize(Table.from_columns({"x": values})).split("train").features["x"].numbers
    assert found is not None
    return found


def test_few_different_numbers_are_kept_as_they_are() -> None:
    found = curve(numbers([3.0, 1.0, 3.0]), points=10)
    assert (found.values, found.rows, found.discrete) == ((1.0, 3.0), (1, 2), True)


def test_many_numbers_become_few_points_close_to_the_distribution() -> None:
    values = np.random.default_rng(3).normal(size=20_000)
    found = curve(numbers(values.tolist()), points=60)
    assert not found.discrete
    assert len(found.values) <= 150
    assert (found.values[0], found.values[-1]) == pytest.approx((values.min(), values.max()), rel=1e-4)
    for share in (0.05, 0.25, 0.5, 0.9):
        at = float(np.quantile(values, share))
        assert np.interp(at, found.values, found.rows) / len(values) == pytest.approx(share, abs=0.02)


def test_the_edges_of_the_counted_histogram_are_met() -> None:
    """The tail past the last quantile holds a handful of rows: known, because they were counted."""
    values = [float(value) for value in range(5000)] + [50_000.0]
    found = curve(numbers(values), points=40)
    below = dict(zip(found.values, found.rows, strict=True))
    assert below[5000.0] == 5000


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300), st.integers(4, 60))
def test_a_curve_never_falls(values: list[float], points: int) -> None:
    found = curve(numbers(values), points=points)
    assert list(found.values) == sorted(found.values)
    if found.discrete:
        assert sum(found.rows) == len(values)
    else:
        assert list(found.rows) == sorted(found.rows)
        assert found.rows[-1] == pytest.approx(len(values))


def test_non_uniformity_is_one_minus_relative_entropy() -> None:
    assert non_uniformity([3, 3, 3]) == pytest.approx(0.0)
    assert non_uniformity([3, 0, 0]) == 1.0
    # Entropy of (3/4, 1/4) in bits is 0.811278.
    assert non_uniformity([3, 1]) == pytest.approx(1 - 0.811278, abs=1e-6)
    assert non_uniformity([]) == non_uniformity([5]) == 0.0
