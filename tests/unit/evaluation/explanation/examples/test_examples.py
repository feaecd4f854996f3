"""Rows that are alike, that stand for many, and that are worth something, against what can be counted."""

import itertools
import math

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.evaluation.explanation.examples import knn_shapley, prototypes, similar_examples

RNG = np.random.default_rng(0)


def test_neighbours_by_hand():
    among = Table.from_columns({"pay": [1.0, 2.0, 4.0, 8.0], "job": ["a", "b", "a", "b"], "label": [0, 1, 0, 1]})
    rows = Table.from_columns({"pay": [2.0], "job": ["a"]})
    # The median of pay is 3, its median absolute deviation (2, 1, 1, 5 -> 1.5).
    (found,) = similar_examples(rows, among, count=3)
    assert [one.row for one in found] == [0, 1, 2]
    assert [one.distance for one in found] == pytest.approx([1 / 1.5, 1.0, 2 / 1.5])
    assert found[0].cells == {"pay": 1.0, "job": "a", "label": 0}
    with pytest.raises(InputError, match="'height'"):
        similar_examples(rows, among, features=["height"])


def test_a_copy_is_at_distance_nothing():
    table = Table.from_columns({"pay": RNG.normal(size=50), "job": RNG.choice(["a", "b"], 50).tolist()})
    found = similar_examples(table, table, count=1)
    assert [one[0].row for one in found] == list(range(50))
    assert all(one[0].distance == 0 for one in found)


def test_values_of_rows_by_the_definition():
    size, k = 6, 2
    among = Table.from_columns({"x": RNG.normal(size=size), "label": ["a", "b", "a", "b", "a", "a"]})
    rows = Table.from_columns({"x": [0.1, -0.4], "label": ["a", "b"]})
    x, labels = among.column("x"), among.column("label")

    def worth(members):
        total = 0.0
        for value, wanted in zip(rows.column("x"), rows.column("label"), strict=True):
            near = sorted(members, key=lambda place: (abs(x[place] - value), place))[:k]
            total += sum(labels[place] == wanted for place in near) / k
        return total / rows.num_rows

    expected = np.zeros(size)
    for player in range(size):
        others = [place for place in range(size) if place != player]
        for count in range(size):
            weight = math.factorial(count) * math.factorial(size - count - 1) / math.factorial(size)
            for members in itertools.combinations(others, count):
                expected[player] += weight * (worth([*members, player]) - worth(members))
    assert knn_shapley(rows, among, label="label", neighbours=k) == pytest.approx(expected)


def test_wrong_labels_are_worth_least():
    x = RNG.normal(size=(300, 2))
    right = np.where(x[:, 0] > 0, "yes", "no").astype(object)
    told = right.copy()
    wrong = RNG.choice(200, 10, replace=False)
    told[wrong] = np.where(right[wrong] == "yes", "no", "yes")
    table = Table.from_columns({"a": x[:200, 0], "b": x[:200, 1], "label": told[:200].tolist()})
    held_out = Table.from_columns({"a": x[200:, 0], "b": x[200:, 1], "label": right[200:].tolist()})
    values = knn_shapley(held_out, table, label="label")
    assert len(set(np.argsort(values)[:20].tolist()) & set(wrong.tolist())) >= 8


def test_each_cluster_has_a_prototype_and_strangers_are_a_criticism():
    centres = np.repeat([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]], 60, axis=0)
    points = np.vstack([centres + 0.5 * RNG.normal(size=centres.shape), 30 + 0.5 * RNG.normal(size=(15, 2))])
    table = Table.from_columns({"a": points[:, 0], "b": points[:, 1]})
    found = prototypes(table, count=3, criticisms=1)
    assert {place // 60 for place in found.prototypes} == {0, 1, 2}
    assert found.criticisms[0] >= 180
    assert sorted(found.stand_for) == pytest.approx([0.31, 0.31, 0.38], abs=0.02)
    assert prototypes(table, count=40, criticisms=0).mismatch < found.mismatch
    with pytest.raises(InputError, match="200 prototypes"):
        prototypes(table, count=200)
