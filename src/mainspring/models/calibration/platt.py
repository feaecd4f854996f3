"""Platt scaling: a sigmoid over the log-odds of the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np

from mainspring.models.calibration.odds import against_rest, joined, log_odds, sigmoid
from mainspring.models.calibration.ports import Floats, Ints

_MOST_STEPS: Final = 100
_CLOSE: Final = 1e-10
_RIDGE: Final = 1e-12
_HALVINGS: Final = 40


@dataclass(frozen=True, slots=True)
class Platt:
    """``sigmoid(slope * log_odds(p) + intercept)``: two numbers, so that few rows are enough.

    It stretches, flattens and shifts; what it cannot do is bend an S into another shape. Two classes have one
    curve, for the second of them; of more, each has one against the rest, and the results are divided by their
    sum.

    Attributes:
        slopes: Of each curve; 1 leaves the log-odds as they are.
        intercepts: Of each curve.

    References:
        J. Platt, *Probabilistic outputs for support vector machines*, Advances in Large Margin Classifiers
        (1999), for the curve and the targets; H.-T. Lin, C.-J. Lin and R. C. Weng, *A note on Platt's
        probabilistic outputs for support vector machines*, Machine Learning 68 (2007), for Newton's method with a
        line search.

    Example:
        >>> overconfident = np.array([[0.01, 0.99], [0.99, 0.01]] * 50)
        >>> truth = np.array([1, 0] * 40 + [0, 1] * 10)
        >>> Platt.fit(overconfident, truth).apply(overconfident)[:2].round(2).tolist()
        [[0.21, 0.79], [0.79, 0.21]]
    """

    METHOD: ClassVar[str] = "platt"

    slopes: tuple[float, ...]
    intercepts: tuple[float, ...]

    @classmethod
    def fit(cls, scores: Floats, truth: Ints, weights: Floats | None = None) -> Self:
        """Fit every curve; see :class:`mainspring.models.calibration.ports.Calibrator`."""
        weight = np.ones(len(truth)) if weights is None else weights
        lines = [_fit_line(log_odds(scores[:, one]), truth == one, weight) for one in against_rest(scores)]
        return cls(tuple(slope for slope, _ in lines), tuple(intercept for _, intercept in lines))

    def apply(self, scores: Floats) -> Floats:
        """Calibrated probabilities."""
        return joined(
            [
                sigmoid(slope * log_odds(scores[:, one]) + intercept)
                for one, slope, intercept in zip(against_rest(scores), self.slopes, self.intercepts, strict=True)
            ]
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"method": self.METHOD, "slopes": list(self.slopes), "intercepts": list(self.intercepts)}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(tuple(value["slopes"]), tuple(value["intercepts"]))


def _fit_line(odds: Floats, is_class: Any, weights: Floats) -> tuple[float, float]:
    """Slope and intercept with the least log loss against Platt's targets."""
    yes, no = float(weights[is_class].sum()), float(weights[~is_class].sum())
    # One row of each kind is added in thought, so that certainty is never learnt.
    target = np.where(is_class, (yes + 1.0) / (yes + 2.0), 1.0 / (no + 2.0))
    slope, intercept = 0.0, float(np.log((yes + 1.0) / (no + 1.0)))
    loss = _loss(slope * odds + intercept, target, weights)
    for _ in range(_MOST_STEPS):
        share = sigmoid(slope * odds + intercept)
        pull, curve = weights * (share - target), weights * share * (1.0 - share)
        gradient = np.array([float(pull @ odds), float(pull.sum())])
        if float(np.abs(gradient).max()) <= _CLOSE * float(weights.sum()):
            break
        cross = float(curve @ odds)
        hessian = np.array([[float(curve @ (odds * odds)), cross], [cross, float(curve.sum())]])
        # Where all scores are alike, any slope would do: the ridge picks one.
        hessian += np.eye(2) * _RIDGE * max(1.0, float(np.trace(hessian)))
        step = np.linalg.solve(hessian, gradient)
        for halving in range(_HALVINGS):
            part = 0.5**halving
            new_slope, new_intercept = slope - part * float(step[0]), intercept - part * float(step[1])
            new_loss = _loss(new_slope * odds + new_intercept, target, weights)
            if new_loss <= loss - 1e-4 * part * float(gradient @ step):
                break
        else:
            break
        slope, intercept, loss = new_slope, new_intercept, new_loss
    return slope, intercept


def _loss(value: Floats, target: Floats, weights: Floats) -> float:
    """The log loss of sigmoids."""
    return float(weights @ (np.logaddexp(0.0, value) - target * value))
