"""What rows count."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.models.training.weights import class_weights, row_weights

TARGET = np.array([0, 0, 0, 1, 2, 2, 2, 2])
CLASSES = ("a", "b", "c")


def test_balanced_is_what_scikit_learn_has():
    expected = compute_class_weight("balanced", classes=np.arange(3), y=TARGET)
    assert class_weights("balanced", CLASSES, TARGET).tolist() == expected.tolist()


def test_a_class_without_rows_is_left_out_of_the_balance():
    assert class_weights("balanced", (*CLASSES, "d"), TARGET).tolist() == [8 / 9, 8 / 3, 8 / 12, 0]


def test_classes_by_name_and_the_others_count_one():
    assert class_weights({"b": 3}, CLASSES, TARGET).tolist() == [1, 3, 1]


def test_a_column_times_the_class():
    table = Table.from_columns({"w": [1.0, 2.0, 0.0]})
    found = row_weights(table, "w", np.array([1.0, 10.0]), np.array([0, 1, 1]))
    assert found.tolist() == [1.0, 20.0, 0.0]
    assert row_weights(table, None, None, np.array([0])) is None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("equal", "class_weights is 'equal'"),
        ({"bb": 1}, "there is no class 'bb'"),
        ({"a": -1, "z": 2}, "there is no class 'z'; -1 of 'a'"),
        ({"a": float("nan")}, "nan of 'a'"),
    ],
)
def test_what_is_no_class_weight(given, words):
    with pytest.raises(InputError, match=words):
        class_weights(given, CLASSES, TARGET)


def test_classes_of_a_number():
    with pytest.raises(InputError, match="the label is a number"):
        class_weights("balanced", None, np.array([0.5]))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1.0, None], "row 1 weighs nan"),
        ([1.0, -2.0], r"row 1 weighs -2.0 in 'w' \(1 of 2 rows\)"),
        ([0.0, 0.0], "all rows weigh nothing"),
        (["x", "y"], "are text"),
    ],
)
def test_what_is_no_column_of_weights(values, words):
    with pytest.raises(InputError, match=words):
        row_weights(Table.from_columns({"w": values}), "w", None, np.array([0, 1]))


def test_a_misspelt_column():
    with pytest.raises(InputError) as caught:
        row_weights(Table.from_columns({"weight": [1.0]}), "wieght", None, np.array([0]))
    assert caught.value.fix == "did you mean 'weight'?"
