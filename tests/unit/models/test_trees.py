"""The tree form, on trees worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mainspring.models.trees import LEAF, Codes, Link, TreeEnsemble, apply_link


def ensemble(**changes) -> TreeEnsemble:
    """Two trees: ``x0 <= 1.5 ? 10 : (x1 in {0, 2} ? 20 : 30)``, and a bare leaf of 0.5."""
    parts = {
        "roots": np.array([0, 5]),
        "targets": np.array([0, 0]),
        "feature": np.array([0, LEAF, 1, LEAF, LEAF, LEAF]),
        "threshold": np.array([1.5, 0, 0, 0, 0, 0]),
        "strict": np.zeros(6, dtype=bool),
        "left": np.array([1, 0, 3, 0, 0, 0]),
        "right": np.array([2, 0, 4, 0, 0, 0]),
        "default_left": np.array([True, False, False, False, False, False]),
        "value": np.array([0, 10, 0, 20, 30, 0.5])[:, None],
        "base": np.array([100.0]),
        "features": 2,
        "categories": {2: (0, 2)},
        "codes": {1: Codes((7.0, 8.0, 9.0))},
    }
    return TreeEnsemble(**{**parts, **changes})


def test_walks():
    rows = np.array(
        [
            [1.5, 7.0],  # at most the threshold
            [np.nextafter(1.5, 2), 7.0],  # code 0 is among the categories
            [2.0, 8.0],  # code 1 is not
            [2.0, 9.0],  # code 2 is
            [2.0, 6.0],  # never seen: missing, and missing goes right
            [2.0, np.nan],
            [np.nan, 7.0],  # missing goes left at the root
        ]
    )
    assert ensemble().sums(rows)[:, 0].tolist() == [110.5, 120.5, 130.5, 120.5, 130.5, 130.5, 110.5]
    assert ensemble().leaves(rows)[:3].tolist() == [[1, 5], [3, 5], [4, 5]]


def test_strict_thresholds_and_single_precision():
    below = ensemble(strict=np.array([True] + 5 * [False]))
    assert below.sums(np.array([[1.5, 7.0]]))[0, 0] == 120.5
    just_above = np.array([[1.5 + 1e-9, 7.0]])
    assert ensemble().sums(just_above)[0, 0] == 120.5
    assert ensemble(single_precision=True).sums(just_above)[0, 0] == 110.5


def test_zeros_that_count_as_missing():
    right = ensemble(default_left=np.zeros(6, dtype=bool), zero_is_missing=frozenset({0}))
    rows = np.array([[0.0, 7.0], [1e-36, 7.0], [-1e-35, 7.0], [1e-34, 7.0]])
    assert right.sums(rows)[:, 0].tolist() == [120.5, 120.5, 120.5, 110.5]


def test_whole_parts_as_codes():
    codes = Codes().apply(np.array([3.0, 3.9, -0.5, -1.0, -7.0, np.nan]))
    np.testing.assert_array_equal(codes, [3.0, 3.0, 0.0, np.nan, np.nan, np.nan])


def test_averages_of_several_values():
    forest = ensemble(
        value=np.array([[0, 0], [0.25, 0.75], [0, 0], [1, 0], [0, 1], [0.5, 0.5]], dtype=float),
        base=np.zeros(2),
        divisor=2.0,
    )
    assert forest.scores(np.array([[0.0, 7.0]])).tolist() == [[0.375, 0.625]]


def test_boundaries_leave_categories_out():
    assert {column: values.tolist() for column, values in ensemble().boundaries().items()} == {0: [1.5]}


@pytest.mark.parametrize(
    ("link", "sums", "scores"),
    [
        (Link.IDENTITY, [[2.0]], [2.0]),
        (Link.EXP, [[math.log(3)]], [3.0]),
        (Link.SIGNED_SQUARE, [[-3.0]], [-9.0]),
        (Link.SIGMOID, [[math.log(3)]], [[0.25, 0.75]]),
        (Link.SOFTMAX, [[math.log(1), math.log(3)]], [[0.25, 0.75]]),
        (Link.EACH_SIGMOID, [[math.log(3), 0.0]], [[0.75, 0.5]]),
        (Link.ONE_AGAINST_REST, [[math.log(3), math.log(1 / 3)]], [[0.75, 0.25]]),
        (Link.CHOICE, [[0.0]], [[1.0, 0.0]]),
        (Link.CHOICE, [[1.0, 3.0, 2.0]], [[0.0, 1.0, 0.0]]),
    ],
)
def test_links(link, sums, scores):
    np.testing.assert_allclose(apply_link(np.array(sums), link), scores, atol=1e-15)


def test_the_sigmoid_stays_finite():
    assert apply_link(np.array([[-1000.0], [1000.0]]), Link.SIGMOID).tolist() == [[1.0, 0.0], [0.0, 1.0]]
