"""What must not be seen of a version: columns that a schema marks as private, and people who were erased."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import msgspec

from mainspring.app.api.subjects.data.files import schemas_here
from mainspring.app.api.subjects.data.nouns import Version
from mainspring.app.api.subjects.data.reading import is_kept, read_schema
from mainspring.data.statistics import Statistics, TableStatistics
from mainspring.data.validation import Anomaly
from mainspring.evaluation.reference import private
from mainspring.serving.payloads.erasing import AUDIT

if TYPE_CHECKING:
    from mainspring.app.api.shared import Shared
    from mainspring.data.statistics import FeatureStatistics

MASK: Final = "•••"
"""Stands for a value that is not shown."""


def private_columns(shared: Shared, version: Version) -> frozenset[str]:
    """The columns that a schema marks as private: the one the version was held against, or one that is here now.

    A tag of :data:`mainspring.evaluation.reference.PRIVATE` marks a column.
    """
    found: set[str] = set()
    schemas = [check.schema for check in version.checks if check.schema is not None][:1]
    for artifact in schemas:
        if is_kept(shared, artifact):
            found |= private(read_schema(shared, artifact))
    for one in schemas_here(shared):
        if one.schema is not None:
            found |= private(one.schema)
    return frozenset(found)


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


def erased_subjects(shared: Shared) -> frozenset[str]:
    """Hashes of the names of people who were erased from the log of predictions."""
    settings = shared.platform.settings
    file = settings.path(settings.serving.log) / AUDIT
    if not file.is_file():
        return frozenset()
    lines = file.read_bytes().splitlines()
    return frozenset(str(msgspec.json.decode(line)["subject"]) for line in lines if line.strip())
