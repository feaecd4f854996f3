"""Means and sums of products of columns, which merge over parts of the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Scatter:
    """All that principal components need of the rows.

    Attributes:
        count: Rows.
        mean: ``[columns]``.
        products: Sums of products of differences from the means, ``[columns, columns]``.
    """

    count: int
    mean: np.ndarray
    products: np.ndarray

    @classmethod
    def of(cls, matrix: np.ndarray) -> Self:
        """Of rows ``[n, columns]`` without missing values."""
        mean = matrix.mean(axis=0) if len(matrix) else matrix.sum(axis=0)
        centred = matrix - mean
        return cls(len(matrix), mean, centred.T @ centred)

    def merge(self, other: Self) -> Self:
        """Over the rows of both (Chan, Golub and LeVeque, 1979)."""
        import numpy as np

        count = self.count + other.count
        if not count:
            return self
        gap = other.mean - self.mean
        products = self.products + other.products + np.outer(gap, gap) * (self.count * other.count / count)
        return type(self)(count, self.mean + gap * (other.count / count), products)
