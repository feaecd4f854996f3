import numpy as np
import pytest

from mainspring.monitoring.quality.calibrators import Calibrator, calibrate_if_needed, resampled


def test_curves_are_those_of_scikit_learn() -> None:
    sklearn = pytest.importorskip("sklearn.isotonic")
    random = np.random.default_rng(0)
    second, weights = random.random(500), random.random(500)
    truth = (random.random(500) < second**2).astype(np.int64)
    theirs = sklearn.IsotonicRegression(out_of_bounds="clip").fit(second, truth, sample_weight=weights)
    ours = Calibrator.fit(np.column_stack([1 - second, second]), truth, weights)
    new = np.linspace(0, 1, 101)
    found = ours.apply(np.column_stack([1 - new, new]))[:, 1]
    np.testing.assert_allclose(found, theirs.predict(new), atol=1e-12)


def test_probabilities_of_several_classes_add_up() -> None:
    random = np.random.default_rng(1)
    scores = random.dirichlet([1, 1, 1], 300)
    truth = random.integers(0, 3, 300)
    made = Calibrator.fit(scores, truth).apply(scores)
    np.testing.assert_allclose(made.sum(axis=1), 1)
    assert made.min() >= 0


def test_calibrated_rows_have_the_shares_of_the_truth() -> None:
    random = np.random.default_rng(2)
    chance = random.random(5_000)
    truth = (random.random(5_000) < chance**2).astype(np.int64)
    scores = np.column_stack([1 - chance, chance])
    calibrator = calibrate_if_needed(scores, truth)
    assert calibrator.curves
    assert calibrator.apply(scores)[:, 1].mean() == pytest.approx(truth.mean(), abs=1e-3)
    others = resampled(scores, truth, times=20, seed=0)
    spread = np.std([one.apply(scores)[:, 1].mean() for one in others])
    assert spread == pytest.approx(np.sqrt(truth.mean() * (1 - truth.mean()) / 5_000), rel=0.6)


def test_too_few_rows_are_not_learned_from() -> None:
    assert calibrate_if_needed(np.array([[0.5, 0.5]] * 9), np.zeros(9, dtype=np.int64)).curves == ()
