"""Rows of length one, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mainspring.data.transforms.ops import UnitLength


@pytest.mark.parametrize(
    ("length", "expected"), [("l2", [0.6, -0.8]), ("l1", [3 / 7, -4 / 7]), ("max", [0.75, -1.0])]
)
def test_known_answers(length, expected):
    rows = np.array([[3.0, -4.0], [0.0, 0.0], [np.nan, 1.0]])
    found = UnitLength(("x",), "o", length).apply(rows)
    np.testing.assert_allclose(found, [expected, [0.0, 0.0], [np.nan, np.nan]], rtol=1e-12)


def test_rows_that_point_the_same_way_are_equal():
    rows = np.outer(np.arange(1.0, 200.0), [0.1, 0.7, 1.3])
    assert (np.ptp(UnitLength(("x",), "o").apply(rows), axis=0) == 0.0).all()


def test_of_one_column_the_sign_is_left():
    np.testing.assert_array_equal(UnitLength(("x",), "o").apply(np.array([5.0, -2.0])), [[1.0], [-1.0]])
