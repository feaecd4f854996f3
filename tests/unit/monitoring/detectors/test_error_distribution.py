import json

import numpy as np
import pytest
from scipy import stats

from mainspring.core import InputError
from mainspring.monitoring.detectors.error_distribution import ErrorDistribution
from mainspring.monitoring.ports import DetectorState


def fitted(**settings: float) -> ErrorDistribution:
    return ErrorDistribution(**settings).fit(np.random.default_rng(0).normal(size=5_000))


def test_the_distance_is_that_of_scipy_and_the_p_value_that_of_two_tests() -> None:
    random = np.random.default_rng(1)
    known, errors = random.normal(size=400), random.normal(0.3, 1, size=300)
    found = ErrorDistribution().fit(known).update(errors)
    test = stats.ks_2samp(known, errors, method="exact")
    edge = np.quantile(np.abs(known), 0.95)
    tails = (np.abs(known) > edge).sum(), (np.abs(errors) > edge).sum()
    fisher = stats.fisher_exact([[tails[0], 400 - tails[0]], [tails[1], 300 - tails[1]]]).pvalue
    assert found.distance == pytest.approx(test.statistic)
    assert found.p_value == pytest.approx(2 * min(test.pvalue, fisher), rel=1e-6)
    assert found.features["tail"] == pytest.approx(tails[1] / 300 - tails[0] / 400)


def test_a_mean_that_stays_hides_nothing() -> None:
    random = np.random.default_rng(2)
    wider = fitted().update(random.normal(0, 2, size=500))
    assert wider.state is DetectorState.DRIFT
    assert abs(wider.features["mean"]) < 0.3
    assert wider.features["quantile 0.9"] == pytest.approx(stats.norm.ppf(0.9), abs=0.4)


def test_a_few_rows_that_are_very_wrong_are_seen_in_the_tail() -> None:
    random = np.random.default_rng(3)
    errors = random.normal(size=1_000)
    errors[:80] = 8 * np.sign(errors[:80])
    found = fitted().update(errors)
    assert found.distance < 0.1
    assert found.state is DetectorState.DRIFT
    assert found.features["tail"] == pytest.approx(0.08 * 0.95, abs=0.02)


def test_a_bias_is_told_in_deviations() -> None:
    found = fitted().update(np.random.default_rng(4).normal(0.5, 1, size=1_000))
    assert found.state is DetectorState.DRIFT
    assert found.features["quantile 0.5"] == pytest.approx(0.5, abs=0.1)


def test_steady_errors_do_not_alarm() -> None:
    random = np.random.default_rng(5)
    detector = fitted()
    states = [detector.update(random.normal(size=rows)).state for rows in (50, 300, 3_000) for _ in range(30)]
    assert states.count(DetectorState.DRIFT) == 0


def test_losses_that_are_all_alike_do_no_harm() -> None:
    detector = ErrorDistribution().fit(np.zeros(100))
    assert detector.update(np.zeros(50)).state is DetectorState.STABLE
    assert detector.update(np.ones(50)).state is DetectorState.DRIFT


def test_state_is_plain_and_goes_on() -> None:
    detector = fitted(level=0.01, most=500, seed=3)
    again = ErrorDistribution.from_dict(json.loads(json.dumps(detector.as_dict())))
    errors = np.random.default_rng(6).normal(0.2, 1, size=200)
    assert again.update(errors) == detector.update(errors)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="not fitted"):
        ErrorDistribution().update([1.0])
    with pytest.raises(InputError, match="at least 20"):
        ErrorDistribution().fit([1.0, 2.0])
    with pytest.raises(InputError, match="nan"):
        fitted().update([float("nan")])
    with pytest.raises(InputError, match="no errors"):
        fitted().update([])
    for settings in ({"level": 0.0}, {"limit": 2.0}, {"tail": 1.0}, {"times": 0.5}, {"most": 5}):
        with pytest.raises(InputError):
            ErrorDistribution(**settings)
