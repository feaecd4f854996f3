"""Scores by distance: from the middle, from the nearest rows, and from the plane in which rows lie."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

_NEIGHBOURS: Final = 10
_MOST_ROWS: Final = 2000
_KEPT: Final = 0.9
_BLOCK: Final = 1 << 22


class Robust(msgspec.Struct, frozen=True):
    """The largest distance of a value from the usual, in robust standard deviations.

    Reference: B. Iglewicz and D. C. Hoaglin, *How to detect and handle outliers*, 1993, with the interquartile
    range for the scale.
    """

    def score(self, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Of each row, ``[rows]``."""
        found: npt.NDArray[np.float64] = np.abs(matrix).max(axis=1)
        return found


class Mahalanobis(msgspec.Struct, frozen=True):
    """The distance from the mean that knows how columns vary together.

    Reference: P. C. Mahalanobis, *On the generalised distance in statistics*, 1936.

    Attributes:
        inverse: Of the correlations of the columns, ``[columns, columns]``.
    """

    inverse: npt.NDArray[np.float64]

    def score(self, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Of each row, ``[rows]``."""
        found: npt.NDArray[np.float64] = np.sqrt(np.maximum(((matrix @ self.inverse) * matrix).sum(axis=1), 0.0))
        return found


class Neighbours(msgspec.Struct, frozen=True, kw_only=True):
    """The distance from the k-th nearest row of training.

    Reference: S. Ramaswamy, R. Rastogi and K. Shim, *Efficient algorithms for mining outliers from large data
    sets*, SIGMOD 2000.

    Attributes:
        rows: Those of training, ``[rows, columns]``.
        nearest: Which neighbour is looked at, from 1.
    """

    rows: npt.NDArray[np.float64]
    nearest: int

    @classmethod
    def fit(
        cls, matrix: npt.NDArray[np.float64], *, nearest: int = _NEIGHBOURS, rows: int = _MOST_ROWS, seed: int = 0
    ) -> Neighbours:
        """Keep rows to be compared with: so many at most, drawn by a seed."""
        chosen = np.random.default_rng(seed).permutation(len(matrix))[:rows]
        return cls(rows=np.ascontiguousarray(matrix[np.sort(chosen)]), nearest=min(nearest, len(chosen)))

    def score(self, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Of each row, ``[rows]``."""
        size = max(1, _BLOCK // len(self.rows))
        parts = [self._distances(matrix[start : start + size]) for start in range(0, len(matrix), size)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _distances(self, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        squares = (matrix**2).sum(axis=1)[:, None] + (self.rows**2).sum(axis=1) - 2 * matrix @ self.rows.T
        place = self.nearest - 1
        return np.sqrt(np.maximum(np.partition(squares, place, axis=1)[:, place], 0.0))


class Reconstruction(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a row is lost by a linear autoencoder, which is the projection on principal components.

    References: J. E. Jackson and G. S. Mudholkar, *Control procedures for residuals associated with principal
    component analysis*, Technometrics 1979; P. Baldi and K. Hornik, *Neural networks and principal component
    analysis: learning from examples without local minima*, Neural Networks 1989.

    Attributes:
        centre: The mean, ``[columns]``.
        scale: The standard deviations, ``[columns]``.
        lost: The directions that are not kept, ``[columns, directions]``.
    """

    centre: npt.NDArray[np.float64]
    scale: npt.NDArray[np.float64]
    lost: npt.NDArray[np.float64]

    @classmethod
    def fit(cls, matrix: npt.NDArray[np.float64], *, kept: float = _KEPT) -> Reconstruction:
        """Find the components that hold so much of the variance, and keep what is orthogonal to them.

        Args:
            matrix: ``[rows, columns]``.
            kept: The share of the variance that the components hold at least, unless they are all of them: one
                direction is always left.
        """
        centre, scale = matrix.mean(axis=0), matrix.std(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        found = (matrix - centre) / scale
        values, vectors = np.linalg.eigh(found.T @ found / len(found))
        values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
        held = np.cumsum(values) / max(values.sum(), 1e-300)
        count = min(int(np.searchsorted(held, kept - 1e-12)) + 1, len(values) - 1)
        return cls(centre=centre, scale=scale, lost=np.ascontiguousarray(vectors[:, count:]))

    def score(self, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The length of what is lost of each row, in standard deviations of the columns, ``[rows]``."""
        lost = (matrix - self.centre) / self.scale @ self.lost
        found: npt.NDArray[np.float64] = np.sqrt((lost**2).sum(axis=1))
        return found
