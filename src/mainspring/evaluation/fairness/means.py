"""Means of quantities of single rows, with their variances, weighted; a state that merges."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mainspring.evaluation.metrics.grouping import Floats


@dataclass(frozen=True, eq=False)
class Means:
    """Sums over rows, for some quantities at once.

    Attributes:
        rows: Rows, unweighted.
        weight: Sum of the weights; ``square`` of their squares.
        sums: Weighted sum of each quantity, shape ``[q]``.
        first: Sum of squared weight times quantity, shape ``[q]``.
        second: Sum of squared weight times squared quantity, shape ``[q]``.
    """

    rows: int
    weight: float
    square: float
    sums: Floats
    first: Floats
    second: Floats

    @classmethod
    def of(cls, values: Floats, weights: Floats | None = None) -> Means:
        """Sum up quantities, shape ``[q, n]``, with row weights, shape ``[n]``."""
        count = values.shape[1]
        weight = np.ones(count) if weights is None else weights
        square = weight * weight
        return cls(
            rows=count,
            weight=float(weight.sum()),
            square=float(square.sum()),
            sums=values @ weight,
            first=values @ square,
            second=(values * values) @ square,
        )

    def merge(self, other: Means) -> Means:
        """The sums over the rows of both."""
        return Means(
            rows=self.rows + other.rows,
            weight=self.weight + other.weight,
            square=self.square + other.square,
            sums=self.sums + other.sums,
            first=self.first + other.first,
            second=self.second + other.second,
        )

    def values(self) -> Floats:
        """The weighted mean of each quantity, NaN without rows, shape ``[q]``."""
        return self.sums / self.weight if self.weight > 0 else np.full(len(self.sums), math.nan)

    def variances(self) -> Floats:
        """The sampling variance of each mean, by linearisation; NaN with fewer than two rows, shape ``[q]``."""
        if self.rows < 2 or self.weight <= 0:
            return np.full(len(self.sums), math.nan)
        mean = self.values()
        spread = np.maximum(0.0, self.second - 2 * mean * self.first + mean * mean * self.square)
        return spread / self.weight**2 * (self.rows / (self.rows - 1))
