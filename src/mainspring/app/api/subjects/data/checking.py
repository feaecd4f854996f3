"""What an edited schema would mean: problems, differences, and what it would have said of the last versions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mainspring.app.accounts import Role
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.data.drifting import WIDE, narrowed
from mainspring.app.api.subjects.data.files import SchemaFile, schema_file
from mainspring.app.api.subjects.data.nouns import Version
from mainspring.app.api.subjects.data.privacy import is_private, private_columns
from mainspring.app.api.subjects.data.reading import condition, statistics_of
from mainspring.app.api.subjects.data.schema_listing import sets_of
from mainspring.core.errors import InputError
from mainspring.data.schema import TRAINING, Schema
from mainspring.data.schema.differing import SchemaDiff, diff
from mainspring.data.schema.plain import said
from mainspring.data.validation import Anomaly, Validation, validate

if TYPE_CHECKING:
    from mainspring.app.api.shared import Shared

_LAST: Final = 3
_LINE: Final = re.compile(r"^line (\d+): (.*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a text is no schema.

    Attributes:
        line: Where, from 1; 0 if it has no place.
        message: What is wrong.
    """

    line: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaChange:
    """A difference between two schemas.

    Attributes:
        kind: ``added``, ``removed`` or ``changed``.
        column: The column; empty for the whole schema.
        text: What changed.
        effect: ``looser``, ``tighter`` or ``other``.
    """

    kind: str
    column: str
    text: str
    effect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An anomaly that comes or goes.

    Attributes:
        column: The column.
        split: The split.
        severity: ``ERROR`` or ``WARNING``.
        text: What was found and what is expected.
    """

    column: str
    split: str
    severity: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What an edited schema would have said of a version.

    Attributes:
        data: The data set.
        version: The number of the version.
        title: What it is called.
        before: Errors and warnings with the schema as it is saved.
        after: Errors and warnings with the edited one.
        appear: Anomalies that it would find.
        vanish: Anomalies that it would accept.
        partly: Whether only the columns that changed were looked at, because there are so many.
    """

    data: str
    version: int
    title: str
    before: tuple[int, int]
    after: tuple[int, int]
    appear: Sequence[Told]
    vanish: Sequence[Told]
    partly: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaCheck:
    """What an edited schema would mean.

    Attributes:
        ok: Whether it can be saved.
        problems: Why not.
        changes: What it says otherwise than what is saved.
        notes: What is to be said beside.
        meant: What it would have said of the last versions.
    """

    ok: bool
    problems: Sequence[Problem]
    changes: Sequence[SchemaChange]
    notes: Sequence[str]
    meant: Sequence[Meant]


@operation(
    "data.check_schema",
    "POST",
    "/data/schema-checks",
    role=Role.VIEWER,
    audited=False,
    command="mainspring data schema diff {file} EDITED",
)
def check_schema(desk: Desk, file: str, *, text: str) -> SchemaCheck:
    """What an edited schema would mean: problems by line, differences, anomalies that come and go.

    Nothing is saved. Private columns are not judged here: trying limits would tell their values.

    Args:
        file: The schema file.
        text: The whole edited text.
    """
    saved = schema_file(desk.shared, file)
    try:
        edited = Schema.from_text(text.replace("\r\n", "\n"), where=file)
    except InputError as error:
        return SchemaCheck(ok=False, problems=problems_of(error), changes=(), notes=(), meant=())
    if saved.schema is None:
        return SchemaCheck(
            ok=True,
            problems=(),
            changes=(),
            notes=["what is saved cannot be read, so there is nothing to compare with"],
            meant=_meant(desk.shared, saved, None, edited),
        )
    found = diff(saved.schema, edited)
    return SchemaCheck(
        ok=True,
        problems=(),
        changes=changes_of(found),
        notes=list(found.notes),
        meant=_meant(desk.shared, saved, saved.schema, edited, found),
    )


def problems_of(error: InputError) -> list[Problem]:
    """The problems of a text, by line."""
    found = []
    for line in error.found.splitlines():
        match = _LINE.match(line.strip())
        found.append(
            Problem(line=int(match[1]), message=match[2]) if match else Problem(line=0, message=line.strip())
        )
    return found


