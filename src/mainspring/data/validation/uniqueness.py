"""Whether there are as many different values as the schema says."""

from __future__ import annotations

from collections.abc import Iterator

from mainspring.data.schema import Feature
from mainspring.data.statistics import FeatureStatistics
from mainspring.data.validation.anomalies import Anomaly, AnomalyType
from mainspring.data.validation.findings import finding, plural


def check_unique(feature: Feature, found: FeatureStatistics) -> Iterator[Anomaly]:
    """Too few or too many different values; each limit counts alone."""
    if feature.unique is None:
        return
    if found.numbers is None and found.words is None and found.times is None:
        yield finding(
            AnomalyType.FEATURE_TYPE_NO_UNIQUE,
            feature.name,
            found=f"the different values of {found.type} are not counted",
            expected="a feature of words or numbers",
            edit="leave out unique",
        )
        return
    for type_, key, limit in (
        (AnomalyType.FEATURE_TYPE_LOW_UNIQUE, "min", feature.unique.min),
        (AnomalyType.FEATURE_TYPE_HIGH_UNIQUE, "max", feature.unique.max),
    ):
        if limit is None or (found.unique >= limit if key == "min" else found.unique <= limit):
            continue
        yield finding(
            type_,
            feature.name,
            found=plural(found.unique, "different value"),
            expected=f"at {'least' if key == 'min' else 'most'} {limit:,}",
            edit=f"unique: {{{key}: {found.unique}}}",
            observed=found.unique,
            limit=limit,
        )
