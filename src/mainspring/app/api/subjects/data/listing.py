"""Listing data sets and their versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.data.gathering import catalogue
from mainspring.app.api.subjects.data.nouns import DataSet, Version
from mainspring.app.api.subjects.data.one_column import models_of
from mainspring.app.api.subjects.data.privacy import private_columns
from mainspring.app.api.subjects.data.reading import condition, is_kept
from mainspring.core.errors import NotFoundError

if TYPE_CHECKING:
    from mainspring.app.api.shared import Shared


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A data set, as it is listed.

    Attributes:
        name: ``pipeline.step``.
        pipeline: The pipeline.
        step: The step.
        source: Where the newest rows came from.
        versions: How many versions there are.
        latest: The newest.
        spans: How many stretches of time there are; 0 if it has none.
        failing: How many of the last ten versions did not pass their latest validation.
        damaged: What describes the newest version and cannot be read any more: ``statistics``, ``validation``,
            ``schema``.
    """

    name: str
    pipeline: str
    step: str
    source: str
    versions: int
    latest: Version
    spans: int
    failing: int
    damaged: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A version, and what can be seen of it.

    Attributes:
        version: The version.
        newest: The number of the newest one.
        kept: Whether its rows are still there.
        described: Whether its statistics are there, and can be read.
        damaged: What describes it and cannot be read any more: ``statistics``, ``validation``, ``schema``.
        splits: The names of its splits.
        private: The columns whose values are not shown.
        models: The registered versions that were made with it: name and number.
    """

    version: Version
    newest: int
    kept: bool
    described: bool
    damaged: Sequence[str]
    splits: Sequence[str]
    private: Sequence[str]
    models: Sequence[tuple[str, str]]


_TRANSFORMS: Final = 20


@operation("data.list", "GET", "/data")
def listed(desk: Desk) -> Sequence[Listed]:
    """The data sets of the project, the most lately used first."""
    return [_listed(desk.shared, one) for one in catalogue(desk.shared).sets.values()]


@operation("data.versions", "GET", "/data/{name}")
def versions(desk: Desk, name: str) -> DataSet:
    """A data set with its versions, the newest first."""
    return catalogue(desk.shared).data(name)


@operation("data.version", "GET", "/data/{name}/versions/{version}")
def version_facts(desk: Desk, name: str, version: str = "latest") -> Facts:
    """A version of a data set, by its number or ``latest``, and what can be seen of it."""
    found = catalogue(desk.shared)
    one = found.version(name, version)
    damaged = damaged_of(desk.shared, one)
    return Facts(
        version=one,
        newest=found.data(name).latest.number,
        kept=is_kept(desk.shared, one.artifact),
        described=bool(one.statistics) and condition(desk.shared, one.statistics[0]) == "there",
        damaged=damaged,
        splits=list(one.rows),
        private=[] if "schema" in damaged else sorted(private_columns(desk.shared, one)),
        models=models_of(desk.shared, one.transforms[:_TRANSFORMS]),
    )


@operation("data.find_artifact", "GET", "/data/artifacts/{artifact}")
def of_artifact(desk: Desk, artifact: int) -> Version:
    """The version that an artifact of the record is, describes or judges."""
    found = catalogue(desk.shared)
    if artifact not in found.places:
        raise NotFoundError(
            f"the artifact {artifact} is no data, and describes none",
            fix=f"see where it came from: mainspring lineage artifact:{artifact}",
        )
    return found.version(*found.places[artifact])


def damaged_of(shared: Shared, version: Version) -> Sequence[str]:
    """What describes a version and cannot be read any more."""
    check = version.check
    parts = {
        "statistics": next(iter(version.statistics), None),
        "validation": check.artifact if check else None,
        "schema": check.schema if check else None,
    }
    return [name for name, one in parts.items() if one is not None and condition(shared, one) == "damaged"]


def _listed(shared: Shared, one: DataSet) -> Listed:
    spans = {span for each in one.versions for span in each.spans}
    failing = sum(1 for each in one.versions[:10] if each.check is not None and not each.check.ok)
    return Listed(
        name=one.name,
        pipeline=one.pipeline,
        step=one.step,
        source=one.source,
        versions=len(one.versions),
        latest=one.latest,
        spans=len(spans),
        failing=failing,
        damaged=damaged_of(shared, one.latest),
    )
