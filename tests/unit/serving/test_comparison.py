"""Every case is worked by hand."""

import numpy as np
import pytest

from mainspring.evaluation import Cutoff, Predictions
from mainspring.serving.comparison import Comparison

EXPECTED = Predictions(("a", "b"), np.array([[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]]))


def compare(expected: Predictions, tolerance: float = 0.01) -> Comparison:
    return Comparison(expected, tolerance, lambda row: {"x": row})


def test_equal_answers_are_equal() -> None:
    comparison = compare(EXPECTED)
    comparison.compare(
        [0, 1, 2], {"label": ["b", "a", "a"], "probabilities": [[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]]}
    )
    assert comparison.differences == []
    assert comparison.largest == 0


def test_within_the_tolerance_is_equal_and_beyond_is_not() -> None:
    comparison = compare(EXPECTED)
    comparison.compare([0, 2], {"label": ["b", "a"], "probabilities": [[0.205, 0.795], [0.88, 0.12]]})
    [difference] = comparison.differences
    assert difference.row == 2
    assert difference.served == {"label": "a", "probabilities": [0.88, 0.12]}
    assert difference.trained == {"label": "a", "probabilities": [0.9, 0.1]}
    assert difference.values == {"x": 2}
    assert str(difference).startswith("row 2: served {'label': 'a'")
    assert comparison.largest == pytest.approx(0.02)


def test_another_label_is_excused_only_by_a_tie() -> None:
    comparison = compare(EXPECTED)
    comparison.compare([1], {"label": ["b"], "probabilities": [[0.5, 0.5]]})
    assert comparison.differences == []
    comparison.compare([0], {"label": ["a"], "probabilities": [[0.2, 0.8]]})
    comparison.compare([1], {"label": ["c"], "probabilities": [[0.5, 0.5]]})
    assert [difference.row for difference in comparison.differences] == [0, 1]


def test_nothing_is_not_equal_to_something() -> None:
    comparison = compare(EXPECTED)
    comparison.compare([0], {"label": ["b"], "probabilities": [[None, 0.8]]})
    assert len(comparison.differences) == 1
    numbers = compare(Predictions(None, np.array([1.0])))
    numbers.compare([0], {"prediction": [None]})
    assert len(numbers.differences) == 1


def test_numbers_are_compared_relative_to_their_size() -> None:
    comparison = compare(Predictions(None, np.array([0.0, 1_000.0, 1_000.0])))
    comparison.compare([0, 1, 2], {"prediction": [0.009, 1_010.0, 1_011.0]})
    assert [difference.row for difference in comparison.differences] == [2]
    assert comparison.differences[0].trained == 1_000.0


def test_a_row_is_shown_once() -> None:
    comparison = compare(EXPECTED)
    for _ in range(3):
        comparison.compare([2, 0], {"label": ["b", "a"], "probabilities": [[0.1, 0.9], [0.8, 0.2]]})
    assert len(comparison.differences) == 6
    assert [difference.row for difference in comparison.first] == [2, 0]


def test_a_cutoff_excuses_only_what_lies_at_it() -> None:
    comparison = compare(Predictions(("a", "b"), EXPECTED.scores, Cutoff("b", 0.495)))
    comparison.compare([1], {"label": ["a"], "probabilities": [[0.506, 0.494]]})
    assert comparison.differences == []
    # The most probable class is no excuse where the cutoff says otherwise.
    comparison = compare(Predictions(("a", "b"), EXPECTED.scores, Cutoff("b", 0.05)))
    comparison.compare([2], {"label": ["a"], "probabilities": [[0.9, 0.1]]})
    assert [difference.row for difference in comparison.differences] == [2]
