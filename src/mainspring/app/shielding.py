"""Statistics and anomalies that show nothing of the columns that a schema marks as private."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from mainspring.data.statistics import FeatureStatistics, Statistics, TableStatistics
from mainspring.data.validation import Anomaly

MASK: Final = "•••"
"""Stands for a value that is not shown."""


def is_private(name: str, hidden: Collection[str]) -> bool:
    """Whether a column, or the structure that it is a field of, is hidden."""
    return name in hidden or any(name.startswith(f"{one}.") for one in hidden)


def shielded(statistics: Statistics, hidden: Collection[str]) -> Statistics:
    """Statistics that tell of private columns only how many values are missing."""
    if not hidden:
        return statistics
    return Statistics({name: _shielded(one, hidden) for name, one in statistics.splits.items()})


def _shielded(table: TableStatistics, hidden: Collection[str]) -> TableStatistics:
    features = {name: _closed(one) if is_private(name, hidden) else one for name, one in table.features.items()}
    return replace(table, features=features, slices={}, crosses=None)


def _closed(one: FeatureStatistics) -> FeatureStatistics:
    return replace(
        one, numbers=None, words=None, times=None, sizes=None, weighted=None, text=None, images=None, custom={}
    )


def shown_anomaly(anomaly: Anomaly, hidden: Collection[str]) -> Anomaly:
    """An anomaly without values of private columns."""
    examples = tuple(
        replace(
            one, values={name: MASK if is_private(name, hidden) else value for name, value in one.values.items()}
        )
        for one in anomaly.examples
    )
    if not is_private(anomaly.path, hidden):
        return replace(anomaly, examples=examples)
    return replace(
        anomaly,
        found="what was found is not shown: the column is private",
        edit="",
        examples=examples,
    )
