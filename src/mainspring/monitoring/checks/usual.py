"""What a figure usually was in the windows before."""

from __future__ import annotations

from typing import Final

import numpy as np

from mainspring.monitoring.seen import History

HOUR: Final = 3600.0
DAY: Final = 86_400.0
WEEK: Final = 7 * DAY

_BACK: Final = 30 * DAY
_WEEKS: Final = 4
_DAYS: Final = 14
_LEAST_DAYS: Final = 3


def lately(history: History, name: str, before: float, least: int) -> float | None:
    """The median of a figure in the last 30 days; ``None`` with fewer windows than ``least``.

    Args:
        history: Figures of the windows before.
        name: The figure.
        before: Only windows that begin before this time, in seconds since the epoch.
        least: The fewest windows.
    """
    values = history.series(name, since=before - _BACK, until=before).values
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) >= max(least, 1) else None


def at_such_times(history: History, name: str, at: float, length: float) -> tuple[float, bool] | None:
    """What a figure usually is at such times: the median of the same hour of the week in the last four weeks, or,
    before a week is known, the least of the same hour on at least three of the last 14 days.

    Args:
        history: Figures of the windows before.
        name: The figure.
        at: Where the window begins, in seconds since the epoch.
        length: How long it is, in seconds; windows within half of it, and of half an hour, are of the same hour.

    Returns:
        The figure, and whether it is of the same hour of the week; ``None`` if nothing is known of such times.
    """
    near = max(length, HOUR) / 2
    series = history.series(name, since=at - _WEEKS * WEEK - near, until=at - DAY + near)
    known = np.isfinite(series.values)
    gaps, values = at - series.times[known], series.values[known]
    weeks, days = (np.round(gaps / period) for period in (WEEK, DAY))
    weekly = (weeks >= 1) & (np.abs(gaps - weeks * WEEK) <= near)
    if weekly.any():
        return float(np.median(values[weekly])), True
    daily = (days >= 1) & (days <= _DAYS) & (np.abs(gaps - days * DAY) <= near)
    if len(set(days[daily].tolist())) < _LEAST_DAYS:
        return None
    return float(values[daily].min()), False
