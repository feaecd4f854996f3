"""Reading a snapshot by model and version, for other servers' names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from mainspring.serving.telemetry.exposition import Sample, buckets, label_text
from mainspring.serving.telemetry.families import Family
from mainspring.serving.telemetry.snapshot import Series, Snapshot

Version: TypeAlias = tuple[str, str]
"""Name and version of a model."""

MICROSECONDS = 1e6


def of_versions(snapshot: Snapshot, family: Family) -> dict[Version, Series]:
    """The series of a metric, those of each version added up; requests for models that are not served left out."""
    found: dict[Version, Series] = {}
    for labels, series in snapshot.select(family.name):
        version = labels["model"], labels["version"]
        if version in found:
            found[version].add(series)
        elif version[0]:
            found[version] = Series(list(series.figures), series.born)
    return found


def bounds_of(snapshot: Snapshot, family: Family) -> tuple[float, ...]:
    """The bounds that a histogram has in this server."""
    return next((table.family.bounds for table in snapshot.named(family.name)), family.bounds)


def less(whole: Mapping[Version, Series], part: Mapping[Version, Series]) -> dict[Version, Series]:
    """What is left of each series without a part of it."""
    return {
        version: Series(
            [max(0.0, all_ - some) for all_, some in zip(series.figures, part[version].figures, strict=True)]
        )
        if version in part
        else series
        for version, series in whole.items()
    }


def histogram(
    labels: Mapping[str, str], series: Series, bounds: tuple[float, ...], *, scale: float = 1.0
) -> Iterator[Sample]:
    """The lines of a histogram in another unit."""
    scaled = Series([*series.figures[:-1], series.sum * scale])
    yield from buckets(text_of(labels), tuple(bound * scale for bound in bounds), scaled)


def summary(labels: Mapping[str, str], series: Series, *, scale: float = 1.0) -> Iterator[Sample]:
    """The lines of a summary without quantiles."""
    yield Sample("_sum", text_of(labels), series.sum * scale)
    yield Sample("_count", text_of(labels), series.value)


def text_of(labels: Mapping[str, str]) -> str:
    """Labels as they are shown."""
    return label_text(tuple(labels), tuple(labels.values()))
