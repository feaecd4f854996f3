"""What a figure usually is, learned from its own history, season by season.

The usual value at a time is the median of the good windows at the same hour of the week, or of the day, or at any
time, whichever is the narrowest with enough windows. How far from it is still usual is measured by leaving windows
out one by one: the median of how far each lies from the median of the others of its season, times 1.4826, which
is the standard deviation of normal errors (Hampel, "The Influence Curve and Its Role in Robust Estimation",
Journal of the American Statistical Association, 1974). Up to half of the windows may be anything.

Distances and losses are never negative and lie askew: they are compared as cube roots, which are close to normal
for all sums of squares (Wilson and Hilferty, "The Distribution of Chi-square", Proceedings of the National Academy
of Sciences, 1931).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from mainspring.monitoring.alerts.option_parts import Adaptive
from mainspring.monitoring.alerts.options import span
from mainspring.monitoring.seen import Figure, Series

_NORMAL: Final = 1.4826
_HOUR: Final = 3600.0
_THURSDAY: Final = 72
"""Hours by which the epoch, a Thursday, lies after a Monday."""

_SEASONS: Final = {"week": ("week", "day", "none"), "day": ("day", "none"), "none": ("none",)}
_HOURS: Final = {"week": 168, "day": 24, "none": 1}
_FLOOR: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What is usual for a figure at a time.

    Attributes:
        usual: The value.
        low: The least that is still usual; ``-inf`` if only much is unusual.
        high: The most that is still usual; ``inf`` if only little is unusual.
        windows: How many windows it was learned from.
        season: ``week``, ``day`` or ``none``.
    """

    usual: float
    low: float
    high: float
    windows: int
    season: str


def baseline(series: Series, at: float, figure: Figure, options: Adaptive) -> Baseline | None:
    """What is usual for a figure in the window that begins at a time; ``None`` if too little is known.

    Never looser than the hard limits: ``low`` and ``high`` lie within them. A figure with an upper limit only is
    never called unusual for being small, one with a lower limit only never for being large, and one without limits
    only for what was never seen before.

    Args:
        series: The figure in the windows before.
        at: Where the window begins, in seconds since the epoch.
        figure: The figure now, for its limits.
        options: How it is learned.
    """
    times, values = _good(series, at, span(options.history))
    if len(values) < options.least_windows:
        return None
    season = _season(times, at, options)
    rooted = figure.least is None and bool(np.all(values >= 0)) and figure.value >= 0
    taken = np.cbrt(values) if rooted else values
    hours = _hours(times, season)
    same = taken[hours == _hours(np.array([at]), season)[0]]
    centre = float(np.median(same))
    spread, free = _spread(taken, hours), figure.least is None and figure.most is None
    if free and spread == 0:
        return None  # a figure that never moved, and has no limit: nobody knows how much would be much
    width = options.deviations * max(_NORMAL * spread, _FLOOR * abs(centre), 1e-12)
    low, high = (centre - width, centre + width)
    if free:
        low, high = min(low, float(taken.min())), max(high, float(taken.max()))
    if rooted:
        low, high = float(max(low, 0.0)) ** 3, high**3
    usual = centre**3 if rooted else centre
    low = -np.inf if figure.least is None and figure.most is not None else low
    high = np.inf if figure.most is None and figure.least is not None else high
    return Baseline(
        usual=usual,
        low=float(low if figure.least is None else max(low, figure.least)),
        high=float(high if figure.most is None else min(high, figure.most)),
        windows=len(values),
        season=season,
    )


def is_unusual(figure: Figure, found: Baseline, options: Adaptive) -> bool:
    """Whether a figure that is within its hard limits lies far from what is usual, and a good part of the way out.

    Args:
        figure: The figure.
        found: What is usual for it.
        options: For ``least_effect``.
    """
    if not np.isfinite(figure.value) or found.low <= figure.value <= found.high:
        return False
    bound = figure.most if figure.value > found.usual else figure.least
    if bound is None:
        return True
    way = abs(bound - found.usual)
    return way == 0 or abs(figure.value - found.usual) >= options.least_effect * way


def _good(series: Series, at: float, history: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The windows before in which the figure was known, and within its limits of that time."""
    values = series.values
    with np.errstate(invalid="ignore"):
        bad = (values < series.least) | (values > series.most)
        kept = np.isfinite(values) & ~bad & (series.times < at) & (series.times >= at - history)
    return series.times[kept], values[kept]


def _season(times: npt.NDArray[np.float64], at: float, options: Adaptive) -> str:
    now = np.array([at])
    for season in _SEASONS[options.season][:-1]:
        hours = _hours(times, season)
        if int(np.sum(hours == _hours(now, season)[0])) >= options.least_per_season:
            return season
    return "none"


def _hours(times: npt.NDArray[np.float64], season: str) -> npt.NDArray[np.int64]:
    return (np.floor(times / _HOUR).astype(np.int64) + _THURSDAY) % _HOURS[season]


def _spread(values: npt.NDArray[np.float64], hours: npt.NDArray[np.int64]) -> float:
    """The median of how far each value lies from the median of the others of its season."""
    order = np.lexsort((values, hours))
    ordered, groups = values[order], hours[order]
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    sizes = np.diff(np.r_[starts, len(groups)])
    start, size = np.repeat(starts, sizes), np.repeat(sizes, sizes)
    place = np.arange(len(groups)) - start
    others = size - 1
    # The median of the others of a sorted group: its one or two middle places, with the value itself passed over.
    middle = [(others - 1) // 2, others // 2]
    parts = [ordered[start + np.clip(one + (one >= place), 0, size - 1)] for one in middle]
    alone = np.abs(ordered - (parts[0] + parts[1]) / 2)[others > 0]
    return float(np.median(alone)) if len(alone) else float(np.median(np.abs(values - np.median(values))))
