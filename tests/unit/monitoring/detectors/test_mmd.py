"""MMD: its estimate by brute force, its p-value by all permutations, and the windows of a stream."""

import itertools
import json

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.monitoring.detectors.mmd import MMD, OnlineMMD
from mainspring.monitoring.ports import DetectorState

DRIFT = DetectorState.DRIFT


def brute(x, y, width):
    """The unbiased estimate, pair by pair (Gretton and others, 2012, equation 3)."""

    def near(a, b):
        return np.exp(-np.square(a - b).sum() / (2 * width**2))

    ours = np.mean([near(a, b) for a, b in itertools.permutations(x, 2)])
    theirs = np.mean([near(a, b) for a, b in itertools.permutations(y, 2)])
    return ours + theirs - 2 * np.mean([near(a, b) for a in x for b in y])


def test_the_estimate_by_brute_force():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(12, 3)), random.normal(0.5, 1, size=(9, 3))
    found = MMD(width=1.5, scaled=False).fit(x).update(y)
    assert found.distance == pytest.approx(brute(x, y, 1.5))


def test_the_p_value_is_that_of_all_permutations():
    random = np.random.default_rng(1)
    both = np.concatenate([random.normal(size=(10, 1)), random.normal(0.8, 1, size=(4, 1))])
    values = {
        ours: brute(np.delete(both, ours, axis=0), both[list(ours)], 1.0)
        for ours in itertools.combinations(range(14), 4)
    }
    exact = np.mean(np.array(list(values.values())) >= values[10, 11, 12, 13] - 1e-12)
    found = MMD(width=1.0, scaled=False, permutations=999).fit(both[:10]).update(both[10:])
    assert 0.02 < exact < 0.9
    assert found.p_value == pytest.approx(exact, abs=0.04)


@pytest.mark.parametrize("rows", [300, 1500])
def test_changes_are_seen_and_named(rows):
    random = np.random.default_rng(2)
    reference = random.normal(size=(rows, 4))
    reference[:, 1] = 0.8 * reference[:, 0] + 0.6 * reference[:, 1]
    detector = MMD(names=["a", "b", "c", "d"]).fit(reference)
    assert detector.update(reference[random.permutation(rows)]).state is DetectorState.STABLE
    torn = detector.update(np.concatenate([reference[:, :1], random.normal(size=(rows, 3))], axis=1))
    assert torn.state is DRIFT
    assert set(list(torn.features)[:2]) == {"a", "b"}
    shifted = detector.update(reference + np.array([0, 0, 0, 0.6]))
    assert shifted.state is DRIFT
    assert next(iter(shifted.features)) == "d"
    assert shifted.distance > shifted.threshold


@pytest.mark.parametrize(("rows", "batches", "least", "most"), [(40, 200, 8, 34), (1200, 40, 0, 10)])
def test_alarms_on_steady_batches_are_at_the_level(rows, batches, least, most):
    random = np.random.default_rng(3)
    alarms = 0
    for seed in range(batches):
        detector = MMD(level=0.1, permutations=99, seed=seed).fit(random.normal(size=(rows, 2)))
        alarms += detector.update(random.normal(size=(rows, 2))).state is DRIFT
    assert least <= alarms <= most


def test_an_outlier_decides_nothing():
    random = np.random.default_rng(4)
    detector = MMD().fit(random.normal(size=(300, 2)))
    batch = random.normal(size=(300, 2))
    batch[0] = 1e9
    assert detector.update(batch).state is DetectorState.STABLE


def test_windows_of_a_stream_by_brute_force():
    random = np.random.default_rng(5)
    detector = OnlineMMD(window=12, step=4, reference=60, run=5_000, width=1.2).fit(random.normal(size=(60, 2)))
    rows = random.normal(size=(40, 2))
    for place, row in enumerate(rows):
        assert detector.update(row) is DetectorState.STABLE
        if place % 4 == 3 and place >= 11:
            window = (rows[place - 11 : place + 1] - detector.middle) / detector.wide
            assert detector.value == pytest.approx(brute(detector.base, window, 1.2))


@pytest.mark.slow
@pytest.mark.parametrize("features", [2, 10])
def test_steady_streams_alarm_once_in_a_run(features):
    random = np.random.default_rng(6)
    alarms = rows = 0
    for seed in range(24):
        detector = OnlineMMD(run=2000, seed=seed).fit(random.normal(size=(1000, features)))
        found = detector.update_many(random.normal(size=(6000, features)))
        alarms, rows = alarms + bool(found.size), rows + (int(found[0]) if found.size else 6000)
    assert 1400 < rows / alarms < 3600


def test_it_goes_on_from_its_json():
    random = np.random.default_rng(7)
    detector = MMD(names=["a", "b"]).fit(random.normal(size=(80, 2)))
    detector.update(random.normal(size=(50, 2)))
    again = MMD.from_dict(json.loads(json.dumps(detector.as_dict(), allow_nan=False)))
    for shift in (0, 1):
        batch = random.normal(shift, 1, size=(50, 2))
        assert again.update(batch) == detector.update(batch)


@pytest.mark.parametrize("settings", [{"window": 95}, {"reference": 300}, {"run": 50}, {"width": 0}, {"step": 0}])
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(InputError, match=next(iter(settings))):
        OnlineMMD(**settings)


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="no reference yet"):
        MMD().update(np.zeros((5, 2)))
    with pytest.raises(InputError, match="row 0, feature 1 of the batch is nan"):
        MMD().fit(np.zeros((10, 2))).update([[0, np.nan], [0, 0]])
    with pytest.raises(InputError, match="400"):
        OnlineMMD().fit(np.zeros((100, 2)))
    with pytest.raises(InputError, match="3 features"):
        OnlineMMD().fit(np.random.default_rng(0).normal(size=(400, 2))).update([0, 0, 0])
