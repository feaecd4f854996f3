"""The loop that asks first and tells later, with learners and watches whose doings are known."""

import doctest
from typing import Any

import numpy as np
import pytest

from mainspring.monitoring import ADWIN, DDM, LinearFourRates
from mainspring.testing import prequential as module
from mainspring.testing.prequential import detected, on_mistakes, prequential
from mainspring.testing.streams import Stream


class Usual:
    """Always says the most frequent label that it was told."""

    def __init__(self) -> None:
        self.told: list[int] = []

    def fit(self, rows: Any, labels: Any) -> "Usual":
        self.told.append(len(labels))
        self.label = int(np.bincount(labels).argmax())
        return self

    def predict(self, rows: Any) -> Any:
        return np.full(len(rows), self.label)


def switched(rows: int = 400, change: int = 200) -> Stream:
    labels = (np.arange(rows) >= change).astype(np.int64)
    return Stream(rows=np.zeros((rows, 1)), labels=labels, changes=(change,))


def test_trained_once_it_is_wrong_after_the_change() -> None:
    done = prequential(switched(), Usual, warm=100, train="once")
    assert done.right.tolist() == [True] * 100 + [False] * 200
    assert done.accuracy == pytest.approx(1 / 3)
    assert (done.alarms, done.trained) == ((), 1)


def test_trained_at_an_alarm_it_is_right_from_then_on() -> None:
    told: list[int] = []

    def watch(rows: Any, labels: Any, said: Any, model: Any) -> int | None:
        told.extend(labels.tolist())
        return 19 if len(told) == 150 else None

    # The third block of 50, from 200 on, alarms at its 20th row: from 30 rows before it on 20 of 50 are new.
    done = prequential(switched(), Usual, warm=100, watch=watch)
    assert done.alarms == (219,)
    assert done.right[100:120].tolist() == [False] * 20
    # 30 rows before the alarm: 11 old ones and 20 new ones, so that the new label is the usual one at once.
    assert done.right[120:].all()
    assert done.trained == 3


def test_trained_always_it_forgets_what_is_old() -> None:
    done = prequential(switched(), Usual, warm=100, train="always")
    assert done.right[:100].all()
    # With 50 old and 50 new rows the old label is still said.
    assert not done.right[100:200].any()
    assert done.right[200:].all()


def test_mistakes_or_outcomes_are_watched() -> None:
    truth, said = np.array([0, 1] * 100), np.array([0, 1] * 100)
    ddm, rates = DDM(), LinearFourRates()
    for detector in (ddm, rates):
        assert on_mistakes(detector)(np.zeros((200, 1)), truth, said, None) is None
    assert (ddm.items, ddm.errors) == (200, 0)
    assert rates.counts == [100, 100, 100, 100]


def test_fewer_mistakes_are_no_alarm_of_a_detector_with_two_sides() -> None:
    wrong = np.repeat([1, 0], 500)
    nothing = np.zeros(1_000, dtype=np.int64)
    assert ADWIN().update_many(wrong).size
    assert on_mistakes(ADWIN())(nothing[:, None], nothing, wrong, None) is None
    assert on_mistakes(ADWIN(), two_sided=False)(nothing[:, None], nothing, wrong, None) is not None
    place = on_mistakes(ADWIN())(nothing[:, None], nothing, wrong[::-1], None)
    assert place is not None
    assert 500 <= place < 600


def test_alarms_belong_to_the_change_before_them() -> None:
    found = detected([10, 110, 120, 350, 900], [100, 300, 600], rows=1_000, settling=50)
    assert found.delays == (10, 50, 300)
    assert (found.missed, found.false) == (0, 1)
    found = detected([550], [100, 500], rows=1_000, settling=10)
    assert (found.delays, found.missed, found.false) == ((50,), 1, 0)
    assert detected([1, 2], [], rows=10).false == 2


def test_the_example_in_its_text_is_true() -> None:
    assert doctest.testmod(module).failed == 0
