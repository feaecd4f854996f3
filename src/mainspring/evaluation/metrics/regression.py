"""Metrics of regressors, from one pass over the rows and a state that merges."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.metrics.intervals import normal
from mainspring.evaluation.metrics.measured import Interval, Measured, Sheet
from mainspring.evaluation.metrics.ranking import Floats

_NO_ROWS = "there are no rows with a label"
_BROKEN = "the model gave no finite value for {} of {} rows"
_OF_LABELS = frozenset({"count", "mean_label"})


@dataclass(frozen=True, eq=False)
class RegressionState:
    """All that is kept of a set of rows: sums, the spread of the labels, and the errors for their median.

    Attributes:
        rows: Rows, unweighted.
        weighted: Whether rows carry weights (then no intervals are given).
        broken: Rows whose prediction is not finite.
        weight: Sum of the weights.
        error: Weighted sum of prediction minus label; likewise ``absolute`` and ``square``.
        percent: Weighted sum of |error / label| over rows whose label is not 0; ``percent_weight`` their weight.
        mean: Weighted mean of the labels; ``spread`` the weighted sum of squares around it.
        errors: |error| of each row, with ``weights``.
    """

    rows: int
    weighted: bool
    broken: int
    weight: float
    error: float
    absolute: float
    square: float
    percent: float
    percent_weight: float
    mean: float
    spread: float
    errors: Floats
    weights: Floats

    def merge(self, other: RegressionState) -> RegressionState:
        """The state over the rows of both.

        Reference: T. F. Chan, G. H. Golub and R. J. LeVeque, *Updating formulae and a pairwise algorithm
        for computing sample variances* (1979), for the spread.
        """
        weight = self.weight + other.weight
        share = other.weight / weight if weight else 0.0
        gap = other.mean - self.mean
        return RegressionState(
            rows=self.rows + other.rows,
            weighted=self.weighted or other.weighted,
            broken=self.broken + other.broken,
            weight=weight,
            error=self.error + other.error,
            absolute=self.absolute + other.absolute,
            square=self.square + other.square,
            percent=self.percent + other.percent,
            percent_weight=self.percent_weight + other.percent_weight,
            mean=self.mean + gap * share,
            spread=self.spread + other.spread + gap * gap * self.weight * share,
            errors=np.concatenate((self.errors, other.errors)),
            weights=np.concatenate((self.weights, other.weights)),
        )

    def measure(self) -> Measured:
        """All metrics."""
        sheet = Sheet(self.rows)
        sheet.put("count", self.rows)
        mae = self.absolute / self.weight if self.weight > 0 else math.nan
        mse = sheet.fraction("mse", self.square, self.weight, why=_NO_ROWS)
        sheet.put("rmse", math.sqrt(mse) if mse >= 0 else math.nan, why=_NO_ROWS)
        sheet.put("mae", mae, why=_NO_ROWS, interval=self._mean_interval(mae, mse))
        flat = "all labels are equal, so there is nothing to explain" if self.rows else _NO_ROWS
        sheet.put("r2", 1 - self.square / self.spread if self.spread > 0 else math.nan, why=flat)
        zero = "every label is 0, so no error can be a share of it" if self.rows else _NO_ROWS
        sheet.fraction("mape", self.percent, self.percent_weight, why=zero)
        sheet.put("median_error", _weighted_median(self.errors, self.weights), why=_NO_ROWS)
        sheet.fraction("mean_error", self.error, self.weight, why=_NO_ROWS)
        sheet.put("mean_label", self.mean if self.weight > 0 else math.nan, why=_NO_ROWS)
        if self.broken:
            sheet.spoil(_BROKEN.format(self.broken, self.rows), keep=_OF_LABELS)
        return sheet.done()

    def _mean_interval(self, mae: float, mse: float) -> Interval | None:
        if self.weighted or self.rows < 2:
            return None
        variance = max(0.0, mse - mae * mae) / (self.rows - 1)
        return normal(mae, variance, low=0.0)


def _weighted_median(values: Floats, weights: Floats) -> float:
    """The value with half of the weight on either side, the mean of two where the half falls between them."""
    if not len(values) or not weights.sum() > 0:
        return math.nan
    order = np.argsort(values, kind="stable")
    ranked, reached = values[order], np.cumsum(weights[order])
    half = 0.5 * reached[-1]
    low = min(int(np.searchsorted(reached, half, side="left")), len(ranked) - 1)
    high = min(int(np.searchsorted(reached, half, side="right")), len(ranked) - 1)
    return float(ranked[low] + ranked[high]) / 2


@dataclass(frozen=True, eq=False)
class MeasuredRows:
    """Rows with their labels and predicted values.

    Attributes:
        truth: Labels, finite, shape ``[n]``.
        predicted: Predicted values, shape ``[n]``.
        weights: Row weights; ``None`` weighs every row 1.
    """

    truth: Floats
    predicted: Floats
    weights: Floats | None = None

    def state(self, rows: npt.NDArray[np.int64] | None = None) -> RegressionState:
        """The state of some rows, given by their indices, or of all."""
        part = slice(None) if rows is None else rows
        truth, predicted = self.truth[part], self.predicted[part]
        weights = np.ones(len(truth)) if self.weights is None else self.weights[part]
        finite = np.isfinite(predicted)
        error = np.where(finite, predicted, truth) - truth
        absolute, weight = np.abs(error), float(weights.sum())
        known = truth != 0
        share = np.divide(absolute, np.abs(truth), out=np.zeros(len(truth)), where=known)
        mean = float(truth @ weights) / weight if weight > 0 else 0.0
        return RegressionState(
            rows=len(truth),
            weighted=self.weights is not None,
            broken=len(truth) - int(np.count_nonzero(finite)),
            weight=weight,
            error=float(error @ weights),
            absolute=float(absolute @ weights),
            square=float((error * error) @ weights),
            percent=float(share @ weights),
            percent_weight=float(weights[known].sum()),
            mean=mean,
            spread=float(((truth - mean) ** 2) @ weights),
            errors=absolute,
            weights=weights,
        )
