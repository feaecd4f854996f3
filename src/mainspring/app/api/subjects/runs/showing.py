"""One run: its steps and their states, what its gates said, what it waits for, what it gave."""

from __future__ import annotations

import shlex
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Final, cast

from mainspring.app import stories
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.shared import Shared
from mainspring.app.api.subjects.runs.nouns import Parameter, Question, RunShown, Said, StepLine, Thing, line_of
from mainspring.app.api.subjects.runs.table.reading import rows_of
from mainspring.app.api.subjects.runs.table.rows import Row, flat
from mainspring.app.api.subjects.runs.things import thing, things
from mainspring.core.records import Artifact, Execution, ExecutionState, Kind, LinkKind
from mainspring.core.verdicts import Verdict
from mainspring.pipelines.approvals import Approval
from mainspring.pipelines.explaining import explain
from mainspring.pipelines.recording import EVIDENCE
from mainspring.pipelines.records import StepRecord

_RESUMABLE: Final = frozenset({"FAILED", "HELD", "WAITING", "CANCELED", "LOST"})
_CANCELLABLE: Final = frozenset({"RUNNING", "WAITING", "HELD", "LOST"})
_GATES: Final = frozenset({"mainspring.Verdict", "mainspring.Validation"})


@operation("runs.show", "GET", "/runs/{run}", command="mainspring show {run}")
def shown(desk: Desk, run: str) -> RunShown:
    """A run: its steps, why they ran, what they gave, verdicts, questions, parameters, the model."""
    desk.platform.pipelines.abandoned()
    found = desk.platform.pipelines.records.run(run)
    name = str(found.name)
    return desk.shared.remembered(("runs", "shown", name), stamp(desk.shared, name), lambda: _shown(desk, name))


def stamp(shared: Shared, run: str) -> Hashable:
    """Another value after everything that changes what is shown of a run; empty for one that is not there."""
    records = shared.platform.pipelines.records
    found = records.store.find(
        Kind.EXECUTION, "type = 'mainspring.Run' AND name = :name", {"name": run}, limit=1
    ).items
    if not found:
        return ()
    execution = cast("Execution", found[0])
    asked = str(execution.custom.get("cancel") or "")
    return (execution.state, asked, *((one.id, one.state) for one in records.executions(run)))


def _shown(desk: Desk, name: str) -> RunShown:
    opened = desk.platform
    records = opened.pipelines.records
    story = stories.tell(records, opened.store.blobs, name)
    run, steps = story.execution, {one.node: one for one in records.steps(name)}
    row = rows_of(records.store, [run])[0]
    previous = _previous(desk, run)
    waiting = [one for one in steps.values() if one.state is ExecutionState.WAITING]
    custom, entry = run.custom, run.custom.get("entry")
    return RunShown(
        **line_of(row),
        command=_command(custom.get("command")),
        entry=str(entry.get("file") or "") if isinstance(entry, Mapping) else "",
        held=str(custom.get("held") or ""),
        cancel=_texts(custom.get("cancel")),
        steps=_lines(desk, story, steps),
        edges=story.edges,
        parameters=_parameters(row, previous, cast("Sequence[str]", custom.get("given") or ())),
        metrics=row.metrics,
        verdicts=_verdicts(desk, story),
        questions=_questions(desk, story, steps),
        previous=str(previous.name) if previous is not None else "",
        evidence=_evidence(desk, run),
        resumable=row.state in _RESUMABLE and isinstance(entry, Mapping) and not waiting,
        cancellable=row.state in _CANCELLABLE and not custom.get("cancel"),
        signed=row.state == "WAITING" and not waiting,
    )


def _previous(desk: Desk, run: Execution) -> Execution | None:
    pipeline = str(run.properties.get("pipeline"))
    found = desk.platform.pipelines.records.runs(pipeline=pipeline, limit=1, before=run.id)
    return found[0] if found else None


def _command(words: object) -> str:
    given = [str(one) for one in words] if isinstance(words, (list, tuple)) else []
    if given and given[0].endswith(("/mainspring", "main.py")):
        given[0] = "mainspring"
    return shlex.join(given)


def _texts(value: object) -> Mapping[str, str]:
    return {str(key): str(one) for key, one in value.items()} if isinstance(value, Mapping) else {}


