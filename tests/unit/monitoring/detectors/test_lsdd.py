"""LSDD: its estimate held to the formula, to the true difference of two densities, and the windows of a stream."""

import json
import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.linalg import solve
from scipy.stats import norm

from mainspring.core.errors import InputError
from mainspring.monitoring.detectors.lsdd import (
    LSDD,
    RIDGES,
    OnlineLSDD,
    cross_validated,
    density_difference,
)
from mainspring.monitoring.ports import DetectorState

DRIFT = DetectorState.DRIFT


@pytest.mark.parametrize("features", [1, 3])
def test_the_estimate_is_that_of_the_formula(features):
    random = np.random.default_rng(0)
    x, y = random.normal(size=(30, features)), random.normal(0.7, 1, size=(20, features))
    at, width, ridge = np.concatenate([x, y]), 0.8, 0.05
    squares = np.square(at[:, None] - at[None]).sum(axis=2)
    unit = (math.pi * width**2) ** (features / 2)
    overlaps = unit * np.exp(-squares / (4 * width**2))
    near = np.exp(-squares / (2 * width**2))
    difference = near[:30].mean(axis=0) - near[30:].mean(axis=0)
    weights = solve(overlaps + ridge * unit * np.eye(50), difference)
    expected = 2 * difference @ weights - weights @ overlaps @ weights
    assert density_difference(x, y, width=width, ridge=ridge) == pytest.approx(expected)


def test_overlaps_of_gaussians_are_their_integrals():
    product = quad(
        lambda x: math.exp(-((x - 0.3) ** 2) / 2 / 0.49) * math.exp(-((x + 0.5) ** 2) / 2 / 0.49), -9, 9
    )[0]
    assert product == pytest.approx(math.sqrt(math.pi) * 0.7 * math.exp(-(0.8**2) / 4 / 0.49))


@pytest.mark.parametrize("shift", [0.0, 1.0, 2.0])
def test_two_bell_curves_differ_by_what_calculus_says(shift):
    # The integral of the squared difference of two normal densities that are shifted (1 - exp(-s²/4)) / root pi.
    true = (1 - math.exp(-(shift**2) / 4)) / math.sqrt(math.pi)
    assert quad(lambda x: (norm.pdf(x) - norm.pdf(x, shift)) ** 2, -9, 11)[0] == pytest.approx(true)
    random = np.random.default_rng(1)
    x, y = random.normal(size=(2000, 1)), random.normal(shift, 1, size=(2000, 1))
    width, ridge = cross_validated(x, y)
    assert ridge in RIDGES
    at = np.concatenate([x[:150], y[:150]])
    assert density_difference(x, y, width=width, ridge=ridge, centres=at) == pytest.approx(true, abs=0.03)


def test_the_distance_of_a_batch_is_without_the_unit():
    random = np.random.default_rng(2)
    x, y = random.normal(size=(100, 2)), random.normal(1, 1, size=(80, 2))
    found = LSDD(width=1.1, scaled=False, centres=180).fit(x).update(y)
    assert found.distance == pytest.approx(density_difference(x, y, width=1.1, ridge=0.1) * math.pi * 1.1**2)


def test_changes_are_seen_and_named():
    random = np.random.default_rng(3)
    reference = random.normal(size=(600, 4))
    reference[:, 1] = 0.9 * reference[:, 0] + 0.4 * reference[:, 1]
    detector = LSDD(names=["a", "b", "c", "d"]).fit(reference)
    assert detector.update(reference[random.permutation(600)[:300]]).state is DetectorState.STABLE
    torn = detector.update(np.concatenate([reference[:, :1], random.normal(size=(600, 3))], axis=1))
    assert torn.state is DRIFT
    assert set(list(torn.features)[:2]) == {"a", "b"}
    shifted = detector.update(reference + np.array([0, 0, 0, 0.6]))
    assert next(iter(shifted.features)) == "d"
    assert shifted.distance > shifted.threshold


def test_alarms_on_steady_batches_are_at_the_level():
    random = np.random.default_rng(4)
    alarms = 0
    for seed in range(200):
        detector = LSDD(level=0.1, permutations=99, seed=seed).fit(random.exponential(size=(80, 2)))
        alarms += detector.update(random.exponential(size=(50, 2))).state is DRIFT
    assert 8 <= alarms <= 34  # 20 are expected


def test_windows_of_a_stream_by_the_formula():
    random = np.random.default_rng(5)
    settings = {"window": 12, "step": 4, "reference": 60, "run": 5_000, "width": 1.2, "centres": 20}
    detector = OnlineLSDD(**settings).fit(random.normal(size=(60, 2)))
    rows = random.normal(size=(40, 2))
    for place, row in enumerate(rows):
        assert detector.update(row) is DetectorState.STABLE
        if place % 4 == 3 and place >= 11:
            window = (rows[place - 11 : place + 1] - detector.middle) / detector.wide
            near = np.exp(-np.square(window[:, None] - detector.at[None]).sum(axis=2) / 2 / 1.44).mean(axis=0)
            apart = near - detector.usual
            assert detector.value == pytest.approx(apart @ detector.form @ apart)


@pytest.mark.slow
def test_steady_streams_alarm_once_in_a_run():
    random = np.random.default_rng(6)
    alarms = rows = 0
    for seed in range(24):
        detector = OnlineLSDD(run=2000, seed=seed).fit(random.normal(size=(1000, 5)))
        found = detector.update_many(random.normal(size=(6000, 5)))
        alarms, rows = alarms + bool(found.size), rows + (int(found[0]) if found.size else 6000)
    assert 1400 < rows / alarms < 3600


def test_it_goes_on_from_its_json():
    random = np.random.default_rng(7)
    detector = LSDD(names=["a", "b"]).fit(random.normal(size=(80, 2)))
    detector.update(random.normal(size=(50, 2)))
    again = LSDD.from_dict(json.loads(json.dumps(detector.as_dict(), allow_nan=False)))
    for shift in (0, 1):
        batch = random.normal(shift, 1, size=(50, 2))
        assert again.update(batch) == detector.update(batch)


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="no reference yet"):
        LSDD().update(np.zeros((5, 2)))
    with pytest.raises(InputError, match="1 rows"):
        LSDD().fit(np.zeros((10, 2))).update([[0, 0]])
    for settings in ({"ridge": 0}, {"centres": 1}, {"width": -1}):
        for kind in (LSDD, OnlineLSDD):
            with pytest.raises(InputError, match=next(iter(settings))):
                kind(**settings)
    with pytest.raises(InputError, match="permutations"):
        LSDD(permutations=9)
