"""Covariance and correlation of pairs of numeric features, from moments that merge."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainspring.core.errors import InputError, NotFoundError

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class CoMoments:
    """How pairs of numeric features vary together.

    A pair is measured over the rows in which both are finite numbers (pairwise deletion). Each attribute but
    ``columns`` is a square matrix with one row and one column per feature, written row after row.

    Attributes:
        columns: The features.
        counts: Rows in which both are finite.
        means: Of the feature of the row, over the rows of the pair.
        squares: Sum of its squared differences from that mean, over the same rows.
        products: Sum of the products of both features' differences from their means.
    """

    columns: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    means: tuple[float, ...] = ()
    squares: tuple[float, ...] = ()
    products: tuple[float, ...] = ()

    def count(self, one: str, other: str) -> int:
        """Rows in which both features are finite numbers."""
        return self.counts[self._place(one, other)]

    def covariance(self, one: str, other: str) -> float:
        """Of the population; NaN if no row has both."""
        place = self._place(one, other)
        return self.products[place] / self.counts[place] if self.counts[place] else math.nan

    def correlation(self, one: str, other: str) -> float:
        """Pearson's coefficient, from -1 to 1; NaN if one of the features does not vary over the rows of both."""
        place, back = self._place(one, other), self._place(other, one)
        return _ratio(self.products[place], self.squares[place], self.squares[back])

    def correlations(self) -> dict[str, dict[str, float]]:
        """Pearson's coefficient of every pair, by both names."""
        return {one: {other: self.correlation(one, other) for other in self.columns} for one in self.columns}

    def strongest(self, number: int = 10) -> tuple[tuple[str, str, float], ...]:
        """The pairs of different features with the largest coefficients, whatever their sign, largest first."""
        pairs = [
            (one, other, self.correlation(one, other))
            for place, one in enumerate(self.columns)
            for other in self.columns[place + 1 :]
        ]
        known = [pair for pair in pairs if not math.isnan(pair[2])]
        return tuple(sorted(known, key=lambda pair: (-abs(pair[2]), pair[:2]))[:number])

    @classmethod
    def of_matrices(
        cls,
        columns: Sequence[str],
        counts: np.ndarray,
        means: np.ndarray,
        squares: np.ndarray,
        products: np.ndarray,
    ) -> CoMoments:
        """From square matrices. What is too large for a float becomes the largest float."""
        import numpy as np

        most = sys.float_info.max
        found = [
            np.nan_to_num(matrix, nan=most, posinf=most, neginf=-most) for matrix in (means, squares, products)
        ]
        return cls(
            tuple(columns),
            tuple(counts.astype(np.int64).ravel().tolist()),
            *(tuple(matrix.ravel().tolist()) for matrix in found),
        )

    @classmethod
    def merged(cls, parts: Sequence[CoMoments]) -> CoMoments:
        """Of the rows of all parts.

        Raises:
            InputError: If the features differ.
        """
        import numpy as np

        names = {part.columns for part in parts}
        if len(names) > 1:
            raise InputError(
                "pairs of different features: " + " and ".join(", ".join(some) for some in sorted(names)),
                expected="the same features in the same order in all parts",
            )
        size = len(parts[0].columns)

        def stacked(name: str) -> np.ndarray:
            return np.array([getattr(part, name) for part in parts], dtype=np.float64).reshape(-1, size, size)

        counts, means, squares, products = map(stacked, ("counts", "means", "squares", "products"))
        total = counts.sum(axis=0)
        shares = counts / np.maximum(total, 1)
        with np.errstate(over="ignore", invalid="ignore"):
            mean = (means * shares).sum(axis=0)
            # Each part's distance from the mean of all: Chan, Golub and LeVeque (1979) for any number of parts.
            away = np.where(counts > 0, means - mean, 0.0)
            back = away.transpose(0, 2, 1)
            return cls.of_matrices(
                parts[0].columns,
                total,
                mean,
                (squares + counts * away * away).sum(axis=0),
                (products + counts * away * back).sum(axis=0),
            )

    def merge(self, other: CoMoments) -> CoMoments:
        """Of the rows of both."""
        return self.merged([self, other])

    def _place(self, one: str, other: str) -> int:
        unknown = [name for name in (one, other) if name not in self.columns]
        if unknown:
            raise NotFoundError(
                f"pairs with {', '.join(map(repr, unknown))} were not measured",
                expected="two of " + ", ".join(self.columns),
            )
        return self.columns.index(one) * len(self.columns) + self.columns.index(other)


def _ratio(product: float, one: float, other: float) -> float:
    most = sys.float_info.max
    if min(one, other) <= 0.0 or most in {abs(product), one, other}:
        return math.nan
    return max(-1.0, min(1.0, product / math.sqrt(one) / math.sqrt(other)))
