"""What a model said of rows, where it said something that makes no sense."""

from __future__ import annotations

from mainspring.data import Table
from mainspring.monitoring.quality.answers import read_answers


def test_probabilities_outside_of_0_to_1_are_no_answers() -> None:
    table = Table.from_columns(
        {
            "output.probability.no": [0.25, -1.0, 1.00001, None],
            "output.probability.yes": [0.75, 5.0, -0.00001, 0.5],
        }
    )
    found = read_answers(table)
    assert found is not None
    assert found.known.tolist() == [True, False, True, False]
    assert found.scores[2].tolist() == [1.0, 0.0]
    assert found.chosen.tolist() == [1, -1, 0, -1]


def test_labels_of_which_none_is_there_are_no_answers() -> None:
    table = Table.from_columns({"output.label": [None, None], "feedback.truth": [None, None]})
    assert read_answers(table) is None
