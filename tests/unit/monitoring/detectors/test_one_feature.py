"""Detectors of one feature: scipy as the independent library, and verdicts that know how many rows there are."""

import json
import math

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from mainspring.core import InputError
from mainspring.monitoring.detectors.chi_squared import ChiSquared
from mainspring.monitoring.detectors.jensen_shannon import JensenShannon
from mainspring.monitoring.detectors.kolmogorov_smirnov import KolmogorovSmirnov
from mainspring.monitoring.detectors.one_feature import OneFeature
from mainspring.monitoring.detectors.psi import PSI
from mainspring.monitoring.detectors.wasserstein import Wasserstein
from mainspring.monitoring.ports import DetectorState

ALL = (KolmogorovSmirnov, ChiSquared, PSI, JensenShannon, Wasserstein)
WORDS = (ChiSquared, PSI, JensenShannon)
BEFORE, AFTER = ["a"] * 500 + ["b"] * 300 + ["c"] * 200, ["a"] * 60 + ["b"] * 90 + ["c"] * 50


def test_kolmogorov_smirnov_is_that_of_scipy() -> None:
    random = np.random.default_rng(0)
    one, other = random.normal(size=400), random.normal(0.2, 1.3, size=300)
    found = KolmogorovSmirnov().fit(one).update(other)
    known = stats.ks_2samp(one, other, method="exact")
    assert found.distance == pytest.approx(known.statistic, abs=1e-12)
    assert found.p_value == pytest.approx(known.pvalue, rel=1e-6)


def test_chi_squared_is_that_of_scipy() -> None:
    found = ChiSquared().fit(BEFORE).update(AFTER)
    known = stats.chi2_contingency([[500, 300, 200], [60, 90, 50]], correction=False)
    assert found.distance == pytest.approx(known.statistic)
    assert found.p_value == pytest.approx(known.pvalue)
    # Cramér's V of sides of one size does not depend on the size of the reference.
    assert found.state is DetectorState.DRIFT
    assert ChiSquared(limit=0.3).fit(BEFORE).update(AFTER).state is DetectorState.STABLE


def test_jensen_shannon_is_the_square_of_that_of_scipy() -> None:
    found = JensenShannon().fit(BEFORE).update(AFTER)
    known = jensenshannon([0.5, 0.3, 0.2], [0.3, 0.45, 0.25], base=2) ** 2
    assert found.distance == pytest.approx(known)


def test_psi_worked_by_hand() -> None:
    found = PSI().fit(BEFORE).update(AFTER)
    by_hand = (
        (0.5 - 0.3) * math.log(0.5 / 0.3) + (0.3 - 0.45) * math.log(0.3 / 0.45) + (-0.05) * math.log(0.2 / 0.25)
    )
    assert found.distance == pytest.approx(by_hand)


def test_wasserstein_is_that_of_scipy_in_deviations() -> None:
    random = np.random.default_rng(1)
    one = random.uniform(size=2_000)
    found = Wasserstein().fit(one).update(one + 0.25)
    low, high = np.quantile(np.concatenate([one, one + 0.25]), (0.01, 0.99))
    clipped = np.clip(one, low, high), np.clip(one + 0.25, low, high)
    known = stats.wasserstein_distance(*clipped) / clipped[0].std()
    assert found.distance == pytest.approx(known, rel=0.01)


@pytest.mark.parametrize("kind", ALL)
def test_rows_of_one_distribution_do_not_alarm_however_few_or_many(kind: type[OneFeature]) -> None:
    random = np.random.default_rng(2)
    detector = kind().fit(random.normal(size=5_000))
    alarms = [detector.update(random.normal(size=rows)).state for rows in (50, 100, 500, 5_000) for _ in range(25)]
    assert alarms.count(DetectorState.DRIFT) == 0


@pytest.mark.parametrize("kind", ALL)
def test_a_shift_that_does_not_matter_is_no_alarm_and_one_that_does_is(kind: type[OneFeature]) -> None:
    random = np.random.default_rng(3)
    detector = kind(most=50_000).fit(random.normal(size=50_000))
    small = detector.update(random.normal(0.05, 1, size=50_000))
    assert small.p_value is not None
    assert small.p_value < 1e-3
    assert small.state is DetectorState.STABLE
    assert detector.update(random.normal(0.8, 1, size=500)).state is DetectorState.DRIFT


@pytest.mark.parametrize("kind", ALL)
def test_one_outlier_neither_alarms_nor_hides_a_shift(kind: type[OneFeature]) -> None:
    random = np.random.default_rng(4)
    detector = kind().fit(random.normal(size=2_000))
    assert detector.update([*random.normal(size=499), 1e9]).state is DetectorState.STABLE
    assert detector.update([*random.normal(1, 1, size=499), 1e9]).state is DetectorState.DRIFT


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind is not Wasserstein])
def test_a_feature_that_is_lost_alarms(kind: type[OneFeature]) -> None:
    random = np.random.default_rng(5)
    detector = kind().fit(random.normal(size=2_000))
    values = random.normal(size=500)
    for lost in (np.nan, np.inf):
        assert detector.update(np.where(random.random(500) < 0.5, lost, values)).state is DetectorState.DRIFT
    assert detector.update(np.full(500, np.nan)).state is DetectorState.DRIFT


@pytest.mark.parametrize("kind", WORDS)
def test_new_words_and_missing_ones_alarm(kind: type[OneFeature]) -> None:
    detector = kind().fit(BEFORE)
    assert detector.update(BEFORE).distance == pytest.approx(0)
    assert detector.update(["new"] * 100).state is DetectorState.DRIFT
    assert detector.update(np.array([None] * 100, dtype=object)).state is DetectorState.DRIFT


@pytest.mark.parametrize("kind", ALL)
def test_state_is_plain_and_goes_on(kind: type[OneFeature]) -> None:
    random = np.random.default_rng(6)
    reference = [*random.normal(size=300), math.nan, math.inf, -math.inf]
    detector = kind(level=0.01, most=200, seed=3).fit(reference)
    again = kind.from_dict(json.loads(json.dumps(detector.as_dict(), allow_nan=False)))
    batch = random.normal(0.4, 1, size=200)
    assert again.update(batch) == detector.update(batch)
    assert kind.from_dict(kind().as_dict()).reference is None


def test_words_go_on_too() -> None:
    detector = PSI().fit(np.array(["nan", "=x", None, "inf"] * 50, dtype=object))
    again = PSI.from_dict(json.loads(json.dumps(detector.as_dict())))
    assert again.reference == detector.reference
    assert again.update(["nan"] * 60) == detector.update(["nan"] * 60)


@pytest.mark.parametrize("kind", ALL)
def test_what_does_not_fit_is_refused(kind: type[OneFeature]) -> None:
    with pytest.raises(InputError, match="not fitted"):
        kind().update([1.0])
    for wrong in ([], [[1.0, 2.0]]):
        with pytest.raises(InputError, match="shape"):
            kind().fit(wrong)
    with pytest.raises(InputError):
        kind().fit([1.0, 2.0, 3.0]).update(["a", "b"])
    for settings in ({"level": 0.0}, {"limit": -1.0}, {"most": 1}):
        with pytest.raises(InputError):
            kind(**settings)


def test_words_are_refused_where_only_numbers_have_a_distance() -> None:
    for kind in (KolmogorovSmirnov, Wasserstein):
        with pytest.raises(InputError, match="no numbers"):
            kind().fit(["a", "b"])
