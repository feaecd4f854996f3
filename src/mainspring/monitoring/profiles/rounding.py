"""Profiles with fewer digits where these are estimates anyway, so that they compress well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from mainspring.data import FeatureStatistics, TableStatistics
from mainspring.data.sketches import Quantiles
from mainspring.monitoring.profiles.profile import WindowProfile

_BITS: Final = 29
"""Binary digits that are left out of 52: seven decimal ones remain."""


def rounded(profile: WindowProfile) -> WindowProfile:
    """A profile whose estimated quantiles have seven digits; all else is as it was."""
    return replace(
        profile,
        latency=_points(profile.latency),
        statistics=_table(profile.statistics),
        feedback=_table(profile.feedback),
    )


def _table(table: TableStatistics) -> TableStatistics:
    features: Mapping[str, FeatureStatistics] = {name: _feature(one) for name, one in table.features.items()}
    return replace(table, features=features, slices={name: _table(one) for name, one in table.slices.items()})


def _feature(feature: FeatureStatistics) -> FeatureStatistics:
    numbers, times = feature.numbers, feature.times
    if numbers is not None:
        numbers = replace(numbers, quantiles=_points(numbers.quantiles))
    if times is not None:
        times = replace(times, quantiles=_points(times.quantiles))
    return replace(feature, numbers=numbers, times=times)


def _points(quantiles: Quantiles) -> Quantiles:
    if quantiles.exact or not all(isinstance(value, float) for value in quantiles.values):
        return quantiles
    bits = np.array(quantiles.values, dtype=np.float64).view(np.int64)
    half = np.int64(1) << (_BITS - 1)
    values = (((bits + half) >> _BITS) << _BITS).view(np.float64)
    if not np.isfinite(values).all():
        return quantiles
    weights: dict[float, float] = {}
    for value, weight in zip(values.tolist(), quantiles.weights, strict=True):
        weights[value] = weights.get(value, 0.0) + weight
    return Quantiles(tuple(weights), tuple(weights.values()), exact=False)
