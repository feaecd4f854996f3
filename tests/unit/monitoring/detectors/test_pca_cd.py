"""PCA-CD: its distances held to scipy, its score to one made by hand, and what it sees."""

import numpy as np
import pytest
from scipy.stats import entropy

from mainspring.core.errors import InputError
from mainspring.monitoring.detectors.page_hinkley import PageHinkley
from mainspring.monitoring.detectors.pca_cd import PCACD, divergences


def stream(seed, rows=6000, change=None):
    random = np.random.default_rng(seed)
    x, noise = random.normal(size=(2, rows))
    tied = np.where(np.arange(rows) < (change or rows), 0.0, 0.9)
    return np.stack([x, tied * x + np.sqrt(1 - tied**2) * noise, random.normal(size=rows)], axis=1)


def test_distances_are_those_of_scipy():
    counts = np.array([[1.0, 2, 3, 4], [5, 5, 0, 0]]), np.array([[4.0, 3, 2, 1], [0, 0, 3, 3]])
    shares = [side / side.sum(axis=1, keepdims=True) for side in counts]
    assert divergences(*counts, "area") == pytest.approx(np.abs(shares[0] - shares[1]).sum(axis=1) / 2)
    more = [side + 0.5 for side in counts]
    expected = np.maximum(entropy(more[0], more[1], axis=1), entropy(more[1], more[0], axis=1))
    assert divergences(*counts, "kl") == pytest.approx(expected)


@pytest.mark.parametrize("divergence", ["area", "kl"])
def test_alarms_are_those_of_the_score_worked_out_again(divergence):
    rows = stream(1, rows=2500, change=1200)
    detector = PCACD(window=200, step=10, divergence=divergence, threshold=30)
    [alarm, *_] = detector.update_many(rows)
    reference = rows[:200]
    scaled = (reference - reference.mean(axis=0)) / reference.std(axis=0)
    _, axes = np.linalg.eigh(np.cov(scaled.T))
    test = PageHinkley(threshold=30, delta=0.6, direction="up", forgetting=1, min_items=2)
    unit = np.sqrt((0.5 - 1 / np.pi) / 200) if divergence == "area" else np.sqrt(2 * 14) / 200
    for end in range(400, len(rows), 10):
        window = (rows[end - 200 : end] - reference.mean(axis=0)) / reference.std(axis=0)
        apart = []
        for axis in axes.T:
            edges = np.concatenate([[-np.inf], np.quantile(scaled @ axis, np.arange(1, 14) / 14), [np.inf]])
            histograms = [np.histogram(side @ axis, edges)[0].astype(float)[None] for side in (scaled, window)]
            apart.append(divergences(*histograms, divergence)[0])
        if test.update(max(apart) / unit) == "DRIFT":
            break
    # An axis may point the other way, and an item at an edge then lies on its other side.
    assert abs(alarm - (end - 1)) <= 20
    assert 1200 < alarm < 1700


def test_a_change_of_correlation_is_seen_and_steady_streams_are_left_alone():
    assert PCACD().update_many(stream(2, rows=20_000)).size == 0
    [alarm] = PCACD().update_many(stream(2, rows=5000, change=3000))
    assert 3000 < alarm < 3600


def test_one_outlier_hides_nothing():
    rows = stream(3, rows=5000)
    rows[2500:, 0] += 1
    rows[10] = 1e6
    assert PCACD(divergence="kl").update_many(rows).size == 1


def test_after_an_alarm_it_learns_anew():
    rows = stream(4, rows=12_000)
    rows[3000:, 0] += 2
    rows[8000:, 0] -= 2
    alarms = PCACD().update_many(rows)
    assert len(alarms) == 2
    assert 3000 < alarms[0] < 3700
    assert 8000 < alarms[1] < 8700


def test_constant_features_do_not_matter():
    rows = stream(5, rows=3000)
    rows[:, 2] = 7.0
    assert PCACD().update_many(rows).size == 0
    assert PCACD().update_many(np.ones((3000, 2))).size == 0


@pytest.mark.parametrize(
    "settings", [{"window": 30}, {"variance": 0}, {"divergence": "js"}, {"bins": 1}, {"threshold": 0}, {"step": 0}]
)
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(InputError, match=next(iter(settings))):
        PCACD(**settings)
