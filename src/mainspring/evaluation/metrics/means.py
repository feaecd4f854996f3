"""A mean over weighted rows with what its interval takes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mainspring.evaluation.metrics.grouping import Floats, dot
from mainspring.evaluation.metrics.intervals import Intervals, normal
from mainspring.evaluation.metrics.measured import Interval


@dataclass(frozen=True, slots=True)
class RowMean:
    """Sums of one number per row.

    Attributes:
        weight: Sum of the weights.
        total: Weighted sum of the numbers.
        squares: Sum of squared weights; ``square_total`` and ``square_spread`` that of the numbers and their
            squares, so weighed.
    """

    weight: float
    total: float
    squares: float
    square_total: float
    square_spread: float

    @classmethod
    def of(cls, numbers: Floats, weights: Floats | None) -> RowMean:
        """Sum up rows."""
        if weights is None:
            count, total = float(len(numbers)), float(numbers.sum())
            return cls(count, total, count, total, dot(numbers, numbers))
        squares = weights * weights
        return cls(
            float(weights.sum()),
            dot(weights, numbers),
            float(squares.sum()),
            dot(squares, numbers),
            dot(squares, numbers * numbers),
        )

    def merge(self, other: RowMean) -> RowMean:
        """The sums over the rows of both."""
        return RowMean(
            self.weight + other.weight,
            self.total + other.total,
            self.squares + other.squares,
            self.square_total + other.square_total,
            self.square_spread + other.square_spread,
        )

    @property
    def value(self) -> float:
        """The mean; NaN without weight."""
        return self.total / self.weight if self.weight > 0 else math.nan

    def interval(
        self, intervals: Intervals, *, weighted: bool, low: float = 0.0, high: float = math.inf
    ) -> Interval | None:
        """By the central limit theorem, which the bootstrap of a mean finds again.

        For weighted rows it is that of a ratio of sums, and given only for the bootstrap, as for other figures.
        """
        if (
            self.weight <= 0
            or self.squares >= self.weight * self.weight
            or (weighted and intervals.method != "bootstrap")
        ):
            return None
        mean = self.value
        spread = self.square_spread - 2 * mean * self.square_total + mean * mean * self.squares
        # One degree of freedom goes into the mean; for equal weights this is n / (n - 1).
        size = self.weight * self.weight / self.squares
        variance = max(0.0, spread) / (self.weight * self.weight) * size / (size - 1)
        return normal(mean, variance, low=low, high=high, level=intervals.level)
