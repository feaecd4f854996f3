"""Integrated gradients and their kin, over points of any shape: rows of a matrix, or images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.explanation.attributions import ResidualError

Floats: TypeAlias = npt.NDArray[np.float64]

Tangent: TypeAlias = Callable[[Floats], tuple[Floats, Floats]]
"""From points ``[n, …]`` to answers ``[n]`` and their slopes ``[n, …]``. Points do not influence each other."""

STEPS = 64
TOLERANCE = 0.01
"""How far the parts may miss the change of the answer, as a share of one plus its size."""

POINTS_AT_ONCE = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Along:
    """What the way from a baseline to each point adds.

    Attributes:
        parts: What each coordinate adds, shape ``[n, …]`` as the points.
        base: The answers to the baselines, shape ``[n]``.
        answers: The answers to the points, shape ``[n]``.
        residual: The largest distance of an answer from the sum of its parts.
    """

    parts: Floats
    base: Floats
    answers: Floats
    residual: float


def integrated_gradients(
    tangent: Tangent, points: Floats, baseline: Floats, *, steps: int = STEPS, tolerance: float = TOLERANCE
) -> Along:
    """The slopes along the straight way from a baseline to each point, times how far each coordinate goes.

    The parts add up to the change of the answer (completeness), as far as ``steps`` are enough to integrate over;
    they are Gauss and Legendre's, which for smooth functions are exact to many digits with a few dozen.

    Args:
        tangent: Answers and slopes.
        points: What is explained, shape ``[n, …]``.
        baseline: Where the way begins: one for all, shape ``[…]``, or one for each point.
        steps: At how many places of the way slopes are asked for.
        tolerance: How far the sum may miss.

    Raises:
        InputError: If the baseline has another shape than the points, or there is no step.
        ResidualError: If the parts miss a change by more than that.

    Reference: M. Sundararajan, A. Taly and Q. Yan, *Axiomatic attribution for deep networks*, ICML 2017.

    Example:
        >>> def square(x):
        ...     return (x**2).sum(axis=1), 2 * x
        >>> integrated_gradients(square, np.array([[1.0, 2.0]]), np.zeros(2)).parts.round(6).tolist()
        [[1.0, 4.0]]
    """
    if baseline.shape not in (points.shape, points.shape[1:]) or steps < 1:
        raise InputError(
            f"a baseline of shape {list(baseline.shape)} for points of shape {list(points.shape)}, {steps} steps",
            expected="a baseline of the shape of one point, or of all, and one step at least",
        )
    start = np.broadcast_to(baseline, points.shape).astype(np.float64)
    return _checked(_along(tangent, points, start, steps), tolerance)


def expected_gradients(
    tangent: Tangent, points: Floats, baselines: Floats, *, steps: int = 16, tolerance: float = TOLERANCE
) -> Along:
    """The mean of integrated gradients over many baselines, such as rows of a background.

    This is the variant of deep SHAP that is offered here: it needs nothing of a network but its slopes. It is not
    the one that carries differences back layer by layer by the rules of DeepLIFT; of functions that are linear
    between background and point both give the Shapley values. Nothing is drawn: every baseline has its own way.

    Args:
        tangent: Answers and slopes.
        points: What is explained, shape ``[n, …]``.
        baselines: Shape ``[m, …]``.
        steps: For each baseline.
        tolerance: How far the sum may miss.

    Raises:
        InputError: If the shapes do not fit.
        ResidualError: If the parts miss the mean change of an answer.

    Reference: G. Erion and others, *Improving performance of deep learning models with axiomatic attribution
    priors and expected gradients*, Nature Machine Intelligence 3 (2021).
    """
    if baselines.shape[1:] != points.shape[1:] or not len(baselines) or steps < 1:
        raise InputError(
            f"baselines of shape {list(baselines.shape)} for points of shape {list(points.shape)}",
            expected="baselines of the shape of a point, one at least, and one step at least",
        )
    count = len(baselines)
    parts, base, answers = np.empty_like(points, dtype=np.float64), np.empty(len(points)), np.empty(len(points))
    for place, point in enumerate(points):
        found = _along(tangent, np.repeat(point[None], count, axis=0), baselines.astype(np.float64), steps)
        parts[place] = found.parts.mean(axis=0)
        base[place], answers[place] = found.base.mean(), found.answers[0]
    return _checked(_whole(parts, base, answers), tolerance)


def saliency(tangent: Tangent, points: Floats) -> Floats:
    """The size of the slope of each coordinate, shape ``[n, …]``.

    Reference: K. Simonyan, A. Vedaldi and A. Zisserman, *Deep inside convolutional networks*, ICLR 2014 workshop.
    """
    return np.abs(tangent(points)[1])


def smooth_grad(
    tangent: Tangent, points: Floats, *, noise: float = 0.15, samples: int = 32, seed: int = 0
) -> Floats:
    """The mean slope around each point: what one point's slope owes to chance goes away.

    Args:
        tangent: Answers and slopes.
        points: Shape ``[n, …]``.
        noise: Standard deviation of the noise, as a share of the range of the points.
        samples: How often each point is moved.
        seed: Of the noise, which is the same for every point.

    Raises:
        InputError: If there is no sample, or the noise is below 0.

    Reference: D. Smilkov and others, *SmoothGrad: removing noise by adding noise*, 2017, arXiv:1706.03825.
    """
    if samples < 1 or noise < 0:
        raise InputError(
            f"{samples} samples with a noise of {noise}", expected="1 sample at least, a noise of 0 up"
        )
    spread = noise * float(np.ptp(points)) if points.size else 0.0
    moved = np.random.default_rng(seed).normal(0.0, 1.0, (samples, *points.shape[1:])) * spread
    sums = np.zeros(points.shape)
    for shift in moved:
        sums += tangent(points + shift)[1]
    return sums / samples


def _along(tangent: Tangent, points: Floats, start: Floats, steps: int) -> Along:
    places, weights = np.polynomial.legendre.leggauss(steps)
    places, weights = (places + 1) / 2, weights / 2  # from -1..1 to 0..1
    way = points - start
    slopes = np.zeros(points.shape)
    at_once = max(1, POINTS_AT_ONCE // max(1, len(points)))
    for first in range(0, steps, at_once):
        at = places[first : first + at_once]
        shaped = at.reshape(-1, *[1] * points.ndim)
        asked = (start[None] + shaped * way[None]).reshape(-1, *points.shape[1:])
        found = tangent(asked)[1].reshape(len(at), *points.shape)
        slopes += np.tensordot(weights[first : first + at_once], found, axes=1)
    return _whole(way * slopes, tangent(start)[0], tangent(points)[0])


def _whole(parts: Floats, base: Floats, answers: Floats) -> Along:
    missed = np.abs(base + parts.reshape(len(parts), -1).sum(axis=1) - answers)
    return Along(parts=parts, base=base, answers=answers, residual=float(missed.max(initial=0.0)))


def _checked(found: Along, tolerance: float) -> Along:
    limit = tolerance * (1 + float(np.abs(found.answers - found.base).max(initial=0.0)))
    if not found.residual <= limit:
        raise ResidualError(
            f"the parts along the way miss a change of the answer by {found.residual:.3g}",
            expected=f"at most {limit:.3g}",
            fix="take more steps: the function has sharp bends on the way",
        )
    return found
