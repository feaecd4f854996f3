"""The latest answers: a bounded number of them, and of their rows."""

import numpy as np

from mainspring.serving.call import Call
from mainspring.serving.feedback.answers import LatestAnswers
from mainspring.serving.prediction import Prediction


def answered(request: str, labels: np.ndarray) -> Call:
    outputs = {"label": labels}
    return Call("v2", "taxi", "1", id=request, prediction=Prediction([], outputs, [], len(labels), {}, 0.0))


def test_the_oldest_make_room_for_many_answers_and_for_large_ones() -> None:
    answers = LatestAnswers(most=3, most_rows=10)
    for number in range(5):
        answers(answered(str(number), np.array([number])))
    assert [answers.of(str(number)) is not None for number in range(5)] == [False, False, True, True, True]
    answers(answered("large", np.arange(9)))
    assert answers.of("3") is None
    assert answers.of("4") is not None
    for _ in range(3):
        answers(answered("large", np.arange(9)))  # the same id again
    assert answers.of("4") is not None
    answers(answered("too large", np.arange(11)))
    assert answers.of("too large") is None


def test_a_part_of_a_batch_keeps_nothing_of_the_rest() -> None:
    answers = LatestAnswers()
    answers(answered("a", np.arange(1000)[:1]))
    found = answers.of("a")
    assert found is not None
    assert found.labels.base is None
