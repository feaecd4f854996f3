"""The schema files of a project, and which data they are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.data.files import SchemaFile, schema_file, schemas_here
from mainspring.app.api.subjects.data.gathering import catalogue
from mainspring.app.api.subjects.data.keeping import Kept, kept_texts
from mainspring.app.api.subjects.data.nouns import DataSet, Version
from mainspring.app.api.subjects.data.reading import condition, statistics_of
from mainspring.data.schema.plain import said

if TYPE_CHECKING:
    from mainspring.app.api.shared import Shared

_ALIKE: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaListed:
    """A schema file, as it is listed.

    Attributes:
        file: Its path from the project's folder.
        features: How many columns it knows.
        label: The column to be predicted; empty for none.
        changed: When it was changed last.
        problem: Why it cannot be read; empty if it can.
        data: The data sets that it is about, by their columns.
        private: How many columns it marks as private.
    """

    file: str
    features: int
    label: str
    changed: float
    problem: str
    data: Sequence[str]
    private: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureEntry:
    """What a schema asks of one column.

    Attributes:
        name: The column.
        type: The type of its values.
        keys: All that it says, beside the type.
    """

    name: str
    type: str
    keys: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaShown:
    """A schema file.

    Attributes:
        file: Its path from the project's folder.
        text: What is in it.
        digest: What it has to be still when somebody saves an edited text.
        changed: When it was changed last.
        problem: Why it cannot be read; empty if it can.
        label: The column to be predicted; empty for none.
        entries: Column by column.
        data: The data sets that it is about.
        comments: How many lines of comments it has below its head.
        kept: What it was before it was saved from here, the newest first.
    """

    file: str
    text: str
    digest: str
    changed: float
    problem: str
    label: str
    entries: Sequence[FeatureEntry]
    data: Sequence[str]
    comments: int
    kept: Sequence[Kept]


@operation("data.schemas", "GET", "/data/schemas")
def schemas(desk: Desk) -> Sequence[SchemaListed]:
    """The schema files of the project, and which data sets they are about."""
    from mainspring.evaluation.reference import private

    return [
        SchemaListed(
            file=one.path,
            features=one.features,
            label=(one.schema.label or "") if one.schema is not None else "",
            changed=one.changed,
            problem=one.problem,
            data=[each.name for each in sets_of(desk.shared, one)],
            private=len(private(one.schema)),
        )
        for one in schemas_here(desk.shared)
    ]


@operation("data.schema", "GET", "/data/schemas/{file:path}")
def schema(desk: Desk, file: str) -> SchemaShown:
    """A schema file: its text, what it asks of every column, and what it was before."""
    found = schema_file(desk.shared, file)
    entries = []
    if found.schema is not None:
        for name, feature in found.schema.features.items():
            keys = {key: value for key, value in said(feature).items() if key not in ("name", "type")}
            entries.append(FeatureEntry(name=name, type=str(feature.type), keys=keys))
    return SchemaShown(
        file=found.path,
        text=found.text,
        digest=found.digest,
        changed=found.changed,
        problem=found.problem,
        label=(found.schema.label or "") if found.schema is not None else "",
        entries=entries,
        data=[one.name for one in sets_of(desk.shared, found)],
        comments=found.comments,
        kept=kept_texts(desk.shared, found.path),
    )


def sets_of(shared: Shared, file: SchemaFile) -> Sequence[DataSet]:
    """The data sets that a schema is about: those that have most of its columns, the nearest first."""
    if file.schema is None:
        return []
    wanted = set(file.schema.features)
    found = []
    for one in catalogue(shared).sets.values():
        version = described(shared, one)
        if version is None:
            continue
        names = {name for split in statistics_of(shared, version).splits.values() for name in split.features}
        alike = len(names & wanted) / max(len(names | wanted), 1)
        if alike >= _ALIKE:
            found.append((alike, one))
    return [one for _, one in sorted(found, key=lambda pair: -pair[0])]


def file_for(shared: Shared, name: str) -> SchemaFile | None:
    """The schema file that is about a data set; ``None`` if there is none."""
    for one in schemas_here(shared):
        if any(each.name == name for each in sets_of(shared, one)):
            return one
    return None


def described(shared: Shared, data: DataSet) -> Version | None:
    """The newest version whose statistics can be read."""
    for one in data.versions[:20]:
        if one.statistics and condition(shared, one.statistics[0]) == "there":
            return one
    return None
