from typing import Any

import numpy as np

from mainspring.serving.feedback.answers import Answered
from mainspring.serving.feedback.record import Feedback
from mainspring.serving.rollout.valuing import values_of


def told(key: str, value: Any, row: int | None = None) -> Feedback:
    return Feedback(id="a", key=key, value=value, row=row, time=1.0, received=2.0)


def values(figure: str, labels: Any, *feedback: Feedback) -> list[tuple[float, int | None]]:
    answered = Answered("taxi", "1", labels)
    return [(one.value, one.row) for one in values_of(figure, feedback, answered)]


def test_accuracy_is_one_or_zero_for_each_row() -> None:
    labels = np.array(["yes", "no"], dtype=object)
    assert values("accuracy", labels, told("truth", "yes")) == [(1.0, 0), (0.0, 1)]
    assert values("accuracy", labels, told("truth", "no", row=1)) == [(1.0, 1)]
    assert values("accuracy", labels, told("truth", "no", row=2)) == []  # there is no such row
    assert values("accuracy", labels[:1], told("truth", "yes")) == [(1.0, None)]
    assert values("accuracy", np.array([1.0, 0.0]), told("truth", 1)) == [(1.0, 0), (0.0, 1)]
    assert values("accuracy", [], told("truth", "yes")) == []


def test_error_is_how_far_a_number_is_from_the_truth() -> None:
    assert values("error", np.array([12.5, 3.0]), told("truth", 10)) == [(2.5, 0), (7.0, 1)]
    assert values("error", np.array(["yes"], dtype=object), told("truth", 10)) == []


def test_other_keys_are_their_numbers() -> None:
    feedback = (told("gain", -2.5), told("gain", 3, row=1), told("gain", True), told("gain", "much"), told("x", 1))
    assert values("gain", [], *feedback) == [(-2.5, None), (3.0, 1), (1.0, None)]
    assert values("reward", [], told("reward", 0)) == [(0.0, None)]


def test_rows_that_a_request_does_not_have_say_nothing_and_the_only_row_is_all_of_it() -> None:
    one, two = np.array(["yes"], dtype=object), np.array(["yes", "no"], dtype=object)
    assert values("gain", one, told("gain", 1.0, row=0), told("gain", 2.0), told("gain", 3.0, row=7)) == [
        (1.0, None),
        (2.0, None),
    ]
    assert values("gain", two, told("gain", 1.0, row=1), told("gain", 3.0, row=2)) == [(1.0, 1)]
    assert values("accuracy", one, told("truth", "yes", row=0)) == [(1.0, None)]
