"""KSWIN: its limit held to the exact test of scipy, its draws, and what it keeps."""

import numpy as np
import pytest
from scipy.stats import ks_2samp

from mainspring.monitoring import KSWIN
from mainspring.monitoring.detectors.kswin import critical


@pytest.mark.parametrize("level", [0.05, 0.005, 0.0001])
@pytest.mark.parametrize("size", [12, 30, 50, 100])
def test_the_limit_is_that_of_the_exact_test(size: int, level: float) -> None:
    first = np.arange(size, dtype=float)
    gap = critical(size, level)
    assert ks_2samp(first, first + gap - 0.5, method="exact").pvalue <= level
    assert ks_2samp(first, first + gap - 1.5, method="exact").pvalue > level


def test_without_a_gap_large_enough_there_is_no_alarm() -> None:
    assert critical(3, 0.0001) == 4
    assert KSWIN(window=6, recent=3, level=0.0001).update_many([0] * 10 + [9] * 10).size == 0


def test_alarms_are_those_of_the_test_of_scipy_with_ties() -> None:
    random = np.random.default_rng(8)
    stream = np.concatenate([random.integers(0, 5, 300), random.integers(4, 9, 200)]).astype(float)
    detector = KSWIN(window=40, recent=20, level=0.001)
    expected, kept = [], list[float]()
    for place, item in enumerate(stream.tolist()):
        kept = [*kept, item][-40:]
        if len(kept) == 40 and ks_2samp(kept[:20], kept[20:], method="exact").pvalue <= 0.001:
            expected.append(place)
            kept = kept[20:]
    assert expected[0] > 300
    assert detector.update_many(stream).tolist() == expected


def test_draws_depend_on_the_seed_and_take_all_places_alike() -> None:
    draws = KSWIN(window=10, recent=3, seed=1)._draw(np.arange(1, 20_001), 7)
    assert all(len(set(row)) == 3 for row in draws[:200].tolist())
    assert np.bincount(draws.ravel(), minlength=7) / draws.size == pytest.approx(np.full(7, 1 / 7), abs=0.005)
    assert (draws != KSWIN(window=10, recent=3, seed=2)._draw(np.arange(1, 20_001), 7)).any()