def changes_of(found: SchemaDiff) -> list[SchemaChange]:
    """The differences of two schemas, one sentence each."""
    told = []
    for kind, features in (("added", found.added), ("removed", found.removed)):
        for name, feature in features.items():
            keys = {key: value for key, value in said(feature).items() if key != "name"}
            text = ", ".join(f"{key} {value}" for key, value in keys.items())
            told.append(SchemaChange(kind=kind, column=name, text=text, effect="other"))
    for one in found.changed:
        text = str(one).removeprefix("~ ").removeprefix(f"{one.path}: ").removesuffix(f"  ({one.effect})")
        told.append(SchemaChange(kind="changed", column=one.path, text=text, effect=one.effect.value))
    return told


def judged(shared: Shared, version: Version, schema: Schema, only: frozenset[str] | None = None) -> Validation:
    """What a schema says of the statistics of a version; no rows are read.

    Args:
        only: Just these columns; all by default.
    """
    key = ("data.judged", version.digest, schema.digest(), only)

    def make() -> Validation:
        statistics, asked = statistics_of(shared, version), replace(schema, checks=())
        if only is not None:
            statistics = narrowed(statistics, only)
            features = {name: one for name, one in schema.features.items() if name in only}
            asked = replace(asked, features=features, sparse=(), weighted=(), label=None, strict=False)
        environment = TRAINING if TRAINING in schema.environments else next(iter(schema.environments), TRAINING)
        return validate(statistics, asked, environment=environment)

    return shared.remembered(key, "", make)


def last_versions(shared: Shared, file: SchemaFile) -> list[Version]:
    """The versions that a schema file is tried on: the newest of each data set, and of the nearest a few."""
    found: list[Version] = []
    for place, one in enumerate(sets_of(shared, file)[:_LAST]):
        there = [
            each
            for each in one.versions[:20]
            if each.statistics and condition(shared, each.statistics[0]) == "there"
        ]
        wide = (there[0].columns or 0) > 300 if there else False
        found += there[: 1 if place or wide else _LAST]
    return found


def _meant(
    shared: Shared, file: SchemaFile, saved: Schema | None, edited: Schema, changed: SchemaDiff | None = None
) -> list[Meant]:
    found = []
    for version in last_versions(shared, file):
        hidden = private_columns(shared, version)
        only = _looked_at(version, changed)
        before = _by_key(judged(shared, version, saved, only), hidden) if saved is not None else {}
        after = _by_key(judged(shared, version, edited, only), hidden)
        found.append(
            Meant(
                data=version.data,
                version=version.number,
                title=version.title,
                before=_counts(before),
                after=_counts(after),
                appear=[_told(one) for key, one in after.items() if key not in before],
                vanish=[_told(one) for key, one in before.items() if key not in after],
                partly=only is not None,
            )
        )
    return found


def _looked_at(version: Version, changed: SchemaDiff | None) -> frozenset[str] | None:
    """In a wide table the columns that changed; all where something changed that is for all columns."""
    if changed is None or (version.columns or 0) <= WIDE:
        return None
    if any(not one.path for one in changed.changed):
        return None
    return frozenset([*changed.added, *changed.removed, *(one.path for one in changed.changed)])


def _by_key(found: Validation, hidden: frozenset[str]) -> Mapping[tuple[str, ...], Anomaly]:
    """Anomalies by what tells them apart; none of private columns: trying limits would tell their values."""
    return {
        (one.path, one.split, one.slice, one.type, one.severity): one
        for one in found.anomalies
        if not is_private(one.path, hidden)
    }


def _counts(found: Mapping[tuple[str, ...], Anomaly]) -> tuple[int, int]:
    errors = sum(1 for one in found.values() if one.severity == "ERROR")
    return errors, len(found) - errors


def _told(one: Anomaly) -> Told:
    return Told(
        column=one.path,
        split=one.split,
        severity=one.severity.value,
        text=f"{one.found}; expected {one.expected}",
    )
