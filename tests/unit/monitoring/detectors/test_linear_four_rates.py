"""Linear four rates: limits held to a simulation, and what it sees that an error rate does not show."""

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.monitoring import DDM, LinearFourRates
from mainspring.monitoring.detectors.linear_four_rates import limits


@pytest.mark.parametrize("part", [20, 50, 80, 95])
def test_limits_are_those_of_a_simulation(part: int) -> None:
    random = np.random.default_rng(part)
    weighted = np.full(100_000, 0.5)
    for count in range(1, 61):
        weighted = 0.9 * weighted + 0.1 * (random.random(weighted.size) < part / 100)
        if count in (5, 20, 60):
            low, high, least, most = limits(part, 0.9, 0.05, 0.001)[count]
            for limit, share in ((low, 0.05), (high, 0.95), (least, 0.001), (most, 0.999)):
                assert limit == pytest.approx(np.quantile(weighted, share), abs=0.012)


def test_limits_lie_around_the_rate_and_widen_with_smaller_levels() -> None:
    for part in (0, 1, 30, 99, 100):
        low, high, least, most = limits(part, 0.9, 0.001, 1e-9)[-1]
        assert 0 <= least <= low <= part / 100 + 1e-3
        assert part / 100 - 1e-3 <= high <= most <= 1
    assert limits(100, 0.9, 0.001, 1e-5)[-1][0] == pytest.approx(1, abs=0.002)


def test_it_sees_mistakes_that_move_from_one_class_to_the_other() -> None:
    random = np.random.default_rng(6)
    truth = random.random(20_000) < 0.5
    # Always one answer in ten is wrong: first among the positive ones, then among the negative ones.
    wrong = (random.random(20_000) < 0.2) & (truth == (np.arange(20_000) < 10_000))
    unseen = DDM().update_many(wrong)
    assert unseen[unseen >= 10_000].size == 0
    detector = LinearFourRates()
    alarms = detector.update_many(LinearFourRates.outcomes(truth, truth ^ wrong))
    assert 10_000 <= alarms[0] < 10_100
    assert detector.moved in ("tpr", "tnr", "ppv", "npv")


def test_outcomes_are_counted_in_the_rates_of_their_truth_and_prediction() -> None:
    detector = LinearFourRates()
    items = LinearFourRates.outcomes([0, 0, 1, 1, 1], [0, 1, 0, 1, 1])
    assert items.tolist() == [0, 1, 2, 3, 3]
    detector.update_many(items)
    assert detector.counts == [3, 2, 3, 2]  # tpr, tnr, ppv, npv
    assert detector.right == [2, 1, 2, 1]
    assert detector.weighted == pytest.approx([0.9 * (0.9 * (0.9 * 0.5) + 0.1) + 0.1, 0.495, 0.5545, 0.495])


def test_classes_that_do_not_pair_are_refused() -> None:
    with pytest.raises(InputError, match="predicted is 1 classes"):
        LinearFourRates.outcomes([0, 1], [0])
    with pytest.raises(InputError, match="item 1 is 2"):
        LinearFourRates.outcomes([0, 2], [0, 1])
