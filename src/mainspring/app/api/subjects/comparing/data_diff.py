"""What changed in the data of two runs: files, data sets, schemas, and how far statistics are apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from mainspring.app.api.desk import Desk
from mainspring.app.stories import value_of
from mainspring.core.attempts import attempted
from mainspring.core.records import Artifact, Kind
from mainspring.data import Schema, Statistics
from mainspring.data.schema.differing import diff as schema_diff
from mainspring.pipelines.codecs import FILE
from mainspring.pipelines.records import StepRecord

_SHOWN: Final = 8
_CALM: Final = 3
_SETS: Final[Mapping[str, str]] = {
    "mainspring.Examples": "data set",
    "mainspring.Statistics": "statistics",
    "mainspring.Schema": "schema",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A column that is not distributed as before.

    Attributes:
        column: Its name.
        distance: The name of the distance that is furthest past its limit.
        value: That distance.
        limit: Its limit.
        drifted: Whether it is past the limit, and more than chance.
    """

    column: str
    distance: str
    value: float
    limit: float | None
    drifted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DataChange:
    """Something among the data that is not the same in two runs.

    Attributes:
        form: ``file``, ``data set``, ``statistics`` or ``schema``.
        name: The argument that a file was given for, or the step that gave the rest.
        before: Digest in the one run; empty where it has none.
        after: Digest in the other.
        before_id: The artifact's id in the record; ``None`` where there is none.
        after_id: That of the other.
        facts: What is known of both, such as rows, to the two values.
        schema: What changed in a schema, in sentences.
        drift: The columns furthest apart, of statistics; the furthest first.
        drifted: How many columns drifted.
        columns: How many were compared.
    """

    form: str
    name: str
    before: str
    after: str
    before_id: int | None
    after_id: int | None
    facts: Mapping[str, tuple[Any, Any]]
    schema: Sequence[str] = ()
    drift: Sequence[Drift] = ()
    drifted: int = 0
    columns: int = 0


def data_changes(desk: Desk, before: Sequence[StepRecord], after: Sequence[StepRecord]) -> Sequence[DataChange]:
    """What changed among the data of two runs.

    Args:
        desk: Of whom.
        before: The steps of the one run.
        after: The steps of the other.
    """
    sides = [_artifacts(desk, steps) for steps in (before, after)]
    return [
        _change(desk, form, name, sides[0].get((form, name)), sides[1].get((form, name)))
        for form, name in dict.fromkeys([*sides[0], *sides[1]])
        if _digest(sides[0].get((form, name))) != _digest(sides[1].get((form, name)))
    ]


def _artifacts(desk: Desk, steps: Sequence[StepRecord]) -> dict[tuple[str, str], Artifact]:
    """Files by the argument that they were given for, what steps gave by the step."""
    records = desk.platform.pipelines.records
    originals = [one.original for one in steps]
    inputs, outputs = records.inputs(originals), records.outputs(originals)
    found: dict[tuple[str, str], Artifact] = {}
    for step in steps:
        for argument, artifacts in inputs[step.original].items():
            for one in artifacts:
                if one.type == FILE:
                    name = argument if found.get(("file", argument), one).digest == one.digest else ""
                    found["file", name or f"{step.node}.{argument}"] = one
        given = cast("list[int]", step.execution.custom.get("resolved") or [])
        resolved = cast("Sequence[Artifact]", records.store.get(Kind.ARTIFACT, given)) if given else ()
        for one in [*(each for some in outputs[step.original].values() for each in some), *resolved]:
            if one.type in _SETS:
                found[_SETS[one.type], step.node] = one
    return found


def _digest(artifact: Artifact | None) -> str:
    return "" if artifact is None else str(artifact.digest)


def _change(desk: Desk, form: str, name: str, before: Artifact | None, after: Artifact | None) -> DataChange:
    both = before is not None and after is not None
    drift: tuple[Sequence[Drift], int, int] = ((), 0, 0)
    schema: Sequence[str] = ()
    if both and before is not None and after is not None:
        key = ("comparing.data", before.digest, after.digest)
        if form == "statistics":
            drift = desk.shared.remembered(key, 0, lambda: _drift(desk, before, after))
        elif form == "schema":
            schema = desk.shared.remembered(key, 0, lambda: _schema(desk, before, after))
    return DataChange(
        form=form,
        name=name,
        before=_digest(before),
        after=_digest(after),
        before_id=None if before is None else before.id,
        after_id=None if after is None else after.id,
        facts=_facts(before, after),
        schema=schema,
        drift=drift[0],
        drifted=drift[1],
        columns=drift[2],
    )


def _facts(before: Artifact | None, after: Artifact | None) -> dict[str, tuple[Any, Any]]:
    if before is None or after is None:
        return {}
    one, other = before.properties, after.properties
    return {
        name: (one.get(name), other.get(name)) for name in {**one, **other} if one.get(name) != other.get(name)
    }


def _drift(desk: Desk, before: Artifact, after: Artifact) -> tuple[Sequence[Drift], int, int]:
    """The columns furthest apart; nothing where the statistics are gone or cannot be compared."""
    one, other = (value_of(each, desk.platform.store.blobs) for each in (before, after))
    if not isinstance(one, Statistics) or not isinstance(other, Statistics):
        return (), 0, 0
    # Imported here: comparing brings statistics along, which most pages do without.
    from mainspring.data import compare

    tried = attempted(lambda: compare(one, other, intervals=False, methods=("distances",)))
    if tried.exception() is not None:
        return (), 0, 0
    found = tried.result().features
    shown = [
        Drift(
            column=each.name,
            distance=each.main.replace("_", " "),
            value=each.distances[each.main].value,
            limit=each.distances[each.main].threshold,
            drifted=each.drifted,
        )
        for each in (found[:_SHOWN] if any(one.drifted for one in found) else found[:_CALM])
    ]
    return shown, sum(each.drifted for each in found), len(found)


def _schema(desk: Desk, before: Artifact, after: Artifact) -> Sequence[str]:
    one, other = (value_of(each, desk.platform.store.blobs) for each in (before, after))
    if not isinstance(one, Schema) or not isinstance(other, Schema):
        return ()
    return str(schema_diff(one, other)).splitlines()
