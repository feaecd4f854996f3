"""Metrics of regressors, from one pass over the rows and a state that merges."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.metrics.facts import Better, Fact, Facts, MetricName
from mainspring.evaluation.metrics.grouping import Floats, Groups, Ints, dot, shares
from mainspring.evaluation.metrics.intervals import CLOSED, Intervals, normal
from mainspring.evaluation.metrics.measured import Interval, Measured, Sheet
from mainspring.evaluation.metrics.resampling import PARTS, percentiles, poisson, random_buckets

FACTS: Final[Facts] = {
    "count": Fact(better=Better.NEITHER, title="rows", says="the rows that were judged"),
    "mse": Fact(better=Better.LOWER, title="MSE", says="the mean squared error"),
    "rmse": Fact(better=Better.LOWER, title="RMSE", says="the root of the mean squared error"),
    "mae": Fact(better=Better.LOWER, title="MAE", says="the mean absolute error"),
    "r2": Fact(better=Better.HIGHER, title="R²", says="the share of the variance that is explained"),
    "explained_variance": Fact(
        better=Better.HIGHER,
        title="explained variance",
        says="the share of the variance that is explained, a constant error forgiven",
    ),
    "d2": Fact(
        better=Better.HIGHER,
        title="D²",
        says="the share of the absolute error that is saved against always telling the median",
    ),
    "correlation": Fact(
        better=Better.HIGHER, title="correlation", says="how closely predictions follow labels along a line"
    ),
    "mape": Fact(
        better=Better.LOWER, title="MAPE", says="the mean absolute error as a share of the label, zeros left out"
    ),
    "smape": Fact(
        better=Better.LOWER,
        title="sMAPE",
        says="the mean absolute error as a share of the mean size of label and prediction",
    ),
    "msle": Fact(better=Better.LOWER, title="MSLE", says="the mean squared difference of log(1 + value)"),
    "rmsle": Fact(better=Better.LOWER, title="RMSLE", says="the root of the MSLE"),
    "median_error": Fact(better=Better.LOWER, title="median error", says="the median absolute error"),
    "max_error": Fact(better=Better.LOWER, title="largest error", says="the largest absolute error"),
    "mean_error": Fact(better=Better.NEITHER, title="mean error", says="the mean of prediction minus label"),
    "mean_label": Fact(better=Better.NEITHER, title="mean label", says="the mean of the labels"),
    "mean_prediction": Fact(better=Better.NEITHER, title="mean prediction", says="the mean of the predictions"),
    "quantile_loss": Fact(
        better=Better.LOWER, title="quantile loss", says="the pinball loss of predictions of that quantile"
    ),
    "error_quantile": Fact(
        better=Better.LOWER,
        title="error quantile",
        says="the absolute error that this share of the rows stays below",
    ),
}

AT: Final[Mapping[str, str]] = {"quantile_loss": "share", "error_quantile": "share"}
"""Metrics that need a parameter, and what it is."""

CURVE_GROUPS = 4_096

_NO_ROWS = "there are no rows with a label"
_BROKEN = "the model gave no finite value for {} of {} rows"
_OF_LABELS = frozenset({"count", "mean_label"})
_SUMS = ("absolute", "square", "percent", "percent_weight", "symmetric", "log_square")


@dataclass(frozen=True, eq=False, kw_only=True)
class Parts:
    """Sums over the rows of each random part.

    Attributes:
        weight: Weight, shape ``[…, parts]`` as of all others.
        label: Weighted mean of the labels; ``prediction`` of the predictions.
        label_spread: Weighted sum of squares around it; ``prediction_spread`` likewise.
        joint: Weighted sum of products of both deviations.
        sums: Weighted sums, shape ``[6, parts]``: |error|, error², |error / label| and the weight of rows whose
            label is not 0, |error| over the mean of |label| and |prediction|, squared differences of logarithms.
    """

    weight: Floats
    label: Floats
    prediction: Floats
    label_spread: Floats
    prediction_spread: Floats
    joint: Floats
    sums: Floats

    @classmethod
    def of(cls, part: Ints, truth: Floats, predicted: Floats, weights: Floats, count: int) -> Parts:
        """Sum up rows by their part; values must be finite."""

        def total(values: Floats) -> Floats:
            return np.bincount(part, values, count).astype(np.float64)

        weight = total(weights)
        label, prediction = (np.nan_to_num(shares(total(x * weights), weight)) for x in (truth, predicted))
        above, over = truth - label[part], predicted - prediction[part]
        error = predicted - truth
        absolute, size = np.abs(error), np.abs(truth)
        known = truth != 0
        both = size + np.abs(predicted)
        logarithms = np.log1p(np.maximum(predicted, _LEAST)) - np.log1p(np.maximum(truth, _LEAST))
        columns = (
            absolute,
            error * error,
            np.divide(absolute, size, out=np.zeros(len(truth)), where=known),
            known.astype(np.float64),
            np.divide(2 * absolute, both, out=np.zeros(len(truth)), where=both > 0),
            logarithms * logarithms,
        )
        return cls(
            weight=weight,
            label=label,
            prediction=prediction,
            label_spread=total(above * above * weights),
            prediction_spread=total(over * over * weights),
            joint=total(above * over * weights),
            sums=np.array([total(column * weights) for column in columns]),
        )

    def merge(self, other: Parts) -> Parts:
        """The sums over the rows of both, part by part.

        Reference: T. F. Chan, G. H. Golub and R. J. LeVeque, *Updating formulae and a pairwise algorithm
        for computing sample variances* (1979).
        """
        weight = self.weight + other.weight
        share = np.nan_to_num(shares(other.weight, weight))
        up, across = other.label - self.label, other.prediction - self.prediction
        scale = self.weight * share
        return Parts(
            weight=weight,
            label=self.label + up * share,
            prediction=self.prediction + across * share,
            label_spread=self.label_spread + other.label_spread + up * up * scale,
            prediction_spread=self.prediction_spread + other.prediction_spread + across * across * scale,
            joint=self.joint + other.joint + up * across * scale,
            sums=self.sums + other.sums,
        )

    def totals(self, times: Floats) -> Parts:
        """The sums over all rows, each part taken so many times: ``[draws, parts]`` gives ``[draws]``."""
        centre, middle = (
            float(np.average(x, weights=self.weight)) if self.weight.sum() > 0 else 0.0
            for x in (self.label, self.prediction)
        )
        above, over = self.label - centre, self.prediction - middle
        weight = times @ self.weight
        label, prediction = (np.nan_to_num(shares(times @ (self.weight * x), weight)) for x in (above, over))
        return Parts(
            weight=weight,
            label=label + centre,
            prediction=prediction + middle,
            label_spread=times @ (self.label_spread + self.weight * above * above) - weight * label * label,
            prediction_spread=times @ (self.prediction_spread + self.weight * over * over)
            - weight * prediction * prediction,
            joint=times @ (self.joint + self.weight * above * over) - weight * label * prediction,
            sums=self.sums @ times.T,
        )

    def figures(self) -> dict[str, Floats]:
        """Metrics that are functions of the sums; NaN without a denominator. For totals, over any shape."""
        absolute, square, percent, percent_weight, symmetric, log_square = self.sums
        mse, msle = shares(square, self.weight), shares(log_square, self.weight)
        bias = np.where(self.weight > 0, self.prediction - self.label, math.nan)
        residual = square - self.weight * np.nan_to_num(bias) ** 2
        both = np.sqrt(np.maximum(self.label_spread * self.prediction_spread, 0.0))
        return {
            "mse": mse,
            "rmse": np.sqrt(mse),
            "mae": shares(absolute, self.weight),
            "r2": 1 - shares(square, self.label_spread),
            "explained_variance": 1 - shares(residual, self.label_spread),
            "correlation": np.clip(shares(self.joint, both), -1.0, 1.0),
            "mape": shares(percent, percent_weight),
            "smape": shares(symmetric, self.weight),
            "msle": msle,
            "rmsle": np.sqrt(msle),
            "mean_error": bias,
            "mean_label": np.where(self.weight > 0, self.label, math.nan),
            "mean_prediction": np.where(self.weight > 0, self.prediction, math.nan),
        }

    def quantile_loss(self, share: float) -> Floats:
        """The pinball loss of predictions of a quantile (Koenker and Bassett 1978), from totals."""
        absolute, error = self.sums[0], self.weight * (self.prediction - self.label)
        return shares(share * (absolute - error) / 2 + (1 - share) * (absolute + error) / 2, self.weight)


_LEAST = -1.0 + 1e-12


@dataclass(frozen=True, eq=False, kw_only=True)
class RegressionState:
    """All that is kept of a set of rows.

    Attributes:
        rows: Rows, unweighted.
        weighted: Whether rows carry weights (then no closed intervals are given).
        broken: Rows whose prediction is not finite.
        below: Rows whose label or prediction is -1 or less, which have no logarithm.
        largest: The largest absolute error.
        parts: Sums by random part of the rows.
        errors: Prediction minus label, with columns weight and squared weight.
        labels: The labels, with the column weight.
        predictions: The predictions, with columns weight and weighted label, in few groups, for the picture.
        wishes: Metrics that were asked for besides the usual ones.
    """

    rows: int
    weighted: bool
    broken: int
    below: int
    largest: float
    parts: Parts
    errors: Groups
    labels: Groups
    predictions: Groups
    wishes: tuple[str, ...] = ()

    def merge(self, other: RegressionState) -> RegressionState:
        """The state over the rows of both."""
        return replace(
            self,
            rows=self.rows + other.rows,
            weighted=self.weighted or other.weighted,
            broken=self.broken + other.broken,
            below=self.below + other.below,
            largest=max(self.largest, other.largest),
            parts=self.parts.merge(other.parts),
            errors=self.errors.merge(other.errors),
            labels=self.labels.merge(other.labels),
            predictions=self.predictions.merge(other.predictions),
        )

    def measure(self, intervals: Intervals = CLOSED) -> Measured:
        """All metrics."""
        sheet = Sheet(self.rows)
        sheet.put("count", self.rows)
        found = self._figures(self._totals)
        ends = self._drawn(intervals) if intervals.method == "bootstrap" else self._closed(found, intervals)
        for name, values in found.items():
            sheet.put(name, float(values), why=self._why(name), interval=ends.get(name))
        sheet.off("median_error", self._quantile_off(0.5))
        for wish in self.wishes:
            parsed = MetricName.parse(wish)
            if parsed.stem == "error_quantile":
                sheet.off(wish, self._quantile_off(float(parsed.at or 0.5)))
        if self.broken:
            sheet.spoil(_BROKEN.format(self.broken, self.rows), keep=_OF_LABELS)
        return sheet.done()

    @cached_property
    def _totals(self) -> Parts:
        return self.parts.totals(np.ones(len(self.parts.weight)))

    @cached_property
    def _absolute(self) -> Groups:
        """The absolute errors."""
        order = np.argsort(np.abs(self.errors.values), kind="stable")
        return replace(self.errors, values=np.abs(self.errors.values)[order], sums=self.errors.sums[:, order])

    @cached_property
    def _typical_gap(self) -> float:
        """The weighted sum of |label - median label|."""
        gaps = np.abs(self.labels.values - float(weighted_quantile(self.labels.values, self.labels.weights, 0.5)))
        return dot(gaps, self.labels.weights) if len(self.labels) else 0.0

    def _figures(self, totals: Parts) -> dict[str, Floats]:
        found = totals.figures()
        found["msle"], found["rmsle"] = (
            x * (math.nan if self.below else 1) for x in (found["msle"], found["rmsle"])
        )
        found["d2"] = 1 - shares(totals.sums[0], self._typical_gap * shares(totals.weight, self._totals.weight))
        found["median_error"] = self._error_quantile(0.5)
        found["max_error"] = np.asarray(self.largest if self.rows else math.nan)
        for wish in self.wishes:
            parsed = MetricName.parse(wish)
            share = float(parsed.at or 0.5)
            if parsed.stem == "quantile_loss":
                found[wish] = totals.quantile_loss(share)
            elif parsed.stem == "error_quantile":
                found[wish] = self._error_quantile(share)
        return found

    def _error_quantile(self, share: float, weights: Floats | None = None) -> Floats:
        errors = self._absolute
        return weighted_quantile(errors.values, errors.weights if weights is None else weights, share)

    def _quantile_off(self, share: float) -> float:
        value = float(self._error_quantile(share))
        return 0.0 if math.isnan(value) else self.errors.width(value)

    def _closed(self, found: Mapping[str, Floats], intervals: Intervals) -> dict[str, Interval]:
        if self.weighted or self.rows < 2:
            return {}
        mae, mse, bias = (float(found[name]) for name in ("mae", "mse", "mean_error"))
        return {
            "mae": normal(mae, max(0.0, mse - mae * mae) / (self.rows - 1), low=0.0, level=intervals.level),
            "mean_error": normal(bias, max(0.0, mse - bias * bias) / (self.rows - 1), level=intervals.level),
        }

    def _drawn(self, intervals: Intervals) -> dict[str, Interval]:
        """By the bootstrap: whole random parts for sums, single errors for their quantiles."""
        random = np.random.default_rng(intervals.seed)
        times = random.poisson(1.0, (intervals.resamples, len(self.parts.weight))).astype(np.float64)
        # With few rows most parts are empty, and each of the others is about one row.
        draws = self._figures(self.parts.totals(times))
        coarse = self._absolute.coarser(CURVE_GROUPS)
        weights = poisson(random, coarse.weights, coarse.sums[1] if self.weighted else None, intervals.resamples)
        for name in draws:
            parsed = MetricName.parse(name)
            if parsed.stem in {"median_error", "error_quantile"}:
                draws[name] = weighted_quantile(coarse.values, weights, float(parsed.at or 0.5))
        del draws["max_error"]
        return {name: percentiles(values, intervals.level) for name, values in draws.items()}

    def _why(self, name: str) -> str:
        if not self.rows:
            return _NO_ROWS
        return {
            "r2": "all labels are equal, so there is nothing to explain",
            "explained_variance": "all labels are equal, so there is nothing to explain",
            "d2": "all labels are equal, so there is nothing to explain",
            "correlation": "all labels, or all predictions, are equal",
            "mape": "every label is 0, so no error can be a share of it",
            "msle": f"{self.below} of {self.rows} rows have a label or a prediction of -1 or less",
            "rmsle": f"{self.below} of {self.rows} rows have a label or a prediction of -1 or less",
        }.get(name, _NO_ROWS)


def weighted_quantile(values: Floats, weights: Floats, share: float) -> Floats:
    """The value with a share of the weight below it, the mean of two where the share falls between them.

    Args:
        values: Ascending, shape ``[groups]``.
        weights: Of each, shape ``[…, groups]``.
        share: Between 0 and 1.

    Returns:
        Shape ``[…]``; NaN without weight.
    """
    if not len(values):
        return np.full(weights.shape[:-1], math.nan)
    reached = np.cumsum(weights, axis=-1)
    total = reached[..., -1]
    wanted = (share * total)[..., None]
    low = np.minimum((reached < wanted).sum(axis=-1), len(values) - 1)
    high = np.minimum((reached <= wanted).sum(axis=-1), len(values) - 1)
    return np.where(total > 0, (values[low] + values[high]) / 2, math.nan)


@dataclass(frozen=True, eq=False)
class MeasuredRows:
    """Rows with their labels and predicted values.

    Attributes:
        truth: Labels, finite, shape ``[n]``.
        predicted: Predicted values, shape ``[n]``.
        weights: Row weights; ``None`` weighs every row 1.
        numbers: The number of each row in the whole table, which decides its random part; 0, 1, … without it.
        wishes: Metrics that are asked for besides the usual ones.
    """

    truth: Floats
    predicted: Floats
    weights: Floats | None = None
    numbers: Ints | None = None
    wishes: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.truth)

    @cached_property
    def _parts(self) -> Ints:
        numbers = np.arange(len(self.truth)) if self.numbers is None else self.numbers
        return random_buckets(numbers, PARTS, seed=0)

    def state(self, rows: npt.NDArray[np.int64] | None = None) -> RegressionState:
        """The state of some rows, given by their indices, or of all."""
        part = slice(None) if rows is None else rows
        truth, given = self.truth[part], self.predicted[part]
        weights = np.ones(len(truth)) if self.weights is None else self.weights[part]
        finite = np.isfinite(given)
        predicted = np.where(finite, given, truth)
        error = predicted - truth
        squares = [] if self.weights is None else [weights * weights]
        return RegressionState(
            rows=len(truth),
            weighted=self.weights is not None,
            broken=len(truth) - int(np.count_nonzero(finite)),
            below=int(np.count_nonzero((truth <= -1) | (predicted <= -1))),
            largest=float(np.abs(error).max(initial=0.0)),
            parts=Parts.of(self._parts[part], truth, predicted, weights, PARTS),
            errors=Groups.of(error, [weights, *squares]),
            labels=Groups.of(truth, [weights]),
            predictions=Groups.of(predicted, [weights, weights * truth], limit=CURVE_GROUPS),
            wishes=tuple(self.wishes),
        )
