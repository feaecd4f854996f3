"""The time of a page cut into columns, and figures brought down to them.

A year of hourly windows has more points than a chart has pixels. Each column keeps the least, the mean and the
largest value of its windows, so that a single window past its limit is seen however many there are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from mainspring.monitoring.seen import Series

Floats = npt.NDArray[np.float64]

_HOUR: Final = 3600.0
_DAY: Final = 24 * _HOUR
_STEPS: Final = (
    60.0, 300.0, 900.0, _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in columns of the same width.

    Attributes:
        since: Where it begins, in seconds since the epoch.
        until: Where it ends.
        columns: How many columns.
        holds: Whether one window begins where the one before ends, as those by count do: then a column in which
            none begins is still that of the last one.
    """

    since: float
    until: float
    columns: int
    holds: bool = False

    @property
    def width(self) -> float:
        """Of a column, in seconds."""
        return (self.until - self.since) / self.columns

    def places(self, times: Floats) -> npt.NDArray[np.int64]:
        """The column of each moment; beyond the ends -1 or the number of columns."""
        found = np.floor((times - self.since) / self.width + 1e-9)
        return np.clip(found, -1, self.columns).astype(np.int64)

    def sources(self, known: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """The column whose windows each column shows: itself, or the last one before in which a window begins."""
        own = np.arange(self.columns)
        return np.maximum.accumulate(np.where(known, own, -1)) if self.holds else own

    def share(self, moment: float) -> float:
        """Where a moment lies: 0 at the beginning, 1 at the end, and no further."""
        return min(max((moment - self.since) / (self.until - self.since), 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Reduced:
    """A figure in columns: arrays ``[columns]`` of float64, NaN where nothing is known.

    Attributes:
        mean: Of the windows in the column.
        least: The smallest of them.
        most: The largest of them.
        low: Where the figure lies at least, with 95 % confidence, on average.
        high: Where it lies at most.
        floor: The highest limit that it must not be below.
        ceiling: The lowest limit that it must not be above.
        past: Whether any window is past a limit, of bool.
    """

    mean: Floats
    least: Floats
    most: Floats
    low: Floats
    high: Floats
    floor: Floats
    ceiling: Floats
    past: npt.NDArray[np.bool_]


def span_of(since: float, until: float, *, window: float | None, most: int) -> Span:
    """A stretch of time in at most so many columns: one for each window while there are few.

    Example:
        >>> span_of(0.0, 7200.0, window=3600.0, most=120).columns
        2
    """
    wanted = most if not window else round((until - since) / window)
    return Span(since, until, min(max(wanted, 1), most), holds=not window)


def reduce(series: Series, span: Span) -> Reduced:
    """A figure brought down to columns; windows that begin outside are left out."""
    places = span.places(series.times)
    inside = (places >= 0) & (places < span.columns)
    places = places[inside]
    parts = {name: getattr(series, name)[inside] for name in ("values", "low", "high", "least", "most")}
    values = parts["values"]
    past = (values < parts["least"]) | (values > parts["most"])
    shown = span.sources(np.bincount(places, minlength=span.columns) > 0)

    def held(found: Floats) -> Floats:
        return np.where(shown < 0, np.nan, found[shown])

    return Reduced(
        mean=held(_means(places, values, span.columns)),
        least=held(_extremes(places, values, span.columns, low=True)),
        most=held(_extremes(places, values, span.columns, low=False)),
        low=held(_means(places, parts["low"], span.columns)),
        high=held(_means(places, parts["high"], span.columns)),
        floor=held(_extremes(places, parts["least"], span.columns, low=False)),
        ceiling=held(_extremes(places, parts["most"], span.columns, low=True)),
        past=(np.bincount(places[past], minlength=span.columns) > 0)[shown] & (shown >= 0),
    )


def time_ticks(span: Span, most: int) -> Sequence[tuple[float, str]]:
    """Round moments with their names, at most about so many: hours, days or months (UTC)."""
    length = span.until - span.since
    rough = length / max(most, 1)
    step = next((one for one in _STEPS if one >= rough), None)
    if step is None:
        return _months(span, math.ceil(rough / (30 * _DAY)))
    # Weeks begin on Mondays; the first one of the epoch is its fifth day.
    offset = 4 * _DAY if step >= 7 * _DAY else 0.0
    first = math.ceil((span.since - offset) / step - 1e-9)
    last = math.floor((span.until - offset) / step + 1e-9)
    moments = [offset + place * step for place in range(first, last + 1)]
    return [(one, _name(one, step)) for one in moments]


def _name(moment: float, step: float) -> str:
    at = _utc(moment)
    midnight = at.hour == at.minute == at.second == 0
    return f"{at.day} {at:%b}" if step >= _DAY or midnight else f"{at:%H:%M}"


def _months(span: Span, every: int) -> Sequence[tuple[float, str]]:
    begin, end = _utc(span.since), _utc(span.until)
    months = range(begin.year * 12 + begin.month - 1, end.year * 12 + end.month)
    stamps = [datetime(one // 12, one % 12 + 1, 1, tzinfo=UTC) for one in months if one % every == 0]
    return [
        (one.timestamp(), f"{one:%b %Y}" if one.month == 1 else f"{one:%b}")
        for one in stamps
        if span.since <= one.timestamp() <= span.until
    ]


def _utc(moment: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=moment)


def _means(places: npt.NDArray[np.int64], values: Floats, columns: int) -> Floats:
    known = np.isfinite(values)
    counts = np.bincount(places[known], minlength=columns)
    sums = np.bincount(places[known], weights=values[known], minlength=columns)
    found = np.full(columns, np.nan)
    np.divide(sums, counts, out=found, where=counts > 0)
    return found


def _extremes(places: npt.NDArray[np.int64], values: Floats, columns: int, *, low: bool) -> Floats:
    known = np.isfinite(values)
    found = np.full(columns, np.inf if low else -np.inf)
    (np.minimum if low else np.maximum).at(found, places[known], values[known])
    found[np.isinf(found)] = np.nan
    return found
