import math

import numpy as np
import pytest

from mainspring.evaluation.metrics.ranking import Ranking
from mainspring.monitoring.quality import calibration_shift, measure_reliability


def draws(seed: int, rows: int, power: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    held = random.random(rows)
    return held, (random.random(rows) < held**power).astype(np.float64)


def test_the_error_is_that_of_the_evaluation() -> None:
    held, came = draws(0, 4_000, 1.5)
    expected = Ranking.of(held, came == 1).calibration_errors()[0]
    assert measure_reliability(held, came).error == pytest.approx(expected, abs=2e-4)


def test_two_bins_by_hand() -> None:
    stats = pytest.importorskip("scipy.stats")
    held = np.repeat([0.25, 0.75], [40, 60])
    came = np.concatenate([np.repeat([1.0, 0.0], [20, 20]), np.repeat([1.0, 0.0], [45, 15])])
    found = measure_reliability(held, came, edges=np.array([0.5]))
    assert [one.share for one in found.bins] == [0.5, 0.75]
    assert found.error == pytest.approx(0.4 * 0.25)
    statistic = (20 - 10) ** 2 / (40 * 0.25 * 0.75)
    assert found.p_value == pytest.approx(stats.chi2.sf(statistic, 2))


def test_right_probabilities_are_called_wrong_as_often_as_chance_says() -> None:
    wrong = sum(measure_reliability(*draws(seed, 1_000)).p_value < 0.05 for seed in range(300))
    assert 4 <= wrong <= 27


def test_a_shift_is_more_than_chance_and_large() -> None:
    same = calibration_shift(draws(1, 3_000), draws(0, 3_000))
    other = calibration_shift(draws(1, 3_000, 2.0), draws(0, 3_000))
    assert same.p_value > 0.01
    assert same.gap < 0.04
    assert other.p_value < 1e-6
    # The root mean square of p - p² over [0, 1] is the root of 1/30.
    assert other.gap == pytest.approx(math.sqrt(1 / 30), abs=0.02)
    assert other.interval.low <= other.error <= other.interval.high


def test_a_reference_that_was_wrong_already_is_no_shift() -> None:
    found = [calibration_shift(draws(seed, 2_000, 2.0), draws(1_000 + seed, 2_000, 2.0)) for seed in range(100)]
    assert sum(one.p_value < 0.01 for one in found) <= 5
    assert np.mean([one.gap for one in found]) < 0.02


def test_no_rows() -> None:
    nothing = (np.zeros(0), np.zeros(0))
    found = calibration_shift(nothing, draws(0, 100))
    assert math.isnan(found.error)
    assert found.p_value == 1.0
