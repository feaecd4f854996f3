"""Temperature scaling: one number that makes a model more or less sure of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np

from mainspring.models.calibration.odds import LEAST
from mainspring.models.calibration.ports import Floats, Ints

_COLDEST: Final = 1e-3
_HOTTEST: Final = 1e3
_MOST_STEPS: Final = 100
_CLOSE: Final = 1e-10


@dataclass(frozen=True, slots=True)
class Temperature:
    """``softmax(log(p) / temperature)``: above 1 the model becomes less sure, below 1 surer.

    One number for all classes: the order of the classes of a row, and so its answer, never changes. It cannot mend
    a model that leans to one class; :class:`Platt` can.

    Attributes:
        temperature: Between 0.001 and 1000.

    References:
        C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, *On calibration of modern neural networks*, ICML 2017.

    Example:
        >>> overconfident = np.array([[0.01, 0.99], [0.99, 0.01]] * 50)
        >>> truth = np.array([1, 0] * 40 + [0, 1] * 10)
        >>> Temperature.fit(overconfident, truth).apply(overconfident)[:1].round(3).tolist()
        [[0.2, 0.8]]
    """

    METHOD: ClassVar[str] = "temperature"

    temperature: float

    @classmethod
    def fit(cls, scores: Floats, truth: Ints, weights: Floats | None = None) -> Self:
        """The temperature with the least log loss; see :class:`mainspring.models.calibration.ports.Calibrator`.

        The log loss is convex in the inverse of the temperature: Newton's method, kept between brackets.
        """
        weight = np.ones(len(truth)) if weights is None else weights
        logits = _logits(scores)
        of_truth = logits[np.arange(len(truth)), truth]
        low, high = 1.0 / _HOTTEST, 1.0 / _COLDEST
        inverse = 1.0
        for _ in range(_MOST_STEPS):
            shares = _softmax(logits * inverse)
            mean = (shares * logits).sum(axis=1)
            slope = float(weight @ (mean - of_truth))
            low, high = (low, inverse) if slope > 0 else (inverse, high)
            spread = float(weight @ ((shares * logits * logits).sum(axis=1) - mean * mean))
            stepped = inverse - slope / spread if spread > 0 else np.nan
            if abs(stepped - inverse) <= _CLOSE * inverse:
                break
            inverse = stepped if low < stepped < high else float(np.sqrt(low * high))
        return cls(float(1.0 / inverse))

    def apply(self, scores: Floats) -> Floats:
        """Calibrated probabilities."""
        return _softmax(_logits(scores) / self.temperature)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"method": self.METHOD, "temperature": self.temperature}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(float(value["temperature"]))


def _logits(scores: Floats) -> Floats:
    logits: Floats = np.log(np.clip(scores, LEAST, 1.0))
    return logits


def _softmax(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares
