"""Measuring columns against limits: drifted is what is past its limit and more than chance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from mainspring.data.comparison.apart import distances
from mainspring.data.comparison.nouns import METRICS, Distances, Measurement
from mainspring.data.comparison.sides import TIMED
from mainspring.data.comparison.significance import benjamini_hochberg

if TYPE_CHECKING:
    from mainspring.data.schema import DriftLimits
    from mainspring.data.statistics import FeatureStatistics, TableStatistics

LEVEL: Final = 0.01
"""The share of false alarms among the columns called drifted that is put up with (Benjamini-Hochberg)."""


def measure(
    one: TableStatistics,
    other: TableStatistics,
    *,
    between: tuple[str, str],
    limits: Mapping[str, DriftLimits],
    level: float = LEVEL,
) -> tuple[Measurement, ...]:
    """Measure every column that both have and that is listed in ``limits``, by every limit that it has.

    A column has drifted if its distance is past its limit, also without what chance alone adds, and the
    difference is significant at ``level`` after correcting for everything that was measured.

    Of the two limits that a whole data set usually has, ``l_infinity`` is for words and ``jensen_shannon`` for
    numbers (and for words that have no other). Neither is for points in time, which move on by themselves; the
    other limits are for all columns that have the distance. A column without a limit is measured all the same:
    words by ``l_infinity``, numbers by ``jensen_shannon``, points in time by ``kolmogorov_smirnov``.
    """
    found = [
        (name, metric, limit, apart)
        for name, limits_ in limits.items()
        if name in one.features and name in other.features
        for apart in [distances(one.features[name], other.features[name], judged=_judged(limits_))]
        if apart is not None
        for metric, limit in _limited(one.features[name], apart, limits_)
    ]
    adjusted = benjamini_hochberg([apart.p_values[metric] for _, metric, _, apart in found])
    measurements = []
    for (name, metric, limit, apart), p_value in zip(found, adjusted, strict=True):
        value, corrected = apart.value(metric) or 0.0, apart.corrected(metric) or 0.0
        measurements.append(
            Measurement(
                path=name,
                between=between,
                metric=metric,
                value=value,
                limit=limit,
                distances=apart,
                adjusted_p=p_value,
                drifted=limit is not None and corrected > limit and p_value <= level,
            )
        )
    return tuple(measurements)


def _judged(limits: DriftLimits) -> frozenset[str]:
    """What may be held against a limit, and what is measured where there is none."""
    limited = {metric for metric in METRICS if getattr(limits, metric, None) is not None}
    return frozenset(limited | {"l_infinity"})


def _limited(
    feature: FeatureStatistics, apart: Distances, limits: DriftLimits
) -> Iterator[tuple[str, float | None]]:
    timed = feature.type in TIMED
    usual = "kolmogorov_smirnov" if timed else "jensen_shannon" if apart.l_infinity is None else "l_infinity"
    left_out = {"l_infinity", "jensen_shannon"} if timed else set[str]()
    if usual == "l_infinity" and limits.l_infinity is not None:
        left_out = {"jensen_shannon"}
    pairs = [
        (metric, limit)
        for metric in METRICS
        for limit in [getattr(limits, metric, None)]
        if limit is not None and metric not in left_out and apart.value(metric) is not None
    ]
    yield from pairs or [(usual, None)]
