"""FHDDM: its threshold, worked by hand."""

import math

import pytest

from mainspring.monitoring.detectors.fhddm import FHDDM
from mainspring.monitoring.ports import DetectorState

DRIFT = DetectorState.DRIFT


def test_the_threshold_of_the_paper() -> None:
    # sqrt(ln(1 / 0.000001) / 200) = 0.2628: 27 mistakes in 100 more than the least are an alarm, 26 are none.
    assert FHDDM()._room() == pytest.approx(math.sqrt(math.log(1e6) / 200) * 100)
    detector = FHDDM()
    assert detector.update_many([0] * 100 + [1] * 26 + [0] * 500).tolist() == []
    detector = FHDDM()
    assert detector.update_many([0] * 100 + [1] * 27).tolist() == [126]
    assert detector.last == []


def test_it_says_nothing_before_its_window_is_full() -> None:
    detector = FHDDM(window=10, level=0.5)
    # sqrt(10 ln(2) / 2) = 1.86: two mistakes more than the least.
    assert DRIFT not in [detector.update(item) for item in [0, 0, 0, 0, 0, 1, 1, 1, 1]]
    assert detector.update(1) is DetectorState.STABLE  # the least is 5 from here on
    assert [detector.update(1) for _ in range(2)] == [DetectorState.STABLE, DRIFT]


def test_fewer_mistakes_are_no_alarm() -> None:
    assert FHDDM().update_many([1] * 500 + [0] * 500).size == 0
