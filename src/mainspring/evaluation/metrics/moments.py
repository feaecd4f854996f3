"""Weighted means and spreads of several figures at once, that merge exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mainspring.evaluation.metrics.intervals import Intervals, normal
from mainspring.evaluation.metrics.measured import Interval
from mainspring.evaluation.metrics.states import Floats


@dataclass(frozen=True, eq=False)
class Moments:
    """The means of some figures over rows, and how the rows lie around them.

    Attributes:
        rows: Rows, unweighted.
        weighted: Whether rows carry weights (then no interval is given).
        weight: Sum of the weights.
        mean: Weighted mean of each figure, shape ``[k]``; 0 without weight.
        spread: Weighted sum of squares around the mean, shape ``[k]``.
    """

    rows: int
    weighted: bool
    weight: float
    mean: Floats
    spread: Floats

    @classmethod
    def of(cls, values: Floats, weights: Floats | None = None) -> Self:
        """Sum up rows.

        Args:
            values: Finite, shape ``[n, k]``.
            weights: Row weights, shape ``[n]``; ``None`` weighs every row 1.
        """
        weight = np.ones(len(values)) if weights is None else weights
        total = float(weight.sum())
        mean = weight @ values / total if total > 0 else np.zeros(values.shape[1])
        spread = weight @ (values - mean) ** 2
        return cls(len(values), weights is not None, total, mean, spread)

    def merge(self, other: Self) -> Self:
        """The moments over the rows of both.

        Reference: T. F. Chan, G. H. Golub and R. J. LeVeque, *Updating formulae and a pairwise algorithm
        for computing sample variances* (1979).
        """
        weight = self.weight + other.weight
        share = other.weight / weight if weight > 0 else 0.0
        gap = other.mean - self.mean
        return type(self)(
            rows=self.rows + other.rows,
            weighted=self.weighted or other.weighted,
            weight=weight,
            mean=self.mean + gap * share,
            spread=self.spread + other.spread + gap * gap * (self.weight * share),
        )

    def interval(self, place: int, intervals: Intervals) -> Interval | None:
        """Where the mean of one figure lies by the central limit theorem, by whatever method is asked for.

        Resampling a mean finds this interval again, so the rows need not be kept for it. ``None`` for weighted
        rows and for fewer than two.
        """
        if self.weighted or self.rows < 2:
            return None
        return normal(float(self.mean[place]), float(self.spread[place]) / (self.rows - 1) / self.rows)