def _lines(desk: Desk, story: stories.Story, steps: Mapping[str, StepRecord]) -> Sequence[StepLine]:
    """Every node of the graph, those that have not begun at their places."""
    opened, lines = desk.platform, []
    known = {one.name: one for one in story.steps}
    taken = _taken_from(desk, story, steps)
    for name in _order(story):
        one = known.get(name)
        if one is None:
            lines.append(StepLine(step=name, state="PENDING"))
            continue
        record = steps[name]
        why = taken.get(name) or explain(opened.pipelines.records, opened.store.blobs, record).summary
        why = "waits for a person" if one.state is ExecutionState.WAITING else why
        lines.append(
            StepLine(
                step=name,
                state=one.state.value,
                kind=_kind(one, record),
                cached=one.cached,
                seconds=one.seconds or None,
                started=one.started,
                why="" if why in (one.error, one.note) else why,
                error=one.error,
                note=one.note,
                execution=one.execution,
                outputs=things(one.outputs),
            )
        )
    return lines


def _taken_from(desk: Desk, story: stories.Story, steps: Mapping[str, StepRecord]) -> Mapping[str, str]:
    """Of steps that repeat others: in which run those ran."""
    repeated = {name: one.original for name, one in steps.items() if one.original != one.execution.id}
    if not repeated:
        return {}
    found = desk.platform.store.record.get(Kind.EXECUTION, sorted(set(repeated.values())))
    runs = {one.id: str(one.properties.get("run") or "a run that is not kept") for one in found}
    return {name: _taken(runs[number], story.name) for name, number in repeated.items()}


def _taken(of: str, run: str) -> str:
    return "it was done before this run was taken up again" if of == run else f"taken from {of}"


def _order(story: stories.Story) -> Sequence[str]:
    """The graph's order; the items of a fan-out stand where their step does."""
    graph = [str(one) for one in cast("Sequence[str]", story.execution.custom.get("nodes") or ())]
    items: dict[str, list[str]] = {}
    for one in story.steps:
        items.setdefault(one.name.partition("[")[0], []).append(one.name)
    ordered = [name for node in graph for name in items.get(node, [node])]
    return [*ordered, *(one.name for one in story.steps if one.name not in ordered)]


def _kind(step: stories.StepStory, record: StepRecord) -> str:
    if "question" in record.execution.custom:
        return "approval"
    made = {artifact.type for artifacts in step.outputs.values() for artifact in artifacts}
    return "gate" if made & _GATES else "step"


def _parameters(row: Row, previous: Execution | None, given: Sequence[str]) -> Sequence[Parameter]:
    before: Mapping[str, Any] = {}
    if previous is not None:
        before = flat(cast("Mapping[str, Any]", previous.custom.get("parameters") or {}))
    return [
        Parameter(
            name=name,
            value=value,
            before=before.get(name),
            changed=previous is not None and before.get(name) != value,
            given=name.partition(".")[0] in given,
        )
        for name, value in row.parameters.items()
    ]


def _verdicts(desk: Desk, story: stories.Story) -> Sequence[Said]:
    found = []
    for step in story.steps:
        for artifact in (one for some in step.outputs.values() for one in some if one.type in _GATES):
            value = stories.value_of(artifact, desk.platform.store.blobs)
            verdict = getattr(value, "verdict", value)
            if isinstance(verdict, Verdict):
                reasons = [dict(one) for one in verdict.as_dict()["reasons"]]
                reasons.sort(key=lambda one: bool(one["ok"]))
                found.append(Said(step=step.name, gate=verdict.gate, ok=verdict.ok, reasons=reasons))
    return found


def _questions(desk: Desk, story: stories.Story, steps: Mapping[str, StepRecord]) -> Sequence[Question]:
    found = []
    for step in story.steps:
        custom = steps[step.name].execution.custom
        if "question" not in custom:
            continue
        given = [one for some in step.outputs.values() for one in some if one.type == Approval.ARTIFACT_TYPE]
        said = dict(given[-1].properties) if given else {}
        evidence = [thing(name, one) for name, some in step.inputs.items() for one in some if name == "evidence"]
        found.append(
            Question(
                step=step.name,
                question=str(custom["question"]),
                evidence=evidence,
                answer="" if not given else "yes" if said.get("ok") else "no",
                by=str(said.get("by") or ""),
                reason=str(said.get("reason") or ""),
                at=str(said.get("at") or ""),
                since=step.started,
            )
        )
    return found


def _evidence(desk: Desk, run: Execution) -> Sequence[Thing]:
    record, number = desk.platform.store.record, cast("int", run.id)
    called = [
        one.source
        for one in record.links(Kind.EXECUTION, [number])
        if one.kind is LinkKind.INPUT and one.name == EVIDENCE
    ]
    return [thing(EVIDENCE, cast("Artifact", one)) for one in record.get(Kind.ARTIFACT, called)]
