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
    np.testing.assert_array_equal(found, [expected, [0.0, 0.0], [np.nan, np.nan]])


def test_of_one_column_the_sign_is_left():
    np.testing.assert_array_equal(UnitLength(("x",), "o").apply(np.array([5.0, -2.0])), [[1.0], [-1.0]])
