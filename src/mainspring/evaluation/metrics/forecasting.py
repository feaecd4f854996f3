"""Metrics of forecasts: points, quantiles and intervals, overall and by how far ahead they look.

Errors are forecast minus actual. Errors relative to a naive forecast are told per series: the scale is the mean
error that repeating the last season would have made on the training part of that series, so that series of any
size can be averaged.

References: R. J. Hyndman and A. B. Koehler, *Another look at measures of forecast accuracy* (2006) for MASE;
S. Makridakis et al., *The M5 accuracy competition* (2022) for RMSSE; R. L. Winkler, *A decision-theoretic
approach to interval estimation* (1972); R. Koenker and G. Bassett, *Regression quantiles* (1978).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.metrics.facts import Better, Fact, Facts
from mainspring.evaluation.metrics.grouping import shares
from mainspring.evaluation.metrics.intervals import CLOSED, Intervals, normal, proportion
from mainspring.evaluation.metrics.measured import Interval, Measured, Sheet
from mainspring.evaluation.metrics.states import Floats, Ints

_NO_ROWS = "there are no rows with an actual value"
_BROKEN = "the model gave no finite forecast for {} of {} rows"
_OF_ROWS = frozenset({"scaled_rows"})


def _fact(better: Better, title: str, says: str, *, unit: bool = False) -> Fact:
    return Fact(better=better, title=title, says=says, unit=unit)


FACTS: Facts = {
    "mae": _fact(Better.LOWER, "MAE", "the mean size of the error"),
    "rmse": _fact(Better.LOWER, "RMSE", "the root of the mean squared error"),
    "bias": _fact(Better.NEITHER, "bias", "the mean error; above 0, forecasts are too high"),
    "relative_bias": _fact(Better.NEITHER, "relative bias", "the sum of errors as a share of the sum of actuals"),
    "wape": _fact(
        Better.LOWER, "WAPE", "the sum of the errors' sizes as a share of the sum of the actuals' sizes"
    ),
    "smape": _fact(Better.LOWER, "sMAPE", "the error by the mean size of forecast and actual, 0 where both are 0"),
    "mase": _fact(Better.LOWER, "MASE", "the size of the error by that of a seasonal naive forecast in training"),
    "rmsse": _fact(Better.LOWER, "RMSSE", "the root of the squared error by that of a seasonal naive forecast"),
    "scaled_rows": _fact(
        Better.NEITHER,
        "scaled rows",
        "rows of series whose naive forecast errs: those of MASE and RMSSE",
    ),
    "quantile_loss": _fact(Better.LOWER, "quantile loss", "the pinball loss of a forecast quantile"),
    "quantile_coverage": _fact(
        Better.NEITHER, "quantile coverage", "the share of actuals up to the forecast quantile", unit=True
    ),
    "coverage": _fact(Better.NEITHER, "coverage", "the share of actuals inside the forecast interval", unit=True),
    "interval_width": _fact(Better.LOWER, "interval width", "the mean width of the forecast interval"),
    "winkler": _fact(Better.LOWER, "Winkler score", "the interval's width plus a penalty for each actual outside"),
}


def naive_errors(training: Sequence[float] | npt.NDArray[Any], season: int = 1) -> tuple[float, float]:
    """Mean absolute and mean squared error of repeating the last season, inside a training series.

    Args:
        training: The series in order; missing values (NaN) are left out with their pairs.
        season: How many steps a season has: 1 repeats the last value, 12 that of a year ago in months.

    Returns:
        Both NaN if no pair of values is a season apart.

    Raises:
        InputError: If the season has no step.

    Example:
        >>> naive_errors([1, 3, 2, 5])
        (2.0, 4.666666666666667)
    """
    if season < 1:
        raise InputError(f"a season of {season} steps", expected="at least 1, which repeats the last value")
    values = np.asarray(training, dtype=np.float64)
    steps = values[season:] - values[: max(len(values) - season, 0)]
    steps = steps[np.isfinite(steps)]
    return (float(np.abs(steps).mean()), float((steps**2).mean())) if len(steps) else (math.nan, math.nan)


@dataclass(frozen=True, eq=False, kw_only=True)
class ForecastRows:
    """Forecasts with what came true. Made by :meth:`of`.

    Attributes:
        actual: Shape ``[n]``.
        forecast: Of the mean or median, shape ``[n]``.
        horizon: How many steps ahead each row looks, shape ``[n]``; 0 where it is not told.
        scale: Mean absolute error of the naive forecast of each row's series, shape ``[n]``; ``square_scale`` the
            mean squared one. NaN where it is not known.
        quantiles: Share to the forecast quantile of each row.
        intervals: Level to the ends of each row's interval, shape ``[n, 2]``.
        weights: Row weights; ``None`` weighs every row 1.
    """

    actual: Floats
    forecast: Floats
    horizon: Ints
    scale: Floats
    square_scale: Floats
    quantiles: Mapping[float, Floats]
    intervals: Mapping[float, Floats]
    weights: Floats | None = None

    @classmethod
    def of(
        cls,
        actual: Sequence[float] | npt.NDArray[Any],
        forecast: Sequence[float] | npt.NDArray[Any],
        *,
        horizon: Sequence[int] | npt.NDArray[Any] | None = None,
        series: Sequence[Hashable] | npt.NDArray[Any] | None = None,
        training: Mapping[Any, Sequence[float] | npt.NDArray[Any]]
        | Sequence[float]
        | npt.NDArray[Any]
        | None = None,
        season: int = 1,
        quantiles: Mapping[float, Sequence[float] | npt.NDArray[Any]] | None = None,
        intervals: Mapping[float, tuple[Any, Any]] | None = None,
        weights: Sequence[float] | npt.NDArray[Any] | None = None,
    ) -> Self:
        """Line up forecasts and what came true.

        Args:
            actual: Finite, shape ``[n]``.
            forecast: Shape ``[n]``.
            horizon: How many steps ahead each row looks, from 1.
            series: The series of each row, where there are several.
            training: The training part of the series, or by series that of each; without it there is no MASE.
            season: How many steps a season has, for the naive forecast.
            quantiles: Share to forecast quantile: ``{0.1: [...], 0.9: [...]}``.
            intervals: Level to lower and upper ends: ``{0.8: (lows, highs)}``.
            weights: Row weights.

        Raises:
            InputError: If lengths differ, an actual is missing, a share is not between 0 and 1, or an interval
                ends before it begins.

        Example:
            >>> rows = ForecastRows.of([10.0, 20.0], [12.0, 19.0], training=[8.0, 10.0, 9.0])
            >>> rows.state().measure().values["mase"]
            1.0
        """
        truth, told = (np.asarray(one, dtype=np.float64) for one in (actual, forecast))
        curves = {float(share): np.asarray(one, dtype=np.float64) for share, one in (quantiles or {}).items()}
        bands = {
            float(level): np.column_stack([np.asarray(end, dtype=np.float64) for end in ends])
            for level, ends in (intervals or {}).items()
        }
        ahead = np.zeros(len(truth), dtype=np.int64) if horizon is None else np.asarray(horizon, dtype=np.int64)
        weight = None if weights is None else np.asarray(weights, dtype=np.float64)
        names = None if series is None else list(series)
        given = {"actual": truth, "forecast": told, "horizon": ahead}
        given |= {f"quantile {share:g}": one for share, one in curves.items()}
        given |= {f"interval {level:g}": one for level, one in bands.items()}
        _check(given, truth, names, weight, curves, bands)
        scale, square = _scales(names, training, season, len(truth))
        return cls(
            actual=truth,
            forecast=told,
            horizon=ahead,
            scale=scale,
            square_scale=square,
            quantiles=dict(sorted(curves.items())),
            intervals=dict(sorted(bands.items())),
            weights=weight,
        )

    def __len__(self) -> int:
        return len(self.actual)

    def state(self, rows: Ints | None = None) -> ForecastState:
        """The state of some rows, given by their indices, or of all."""
        chosen = np.arange(len(self)) if rows is None else rows
        horizons = self.horizon[chosen]
        told = np.unique(horizons[horizons > 0])
        return ForecastState(
            whole=self._sums(chosen), by_horizon={int(one): self._sums(chosen[horizons == one]) for one in told}
        )

    def _sums(self, rows: Ints) -> ForecastSums:
        """What some rows add to the figures."""
        actual, forecast = self.actual[rows], self.forecast[rows]
        weights = np.ones(len(rows)) if self.weights is None else self.weights[rows]
        finite = np.isfinite(forecast)
        for quantile in self.quantiles.values():
            finite &= np.isfinite(quantile[rows])
        for band in self.intervals.values():
            finite &= np.isfinite(band[rows]).all(axis=1)
        error = np.where(finite, forecast - actual, 0.0)
        size = np.abs(error)
        both = (np.abs(actual) + np.abs(np.where(finite, forecast, actual))) / 2
        shared = np.divide(size, both, out=np.zeros(len(rows)), where=both > 0)
        sums = {
            "weight": weights.sum(),
            "absolute": size @ weights,
            "square": error**2 @ weights,
            "error": error @ weights,
            "actual": actual @ weights,
            "size": np.abs(actual) @ weights,
            "shared": shared @ weights,
        }
        scale, square = self.scale[rows], self.square_scale[rows]
        known = scale > 0
        sums["scaled_rows"] = np.count_nonzero(known)
        sums["scaled_weight"] = weights[known].sum()
        sums["scaled"] = (size[known] / scale[known]) @ weights[known]
        sums["square_scaled"] = (error[known] ** 2 / square[known]) @ weights[known]
        for share, quantile in self.quantiles.items():
            short = np.where(finite, actual - quantile[rows], 0.0)
            sums[f"quantile_loss@{share:g}"] = np.maximum(share * short, (share - 1) * short) @ weights
            sums[f"quantile_coverage@{share:g}"] = (short <= 0) @ weights
        for level, band in self.intervals.items():
            low, high = np.where(finite[:, None], band[rows], actual[:, None]).T
            beyond = np.maximum(low - actual, 0) + np.maximum(actual - high, 0)
            sums[f"interval_width@{level:g}"] = (high - low) @ weights
            sums[f"coverage@{level:g}"] = (beyond == 0) @ weights
            sums[f"winkler@{level:g}"] = (high - low + 2 / (1 - level) * beyond) @ weights
        return ForecastSums(
            rows=len(rows),
            weighted=self.weights is not None,
            broken=len(rows) - int(np.count_nonzero(finite)),
            sums={name: float(value) for name, value in sums.items()},
        )


@dataclass(frozen=True, eq=False)
class ForecastSums:
    """Weighted sums over rows.

    Attributes:
        rows: Rows, unweighted.
        weighted: Whether rows carry weights (then no intervals are given).
        broken: Rows of which a forecast is not finite.
        sums: By name; those of quantiles and intervals have the name of their figure, with its ``@share``.
    """

    rows: int
    weighted: bool
    broken: int
    sums: Mapping[str, float]

    def merge(self, other: Self) -> Self:
        """The sums over the rows of both."""
        names = dict.fromkeys((*self.sums, *other.sums))
        return type(self)(
            rows=self.rows + other.rows,
            weighted=self.weighted or other.weighted,
            broken=self.broken + other.broken,
            sums={name: self.sums.get(name, 0.0) + other.sums.get(name, 0.0) for name in names},
        )

    def put(self, sheet: Sheet, intervals: Intervals, *, ahead: str = "") -> None:
        """Write all figures; ``ahead`` goes into brackets behind their names."""
        sums, weight = self.sums, self.sums["weight"]
        figures = Sheet(self.rows)
        mae, mse, bias = shares([sums["absolute"], sums["square"], sums["error"]], weight).tolist()
        figures.put("mae", mae, why=_NO_ROWS, interval=self._mean(mae, mse, intervals))
        figures.put("rmse", math.sqrt(mse), why=_NO_ROWS)
        figures.put("bias", bias, why=_NO_ROWS, interval=self._mean(bias, mse, intervals, low=-math.inf))
        nothing = "the actual values sum up to nothing" if weight else _NO_ROWS
        total = sums["actual"]
        figures.put("relative_bias", sums["error"] / total if total else math.nan, why=nothing)
        figures.fraction("wape", sums["absolute"], sums["size"], why=nothing)
        figures.fraction("smape", sums["shared"], weight, why=_NO_ROWS)
        unscaled = "no series has a training part in which the naive forecast errs" if weight else _NO_ROWS
        figures.fraction("mase", sums["scaled"], sums["scaled_weight"], why=unscaled)
        figures.put("rmsse", math.sqrt(shares(sums["square_scaled"], sums["scaled_weight"])), why=unscaled)
        figures.put("scaled_rows", sums["scaled_rows"])
        for name in (key for key in sums if "@" in key):
            counted = name.startswith(("coverage", "quantile_coverage")) and not self.weighted
            interval = proportion(sums[name], weight, intervals) if counted else None
            figures.fraction(name, sums[name], weight, why=_NO_ROWS, interval=interval)
        if self.broken:
            figures.spoil(_BROKEN.format(self.broken, self.rows), keep=_OF_ROWS)
        found = figures.done()
        for name, value in found.values.items():
            stem, at, share = name.partition("@")
            key = f"{stem}[{ahead}]{at}{share}" if ahead else name
            sheet.put(key, value, why=found.reasons.get(name, ""), interval=found.intervals.get(name))

    def _mean(self, mean: float, mse: float, intervals: Intervals, *, low: float = 0.0) -> Interval | None:
        if self.weighted or self.rows < 2:
            return None
        return normal(mean, max(0.0, mse - mean * mean) / (self.rows - 1), low=low, level=intervals.level)


@dataclass(frozen=True, eq=False)
class ForecastState:
    """Sums over all rows, and over those of each horizon.

    Attributes:
        whole: Over all rows.
        by_horizon: Steps ahead to the sums over those rows.
    """

    whole: ForecastSums
    by_horizon: Mapping[int, ForecastSums]

    def merge(self, other: Self) -> Self:
        """The state over the rows of both."""
        together = dict(self.by_horizon)
        for ahead, sums in other.by_horizon.items():
            together[ahead] = together[ahead].merge(sums) if ahead in together else sums
        return type(self)(self.whole.merge(other.whole), dict(sorted(together.items())))

    def measure(self, intervals: Intervals = CLOSED) -> Measured:
        """All figures, and with horizons each of them by steps ahead: ``mae[3]``, ``quantile_loss[3]@0.9``.

        Errors of neighbouring steps go together, so the intervals of means are narrow where rows are many steps
        of few series.
        """
        sheet = Sheet(self.whole.rows)
        sheet.put("count", self.whole.rows)
        self.whole.put(sheet, intervals)
        for ahead, sums in self.by_horizon.items():
            sums.put(sheet, intervals, ahead=str(ahead))
        return sheet.done()


Forecaster: TypeAlias = Callable[[Floats, int], Any]
"""The series so far and a number of steps, to that many forecasts: an array, or a :class:`Forecast`."""


@dataclass(frozen=True, eq=False)
class Forecast:
    """What a forecaster says of the next steps.

    Attributes:
        point: Shape ``[horizon]``.
        quantiles: Share to forecast quantile of each step.
        intervals: Level to lower and upper ends of each step.
    """

    point: npt.NDArray[Any] | Sequence[float]
    quantiles: Mapping[float, npt.NDArray[Any] | Sequence[float]] | None = None
    intervals: Mapping[float, tuple[Any, Any]] | None = None


def backtest(
    series: Sequence[float] | npt.NDArray[Any] | Mapping[Any, Sequence[float] | npt.NDArray[Any]],
    forecaster: Forecaster,
    *,
    horizon: int,
    origins: int,
    step: int = 1,
    season: int = 1,
) -> ForecastRows:
    """Forecast a series again and again as if each time its end were unknown, and line up what came true.

    The last origin leaves ``horizon`` values to forecast, each earlier one ``step`` values more. The forecaster
    sees only what lies before the origin, and so does the scale of the scaled errors (Tashman 2000, rolling
    origin).

    Args:
        series: Values in order, finite; or several series by name.
        forecaster: The values so far and the horizon, to that many forecasts.
        horizon: Steps ahead.
        origins: How many times to forecast each series.
        step: How far apart the origins are.
        season: How many steps a season has, for the naive forecast that errors are compared with.

    Raises:
        InputError: If a series is too short for so many origins, or the forecaster gives another number of steps.

    Example:
        >>> found = backtest([1, 2, 4, 7, 11], lambda past, steps: [past[-1]] * steps, horizon=1, origins=2)
        >>> found.state().measure().values["mae"]
        3.5
    """
    several = series if isinstance(series, Mapping) else {"": series}
    values = {name: np.asarray(one, dtype=np.float64) for name, one in several.items()}
    needed = horizon + (origins - 1) * step + 1
    short = [f"{name or 'the series'} has {len(one)} values" for name, one in values.items() if len(one) < needed]
    if short or min(horizon, origins, step) < 1:
        raise InputError(
            "; ".join(short) or f"horizon {horizon}, origins {origins}, step {step}",
            expected=f"at least {needed} values, and horizon, origins and step of at least 1",
            fix="ask for fewer origins or a shorter horizon",
        )
    parts = []
    for one in values.values():
        for place in range(origins):
            origin = len(one) - horizon - (origins - 1 - place) * step
            parts.append(_forecast(one, origin, forecaster, horizon, season))
    return _joined(parts)


def _forecast(values: Floats, origin: int, forecaster: Forecaster, horizon: int, season: int) -> ForecastRows:
    past = values[:origin].copy()
    answer = forecaster(past, horizon)
    told = answer if isinstance(answer, Forecast) else Forecast(answer)
    if len(told.point) != horizon:
        raise InputError(f"{len(told.point)} forecasts for {horizon} steps", expected="one forecast per step")
    return ForecastRows.of(
        values[origin : origin + horizon],
        told.point,
        horizon=np.arange(1, horizon + 1),
        training=values[:origin],
        season=season,
        quantiles=told.quantiles,
        intervals=told.intervals,
    )


def _joined(parts: list[ForecastRows]) -> ForecastRows:
    first = parts[0]
    together: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("actual", "forecast", "horizon", "scale", "square_scale")
    }
    for name in ("quantiles", "intervals"):
        levels = {share for part in parts for share in getattr(part, name)}
        if any(levels != set(getattr(part, name)) for part in parts):
            raise InputError(f"{name} that differ between origins", expected="the same at every origin")
        together[name] = {
            share: np.concatenate([getattr(part, name)[share] for part in parts]) for share in sorted(levels)
        }
    return replace(first, **together)


def _check(
    given: Mapping[str, npt.NDArray[Any]],
    actual: Floats,
    series: list[Any] | None,
    weights: Floats | None,
    quantiles: Mapping[float, Floats],
    intervals: Mapping[float, Floats],
) -> None:
    lengths = {name: len(one) for name, one in given.items()}
    lengths |= {name: len(one) for name, one in (("series", series), ("weights", weights)) if one is not None}
    faults = []
    if len(set(lengths.values())) > 1:
        faults.append("columns of different lengths: " + ", ".join(f"{name} {n}" for name, n in lengths.items()))
    missing = int(np.count_nonzero(~np.isfinite(actual)))
    if missing:
        faults.append(f"{missing} rows without an actual value")
    faults += [f"a share of {share:g}" for share in (*quantiles, *intervals) if not 0 < share < 1]
    faults += [
        f"an interval of {level:g} that ends before it begins in {backward} rows"
        for level, band in intervals.items()
        if (backward := int(np.count_nonzero(band[:, 0] > band[:, 1])))
    ]
    if faults:
        raise InputError(
            "; ".join(faults),
            expected="one value per row in each, shares between 0 and 1, and low ends before high",
        )


def _scales(series: list[Any] | None, training: Any, season: int, rows: int) -> tuple[Floats, Floats]:
    """The naive errors of each row's series."""
    if training is None:
        return np.full(rows, math.nan), np.full(rows, math.nan)
    if not isinstance(training, Mapping):
        one = naive_errors(training, season)
        return np.full(rows, one[0]), np.full(rows, one[1])
    if series is None:
        raise InputError("training parts by series, and rows that do not tell their series", expected="series=[…]")
    lacking = sorted({str(name) for name in series if name not in training})
    if lacking:
        raise InputError(
            f"no training part of the series {', '.join(lacking[:5])}",
            expected="one of each series that is forecast",
        )
    errors = {name: naive_errors(values, season) for name, values in training.items()}
    table = np.array([errors[name] for name in series], dtype=np.float64).reshape(rows, 2)
    return table[:, 0], table[:, 1]
