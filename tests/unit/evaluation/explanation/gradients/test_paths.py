"""Integrated gradients on functions whose parts are known by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core import InputError
from mainspring.evaluation.explanation import ResidualError
from mainspring.evaluation.explanation.gradients import (
    expected_gradients,
    integrated_gradients,
    saliency,
    smooth_grad,
)

RNG = np.random.default_rng(0)
W1, W2 = RNG.normal(size=(4, 8)), RNG.normal(size=8)


def smooth_net(points):
    """tanh(x W1) W2, with its slopes by hand."""
    hidden = np.tanh(points @ W1)
    return hidden @ W2, ((1 - hidden**2) * W2) @ W1.T


def linear(weights):
    return lambda points: (points @ weights + 3.0, np.broadcast_to(weights, points.shape))


def product(points):
    return points[:, 0] * points[:, 1], points[:, ::-1]


@given(
    st.lists(st.floats(-100, 100), min_size=3, max_size=3), st.lists(st.floats(-100, 100), min_size=3, max_size=3)
)
@settings(max_examples=30, deadline=None)
def test_of_a_line_they_are_weights_times_the_way(point, baseline):
    weights = np.array([2.0, -1.0, 0.5])
    found = integrated_gradients(linear(weights), np.array([point]), np.array(baseline), steps=3)
    assert found.parts[0] == pytest.approx(weights * (np.array(point) - baseline), abs=1e-9)


def test_a_product_is_shared_in_halves():
    # Of x y from (0, 0) to (2, 3): both get the integral of a * 6, which is 3.
    assert integrated_gradients(product, np.array([[2.0, 3.0]]), np.zeros(2), steps=2).parts[0] == pytest.approx(
        3.0
    )


def test_they_are_complete_on_a_smooth_net():
    points = RNG.normal(size=(20, 4))
    found = integrated_gradients(smooth_net, points, np.zeros(4), steps=64)
    assert found.residual < 1e-6
    assert found.base == pytest.approx(0.0)


def test_what_is_not_complete_is_an_error():
    def stairs(points):
        return np.floor(points[:, 0] * 5), np.zeros_like(points)

    with pytest.raises(ResidualError, match="more steps"):
        integrated_gradients(stairs, np.array([[1.0]]), np.zeros(1))


def test_images_keep_their_shape_and_points_in_parts_are_the_same(monkeypatch):
    images = RNG.normal(size=(3, 5, 6))

    def squares(points):
        return (points**2).sum(axis=(1, 2)), 2 * points

    whole = integrated_gradients(squares, images, np.zeros((5, 6)))
    monkeypatch.setattr("mainspring.evaluation.explanation.gradients.paths.POINTS_AT_ONCE", 7)
    assert integrated_gradients(squares, images, np.zeros((5, 6))).parts == pytest.approx(whole.parts)
    assert whole.parts == pytest.approx(images**2)


def test_expected_gradients_of_a_line_are_shapley_values():
    weights, background = np.array([1.0, -2.0]), RNG.normal(size=(9, 2))
    found = expected_gradients(linear(weights), np.array([[1.0, 1.0]]), background, steps=2)
    assert found.parts[0] == pytest.approx(weights * (1 - background.mean(axis=0)))
    assert found.residual < 1e-12


def test_saliency_and_smooth_grad():
    points = RNG.normal(size=(4, 4))
    assert saliency(smooth_net, points) == pytest.approx(np.abs(smooth_net(points)[1]))
    assert smooth_grad(smooth_net, points, noise=0.0, samples=1) == pytest.approx(smooth_net(points)[1])
    line = np.array([1.0, 2.0, 3.0, 4.0])
    assert smooth_grad(linear(line), points) == pytest.approx(np.broadcast_to(line, (4, 4)))
    alone = smooth_grad(smooth_net, points[:1], samples=4, noise=0.1)
    assert alone.shape == (1, 4)


def test_what_does_not_fit():
    with pytest.raises(InputError, match="shape"):
        integrated_gradients(product, np.zeros((2, 2)), np.zeros(3))
    with pytest.raises(InputError, match="one at least"):
        expected_gradients(product, np.zeros((2, 2)), np.zeros((0, 2)))
    with pytest.raises(InputError, match="0 samples"):
        smooth_grad(product, np.zeros((2, 2)), samples=0)
