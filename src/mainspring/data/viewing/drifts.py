"""What is known of drift, from a validation or from a comparison, in one form for the page and the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mainspring.data.comparison import Comparison, Measurement
    from mainspring.data.statistics import TableStatistics

NAMES = {
    "l_infinity": "L-infinity",
    "jensen_shannon": "Jensen-Shannon",
    "jensen_shannon_quantiles": "Jensen-Shannon of quantiles",
    "normalized_absolute_difference": "absolute difference",
    "psi": "PSI",
    "wasserstein": "Wasserstein",
    "kolmogorov_smirnov": "Kolmogorov-Smirnov",
    "hellinger": "Hellinger",
    "chi_squared": "chi-squared",
    "total_variation": "total variation",
    "missing": "share of missing",
    "length": "lengths",
}
"""Distances by the names that people know them by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One distance: its value, the largest that is let pass, and how likely it is by chance."""

    metric: str
    value: float | None
    limit: float | None = None
    p_value: float | None = None
    interval: tuple[float, float] | None = None

    @property
    def called(self) -> str:
        """The name that people know it by."""
        return NAMES.get(self.metric, self.metric.replace("_", " "))

    @property
    def over(self) -> float:
        """How many times its limit the value is; the value itself, made small, if there is no limit."""
        if self.value is None or not math.isfinite(self.value):
            return 0.0
        return self.value / self.limit if self.limit else self.value / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureDrift:
    """How far one feature is from the data before, or from other data.

    Attributes:
        name: The feature.
        between: What was compared.
        gaps: Every distance; the first is the one to show.
        drifted: Whether it is called drifted.
        why: In words, if there is more to say.
    """

    name: str
    between: tuple[str, str]
    gaps: tuple[Gap, ...]
    drifted: bool = False
    why: str = ""

    @property
    def first(self) -> Gap:
        """The distance to show."""
        return self.gaps[0]


def of_measurements(measurements: Iterable[Measurement]) -> list[FeatureDrift]:
    """From a validation, the worst first."""
    found = []
    for one in measurements:
        gaps = [Gap(metric=one.metric, value=one.value, limit=one.limit, p_value=one.adjusted_p)]
        for name in _distances(one.distances):
            value = getattr(one.distances, name)
            if name != one.metric and value is not None:
                gaps.append(Gap(metric=name, value=float(value)))
        found.append(FeatureDrift(name=one.path, between=one.between, gaps=tuple(gaps), drifted=one.drifted))
    return worst_first(found)


def of_comparison(comparison: Comparison) -> list[FeatureDrift]:
    """From a comparison, the worst first."""
    found = []
    for one in comparison.features:
        first = "jensen_shannon" if "jensen_shannon_quantiles" in one.distances else one.main
        names = sorted(one.distances, key=lambda name: (name != first, one.distances[name].threshold is None))
        gaps = [
            Gap(
                metric=name,
                value=each.value,
                limit=each.threshold,
                p_value=each.p_value if each.adjusted_p is None else each.adjusted_p,
                interval=each.interval,
            )
            for name in names
            for each in [one.distances[name]]
        ]
        if gaps:
            why = "; ".join(one.why)
            found.append(
                FeatureDrift(
                    name=one.name, between=comparison.between, gaps=tuple(gaps), drifted=one.drifted, why=why
                )
            )
    return worst_first(found)


def of_tables(tables: Mapping[str, TableStatistics]) -> list[FeatureDrift]:
    """Measured here between the first data set and the second, without limits, where nobody measured before."""
    from mainspring.data.comparison import distances

    (first, one), (second, other) = list(tables.items())[:2]
    found = []
    for name, feature in one.features.items():
        apart = distances(feature, other.features[name]) if name in other.features else None
        if apart is None:
            continue
        main = "jensen_shannon" if apart.l_infinity is None else "l_infinity"
        names = [main, *(metric for metric in _distances(apart) if metric != main)]
        gaps = [
            Gap(
                metric=metric,
                value=float(getattr(apart, metric)),
                p_value=apart.p_value if metric == main else None,
            )
            for metric in names
            if getattr(apart, metric) is not None
        ]
        found.append(FeatureDrift(name=name, between=(first, second), gaps=tuple(gaps)))
    return worst_first(found)


def worst_first(found: Sequence[FeatureDrift]) -> list[FeatureDrift]:
    """Drifted ones first, then by how near their limit they are, then by name."""
    return sorted(found, key=lambda one: (not one.drifted, -one.first.over, one.name))


def by_feature(found: Iterable[FeatureDrift]) -> dict[str, FeatureDrift]:
    """The worst of each feature."""
    kept: dict[str, FeatureDrift] = {}
    for one in worst_first(list(found)):
        kept.setdefault(one.name, one)
    return kept


def _distances(apart: Any) -> list[str]:
    """The distances among the fields of a noun: those with a name here and a number."""
    known = getattr(type(apart), "__dataclass_fields__", {})
    return [name for name in known if name in NAMES and isinstance(getattr(apart, name), int | float)]
