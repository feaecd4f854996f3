"""One form for every linear model: weights, a bias, and a link."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mainspring.models.trees import Link, apply_link


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LinearForm:
    """``link(matrix @ weights + bias)``.

    Attributes:
        weights: ``[features, outputs]``.
        bias: ``[outputs]``.
        link: How sums become scores.
    """

    weights: npt.NDArray[np.float64]
    bias: npt.NDArray[np.float64]
    link: Link = Link.IDENTITY

    @property
    def outputs(self) -> int:
        """Number of sums."""
        return len(self.bias)

    def scores(self, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Probabilities ``[n, classes]``, or values ``[n]``."""
        return apply_link(matrix @ self.weights + self.bias, self.link)
