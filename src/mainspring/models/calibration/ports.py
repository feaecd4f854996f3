"""What a method of calibration has to give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Calibrator(Protocol):
    """Turns the probabilities of a model into calibrated ones.

    Promises:
        - It never changes; many threads may use it at once.
        - Rows do not influence each other; what is not a number stays so.
        - Every row of the answer adds up to 1.
        - ``from_dict(as_dict())`` gives the same bits, and ``as_dict`` holds plain JSON values.
    """

    METHOD: ClassVar[str]
    """Its name: ``"platt"``."""

    @classmethod
    def fit(cls, scores: Floats, truth: Ints, weights: Floats | None = None) -> Self:
        """Fit on rows that the model did not learn from.

        Args:
            scores: Probabilities of the model, ``[n, classes]``.
            truth: Index of each row's class, ``[n]``.
            weights: What each row counts, ``[n]``; 1 without it.
        """
        ...

    def apply(self, scores: Floats) -> Floats:
        """Calibrated probabilities ``[n, classes]`` from those of the model."""
        ...

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        ...

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        ...
