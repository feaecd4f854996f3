"""The methods against scikit-learn, against their promises, and through JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize, minimize_scalar
from sklearn.isotonic import IsotonicRegression

from mainspring.core.errors import InputError
from mainspring.models.calibration import (
    METHODS,
    Isotonic,
    Platt,
    Temperature,
    compare_calibrators,
    fit_calibrator,
    read_calibrator,
)
from mainspring.models.calibration.odds import log_odds, sigmoid


def overconfident(rows: int = 4000, classes: int = 2, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores that are three times as sure as they may be, and what happened."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 1, (rows, classes))
    powers = np.exp(logits)
    shares = powers / powers.sum(axis=1, keepdims=True)
    truth = (random.random((rows, 1)) > shares.cumsum(axis=1)).sum(axis=1).clip(max=classes - 1)
    wild = np.exp(3 * logits)
    return wild / wild.sum(axis=1, keepdims=True), truth.astype(np.int64)


def log_loss(scores: np.ndarray, truth: np.ndarray) -> float:
    return float(-np.log(scores[np.arange(len(truth)), truth]).mean())


def test_platt_finds_the_least_log_loss_against_its_targets() -> None:
    scores, truth = overconfident(500)
    odds, yes = log_odds(scores[:, 1]), truth == 1
    target = np.where(yes, (yes.sum() + 1) / (yes.sum() + 2), 1 / ((~yes).sum() + 2))

    def loss(line: np.ndarray) -> float:
        value = line[0] * odds + line[1]
        return float((np.logaddexp(0, value) - target * value).sum())

    best = minimize(loss, [1.0, 0.0], tol=1e-12).x
    found = Platt.fit(scores, truth)
    np.testing.assert_allclose([found.slopes[0], found.intercepts[0]], best, atol=1e-5)


def test_platt_agrees_with_scikit_learn() -> None:
    from sklearn.calibration import _sigmoid_calibration

    scores, truth = overconfident(800)
    odds = log_odds(scores[:, 1])
    slope, intercept = _sigmoid_calibration(odds, truth)
    expected = 1 / (1 + np.exp(slope * odds + intercept))
    np.testing.assert_allclose(Platt.fit(scores, truth).apply(scores)[:, 1], expected, atol=1e-5)


@pytest.mark.parametrize("classes", [2, 4])
def test_temperature_finds_the_least_log_loss(classes: int) -> None:
    scores, truth = overconfident(1500, classes)
    logits = np.log(scores)

    def loss(temperature: float) -> float:
        powers = np.exp(logits / temperature)
        return log_loss(powers / powers.sum(axis=1, keepdims=True), truth)

    best = minimize_scalar(loss, bounds=(0.1, 20), method="bounded", options={"xatol": 1e-9})
    found = Temperature.fit(scores, truth)
    assert found.temperature == pytest.approx(best.x, rel=1e-3)
    assert found.temperature == pytest.approx(3, rel=0.15)
    assert (found.apply(scores).argmax(axis=1) == scores.argmax(axis=1)).all()


@pytest.mark.parametrize("weighted", [False, True])
def test_isotonic_is_that_of_scikit_learn(weighted: bool) -> None:
    scores, truth = overconfident(600)
    weights = np.random.default_rng(1).uniform(0.5, 2, 600) if weighted else None
    reference = IsotonicRegression(out_of_bounds="clip").fit(scores[:, 1], truth, sample_weight=weights)
    asked = np.linspace(0, 1, 501)
    calibrator = Isotonic.fit(scores, truth, weights)
    found = calibrator.apply(np.stack([1 - asked, asked], axis=1))[:, 1]
    at, to = map(np.array, calibrator.curves[0])
    # The blocks at the ends are softened.
    inside = (asked >= at[to > to[0]].min()) & (asked <= at[to < to[-1]].max())
    assert inside.sum() > 250
    np.testing.assert_allclose(found[inside], reference.predict(asked)[inside], atol=1e-9)


def test_isotonic_pools_a_table_worked_by_hand() -> None:
    score = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    truth = np.array([0, 1, 0, 0, 1, 1])
    found = Isotonic.fit(np.stack([1 - score, score], axis=1), truth).curves[0]
    # 0 | 1 0 0 | 1 1: the three in the middle share one third; the ends keep 1/3 and 1/4, as far as they may rise.
    assert found[0] == (0.1, 0.2, 0.4, 0.5, 0.6)
    assert found[1] == pytest.approx((1 / 3, 1 / 3, 1 / 3, 0.75, 0.75))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("classes", [2, 3])
def test_every_method_mends_an_overconfident_model(method: str, classes: int) -> None:
    scores, truth = overconfident(classes=classes)
    held, held_truth = overconfident(classes=classes, seed=1)
    calibrator = fit_calibrator(method, scores, truth)
    made = calibrator.apply(held)
    assert log_loss(made, held_truth) < log_loss(held, held_truth) - 0.2
    np.testing.assert_allclose(made.sum(axis=1), 1.0)
    assert ((made >= 0) & (made <= 1)).all()
    again = read_calibrator(json.loads(json.dumps(calibrator.as_dict(), allow_nan=False)))
    assert again == calibrator
    np.testing.assert_array_equal(again.apply(held), made)


@pytest.mark.parametrize("method", METHODS)
def test_a_weight_is_as_many_rows(method: str) -> None:
    scores, truth = overconfident(300)
    weights = np.random.default_rng(2).integers(0, 4, 300)
    once = fit_calibrator(method, scores, truth, weights.astype(float))
    many = fit_calibrator(method, scores.repeat(weights, axis=0), truth.repeat(weights))
    np.testing.assert_allclose(once.apply(scores), many.apply(scores), atol=1e-8)


@pytest.mark.parametrize("method", METHODS)
def test_the_ends_are_answered_and_nothing_stays_nothing(method: str) -> None:
    scores, truth = overconfident(300)
    calibrator = fit_calibrator(method, scores, truth)
    made = calibrator.apply(np.array([[1.0, 0.0], [0.0, 1.0], [np.nan, np.nan]]))
    assert np.isfinite(made[:2]).all()
    assert (made[:2] > 0).all()
    assert np.isnan(made[2]).all()


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=40).filter(
        lambda rows: len({truth for _, truth in rows}) == 2
    )
)
def test_isotonic_only_rises(rows: list[tuple[float, bool]]) -> None:
    score = np.array([one for one, _ in rows])
    truth = np.array([int(one) for _, one in rows])
    at, to = Isotonic.fit(np.stack([1 - score, score], axis=1), truth).curves[0]
    assert (np.diff(at) > 0).all()
    assert (np.diff(to) >= 0).all()


def test_scores_that_are_all_alike() -> None:
    scores = np.tile([0.7, 0.3], (10, 1))
    truth = np.array([0, 1] * 5)
    for method in METHODS:
        made = fit_calibrator(method, scores, truth).apply(scores)
        assert np.isfinite(made).all()
    np.testing.assert_allclose(Isotonic.fit(scores, truth).apply(scores), 0.5)


def test_a_class_that_no_score_has_is_shared_evenly() -> None:
    found = Isotonic(curves=(((0.5,), (0.0,)),) * 3).apply(np.array([[0.2, 0.3, 0.5]]))
    np.testing.assert_allclose(found, 1 / 3)


def test_sigmoid_does_not_overflow() -> None:
    assert sigmoid(np.array([-1e4, 0.0, 1e4])).tolist() == [0.0, 0.5, 1.0]


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(InputError, match="no method of calibration is called 'beta'"):
        fit_calibrator("beta", np.ones((2, 2)), np.array([0, 1]))
    with pytest.raises(InputError, match="one class"):
        fit_calibrator("platt", np.full((2, 2), 0.5), np.array([1, 1]))
    with pytest.raises(InputError, match="newer mainspring"):
        read_calibrator({"method": "beta"})


def test_the_simplest_of_equals_is_best() -> None:
    scores, truth = overconfident()
    found = compare_calibrators(scores, truth)
    assert found.best == "temperature"
    assert found.losses["temperature"] < found.losses["none"]
    again = compare_calibrators(scores, truth)
    assert again.losses == found.losses


def test_a_calibrated_model_is_left_alone() -> None:
    scores, truth = overconfident()
    calibrated = Temperature(3.0).apply(scores)
    assert compare_calibrators(calibrated, truth).best == "none"


def test_an_odd_shape_needs_a_free_curve() -> None:
    random = np.random.default_rng(3)
    score = random.random(5000)
    right = np.where(score < 0.5, 0.1 + 0.4 * (score > 0.25), 0.55 + 0.4 * (score > 0.75))
    truth = (random.random(5000) < right).astype(np.int64)
    found = compare_calibrators(np.stack([1 - score, score], axis=1), truth, by="brier")
    assert found.best == "isotonic"


def test_too_few_rows_to_compare() -> None:
    scores, _ = overconfident(20)
    truth = np.array([1, 0] * 2 + [0] * 16)
    with pytest.raises(InputError, match="a class has 2 rows"):
        compare_calibrators(scores, truth)
    with pytest.raises(InputError, match="'auc'"):
        compare_calibrators(scores, truth, by="auc")
