"""EDDM, worked by hand."""

import math

import pytest

from mainspring.monitoring import EDDM, DetectorState


def test_worked_by_hand() -> None:
    # Distances 4, 4, 4, then 1, 1: mean 4 and no deviation after three; 3.25 and 1.5 after four, 2.8 and 1.643
    # after five, so that m + 2 s is 4, 6.25 and 6.086, a share of 0.974 of the largest; then 2.5 + 2 * 1.643 =
    # 5.786, 0.926 of it: a warning; then 2.286 + 2 * 1.604 = 5.493, 0.879: drift.
    detector = EDDM(min_errors=3)
    states = [detector.update(item) for item in (0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1)]
    assert detector.largest == pytest.approx(3.25 + 2 * 1.5)
    assert set(states) == {DetectorState.STABLE}
    assert detector.update(1) is DetectorState.WARNING
    assert detector.update(0) is DetectorState.WARNING
    assert detector.distances == 15
    again = EDDM.from_dict({**detector.as_dict(), "items": 15})
    assert again.update(1) is DetectorState.DRIFT
    assert again.as_dict() == EDDM(min_errors=3).as_dict()


def test_the_deviation_is_that_of_a_sample() -> None:
    detector = EDDM(min_errors=2)
    detector.update_many([0, 1, 0, 0, 0, 0, 1])  # distances 2 and 5
    assert detector.largest == pytest.approx(3.5 + 2 * math.sqrt(4.5))
