"""Known answers: Montgomery's example and run lengths (Introduction to statistical quality control, chapter 9)."""

import numpy as np
import pytest

from mainspring.monitoring import CUSUM, DetectorState

# Table 9.1: the first 20 with mean 10, the others with mean 11, all with deviation 1.
MONTGOMERY = (
    *(9.45, 7.99, 9.29, 11.66, 12.16, 10.18, 8.04, 11.46, 9.20, 10.34),
    *(9.03, 11.47, 10.51, 9.40, 10.08, 9.37, 10.62, 10.31, 8.52, 10.84),
    *(10.90, 9.33, 12.29, 11.50, 10.60, 11.08, 10.38, 11.62, 11.31, 10.52),
)


def test_montgomerys_example_alarms_at_period_29() -> None:
    detector = CUSUM(target=10, deviation=1, slack=0.5, threshold=5)
    for value in MONTGOMERY[:28]:
        assert detector.update(value) is DetectorState.STABLE
    assert detector.rise - detector.rise_least == pytest.approx(4.47)
    assert detector.fall - detector.fall_least == pytest.approx(0.0)
    assert detector.update(MONTGOMERY[28]) is DetectorState.DRIFT  # 5.28
    assert CUSUM(target=10, deviation=1, threshold=5.27).update_many(MONTGOMERY).tolist() == [28]
    assert CUSUM(target=10, deviation=1, threshold=5.29, direction="up").update_many(MONTGOMERY).tolist() == [29]
    assert CUSUM(target=10, deviation=1, threshold=5, direction="down").update_many(MONTGOMERY).size == 0


@pytest.mark.parametrize(
    ("threshold", "shift", "length"),
    [(4, 0, 168), (4, 1, 8.38), (5, 0, 465), (5, 0.5, 38.0), (5, 1, 10.4), (5, 2, 4.01)],
)
def test_run_lengths_are_those_of_the_table(threshold: float, shift: float, length: float) -> None:
    items = round(1_500 * length)
    stream = np.random.default_rng(1).normal(shift, 1, items)
    alarms = CUSUM(target=0, deviation=1, threshold=threshold).update_many(stream)
    assert items / alarms.size == pytest.approx(length, rel=0.08)


def test_target_and_deviation_are_learned() -> None:
    random = np.random.default_rng(0)
    detector = CUSUM()
    assert detector.update_many(random.normal(1e6, 5, 10_000)).size == 0
    assert detector.centre == pytest.approx(1e6, abs=2)
    assert detector.spread == pytest.approx(5, rel=0.15)
    assert detector.update_many(random.normal(1e6 + 5, 5, 100))[0] < 60


def test_after_equal_items_the_first_other_one_is_an_alarm() -> None:
    for other, direction, alarm in (
        (0.2, "up", True),
        (0.05, "up", False),
        (0.05, "down", True),
        (9.0, "both", True),
    ):
        detector = CUSUM.from_dict({**CUSUM().as_dict(), "direction": direction})
        assert detector.update_many([0.1] * 300 + [other]).tolist() == ([300] if alarm else [])


def test_a_warning_comes_before_the_alarm() -> None:
    detector = CUSUM(target=0, deviation=1, threshold=5, warning=3)
    states = [str(detector.update(1.5)) for _ in range(6)]
    assert states == ["STABLE", "STABLE", "STABLE", "WARNING", "WARNING", "DRIFT"]
