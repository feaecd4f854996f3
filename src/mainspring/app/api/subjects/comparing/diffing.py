"""``runs.diff``: two runs beside each other: parameters, metrics, data, schema, code, environment, steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, cast

from msgspec import Meta

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.comparing.choosing import chosen
from mainspring.app.api.subjects.comparing.data_diff import DataChange, data_changes
from mainspring.app.api.subjects.comparing.directions import Direction, direction
from mainspring.app.api.subjects.comparing.lines import CodeFile, code_files
from mainspring.core.records import ExecutionState
from mainspring.pipelines.explaining import RunDifference, compare_runs
from mainspring.pipelines.records import StepRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Something that is not the same in two runs.

    Attributes:
        name: What.
        before: Its value in the one; ``None`` where it has none.
        after: Its value in the other.
        better: Which way it improves; ``neither`` for what is no measure of quality.
    """

    name: str
    before: Any
    after: Any
    better: Direction = "neither"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepChange:
    """A step that changed.

    Attributes:
        step: Its name.
        why: What changed in what decides its outputs.
        outputs: Whether it gave something else; ``None`` where only one run has it.
        only: ``before`` or ``after`` where only that run has it.
    """

    step: str
    why: Sequence[str]
    outputs: bool | None
    only: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDiff:
    """What changed from one run to another.

    Attributes:
        before: The name of the one.
        after: The name of the other.
        same: Whether nothing changed at all.
        parameters: Parameters that have another value.
        metrics: Figures that have another value.
        environment: Interpreter, platform and distributions that have another version.
        data: Files, data sets and schemas that changed, with how far their statistics are apart.
        code: Files of the project that changed, line by line.
        steps: Steps that changed.
        command: The command that tells the same in a terminal.
    """

    before: str
    after: str
    same: bool
    parameters: Sequence[Pair]
    metrics: Sequence[Pair]
    environment: Sequence[Pair]
    data: Sequence[DataChange]
    code: Sequence[CodeFile]
    steps: Sequence[StepChange]
    command: str


@operation("runs.diff", "GET", "/compare/diff", command="mainspring diff {before} {after}")
def diff(
    desk: Desk,
    before: Annotated[str, Meta(description="A run: its name, a part of it, latest, latest~1.")] = "latest~1",
    after: Annotated[str, Meta(description="Another one.")] = "latest",
) -> RunDiff:
    """What changed from one run to another: parameters, metrics, data, code line by line, environment, steps.

    By default the last two.
    """
    rows = [chosen(desk, [name])[0] for name in (before, after)]
    records, blobs = desk.platform.pipelines.records, desk.platform.store.blobs
    found = compare_runs(records, blobs, rows[0].name, rows[1].name)
    steps = [[one for one in records.steps(row.name) if one.state is not ExecutionState.SKIPPED] for row in rows]
    metrics = [
        Pair(name=name, before=one, after=two, better=direction(name))
        for name, one, two in _unlike(rows[0].metrics, rows[1].metrics)
    ]
    return RunDiff(
        before=found.before,
        after=found.after,
        same=found.same and not metrics,
        parameters=_pairs(rows[0].parameters, rows[1].parameters),
        metrics=metrics,
        environment=_pairs(*(_environment(some) for some in steps)),
        data=data_changes(desk, steps[0], steps[1]),
        code=code_files(found.code),
        steps=list(_steps(found)),
        command=f"mainspring diff {found.before} {found.after}",
    )


def _unlike(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            yield name, before.get(name), after.get(name)


def _pairs(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Pair]:
    return [Pair(name=name, before=one, after=two) for name, one, two in _unlike(before, after)]


def _environment(steps: Sequence[StepRecord]) -> dict[str, str]:
    """The interpreter, the platform, and the distributions that the code of any step imports."""
    found: dict[str, str] = {}
    for step in steps:
        part = cast("Mapping[str, Any]", step.cache_parts.get("environment") or {})
        found |= {name: str(version) for name, version in part.items()}
    return dict(sorted(found.items()))


def _steps(found: RunDifference) -> Iterator[StepChange]:
    for one in found.steps:
        if one.differences or one.outputs_changed:
            yield StepChange(
                step=one.step, why=[str(each) for each in one.differences], outputs=one.outputs_changed
            )
    for side, names in (("before", found.only_before), ("after", found.only_after)):
        for name in names:
            yield StepChange(step=name, why=(), outputs=None, only=side)
