"""Reconstruction by principal components: its distances held to scikit-learn, its limits, and what it sees."""

import json

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from mainspring.core.errors import InputError
from mainspring.monitoring.detectors.pca_reconstruction import PCAReconstruction
from mainspring.monitoring.ports import DetectorState

DRIFT, STABLE = DetectorState.DRIFT, DetectorState.STABLE


def rows(seed, count=2000, tied=0.9):
    random = np.random.default_rng(seed)
    x, noise = random.normal(size=(2, count))
    return np.stack([10 * x, tied * x + np.sqrt(1 - tied**2) * noise, *random.normal(size=(2, count))], axis=1)


@pytest.mark.parametrize("variance", [0.5, 0.65, 0.9])
def test_distances_are_those_of_scikit_learn(variance):
    reference, batch = rows(0), rows(1, 300)
    detector = PCAReconstruction(variance=variance, seed=3).fit(reference)
    # The components are those of one half, and what is usual is that of the other.
    order = np.random.default_rng(3).permutation(2000)
    assert detector.mean == pytest.approx(detector.distances(reference[order[:1000]]).mean())
    reference = reference[order[1000:]]
    scaler = StandardScaler().fit(reference)
    model = PCA(n_components=variance, svd_solver="full").fit(scaler.transform(reference))
    scaled = scaler.transform(batch)
    left = scaled - model.inverse_transform(model.transform(scaled))
    assert detector.distances(batch) == pytest.approx(np.linalg.norm(left, axis=1))
    assert detector.update(batch).distance == pytest.approx(np.linalg.norm(left, axis=1).mean())
    assert len(detector.components) == model.n_components_


def test_the_limit_is_three_deviations_of_batches_of_that_size():
    detector = PCAReconstruction().fit(rows(0, 5000))
    means = [detector.update(rows(seed, 100)).distance for seed in range(1, 301)]
    found = detector.update(rows(301, 100))
    assert found.threshold - detector.mean == pytest.approx(3 * np.std(means), rel=0.15)
    assert detector.mean == pytest.approx(np.mean(means), rel=0.01)
    assert detector.update(rows(302, 10_000)).threshold < found.threshold


def test_alarms_on_steady_batches_are_at_the_level_for_any_size():
    for size in (20, 200, 1000):
        alarms = 0
        for seed in range(200):
            detector = PCAReconstruction(deviations=1.644854, seed=seed).fit(rows(1000 + seed, 400))
            alarms += detector.update(rows(seed, size)).state is DRIFT
        assert 8 <= alarms <= 34  # 20 of 200 are expected


def test_features_that_go_together_otherwise_are_named_and_both_ways_alarm():
    detector = PCAReconstruction(names=["a", "b", "c", "d"]).fit(rows(0))
    torn = detector.update(rows(1, 500, tied=0.0))
    assert torn.state is DRIFT
    assert torn.distance > torn.threshold
    assert set(list(torn.features)[:2]) == {"a", "b"}
    closer = rows(2, 500)
    closer[:, 2] = closer[:, 3] = 0.0
    found = detector.update(closer)
    assert found.state is DRIFT
    assert found.distance < detector.mean
    assert found.p_value < 0.001


def test_a_shift_along_what_is_kept_is_not_seen():
    random = np.random.default_rng(3)
    x = random.normal(size=(1000, 1))
    reference = np.concatenate([x, x, x], axis=1) + 0.2 * random.normal(size=(1000, 3))
    assert PCAReconstruction().fit(reference).update(reference + 2.0).state is STABLE


def test_missing_values_are_the_mean():
    reference = rows(0)
    reference[::10, 1] = np.nan
    detector = PCAReconstruction().fit(reference)
    filled = np.where(np.isnan(rows(1)), 0, rows(1))
    holes = filled.copy()
    holes[::5, 1] = np.nan
    filled[::5, 1] = detector.origin[1]
    assert detector.update(holes).distance == pytest.approx(detector.update(filled).distance)
    detector = PCAReconstruction().fit(np.column_stack([rows(0), np.full(2000, np.nan)]))
    assert detector.update(np.column_stack([rows(1), np.full(2000, np.nan)])).state is STABLE


def test_constant_features_and_references_without_deviation():
    detector = PCAReconstruction().fit(np.ones((50, 3)))
    assert detector.update(np.ones((10, 3))).state is STABLE
    assert detector.update(np.ones((10, 3))).p_value == 1.0
    assert detector.update(np.full((10, 3), [1, 1, 2.0])).state is DRIFT


def test_it_goes_on_from_its_json():
    detector = PCAReconstruction(names=["a", "a", "b", "c"]).fit(rows(0, 100))
    state = json.dumps(detector.as_dict(), allow_nan=False)
    again = PCAReconstruction.from_dict(json.loads(state))
    assert json.dumps(again.as_dict()) == state
    assert again.update(rows(1, 50)) == detector.update(rows(1, 50))
    assert set(again.update(rows(1, 50)).features) == {"a", "b", "c"}


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="no reference yet"):
        PCAReconstruction().update(np.zeros((20, 2)))
    with pytest.raises(InputError, match="1 feature"):
        PCAReconstruction().fit(np.zeros((20, 1)))
    with pytest.raises(InputError, match="5 rows"):
        PCAReconstruction().fit(np.zeros((5, 2)))
    with pytest.raises(InputError, match="variance"):
        PCAReconstruction(variance=0)
    with pytest.raises(InputError, match="deviations"):
        PCAReconstruction(deviations=0)
