"""Since when: the history of a figure, walked back from the window in which it was found bad."""

from __future__ import annotations

import numpy as np

from mainspring.monitoring.alerts.findings import Finding
from mainspring.monitoring.seen import History, Series

_LEAST = 5
_BACK = 30 * 86_400.0


def onset(finding: Finding, history: History | None, began: float) -> tuple[float, float | None]:
    """When a figure began to be bad, and what it was usually before.

    Walking back from the first bad window, windows belong to it as long as the figure is past its limit, or more
    than half-way from its usual value (the median of the last 30 days) to it. Windows in which the figure is not
    known are stepped over.

    Args:
        finding: What is bad.
        history: Figures of the windows before.
        began: The beginning of the first bad window.

    Returns:
        The beginning of the first window that belongs to it, and the usual value, ``None`` with fewer than five
        windows before.
    """
    if history is None or finding.value is None:
        return began, finding.usual
    series = history.series(finding.figure, since=began - _BACK, until=began)
    usual = finding.usual if finding.usual is not None else usual_of(series)
    return _walk(series, finding, usual, began), usual


def usual_of(series: Series) -> float | None:
    """The median of the known values; ``None`` if these are fewer than five."""
    known = series.values[np.isfinite(series.values)]
    return float(np.median(known)) if len(known) >= _LEAST else None


def _walk(series: Series, finding: Finding, usual: float | None, began: float) -> float:
    value, limit = finding.value, finding.limit
    if value is None or limit is None or value == limit:
        return began
    sign = 1.0 if value > limit else -1.0
    bound = limit if usual is None or sign * (limit - usual) <= 0 else (usual + limit) / 2
    first = began
    for time, seen in zip(series.times[::-1], series.values[::-1], strict=True):
        if not np.isfinite(seen):
            continue
        if sign * (seen - bound) <= 0:
            break
        first = float(time)
    return first
