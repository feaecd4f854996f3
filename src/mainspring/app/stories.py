"""Reads a run back from the record as one plain value: what the command line, JSON and pages tell of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from mainspring.core.errors import MainspringError
from mainspring.core.records import Artifact, ArtifactState, Execution, ExecutionState
from mainspring.core.verdicts import Verdict
from mainspring.pipelines.codecs import decode
from mainspring.pipelines.records import Records, StepRecord
from mainspring.store.ports import BlobStore

_JUDGED = {"mainspring.Verdict", "mainspring.Validation"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStory:
    """One node of a run."""

    name: str
    state: ExecutionState
    cached: bool = False
    seconds: float = 0.0
    why: str = ""
    error: str = ""
    note: str = ""
    started: float = 0.0
    log: str = ""
    execution: int | None = None
    inputs: Mapping[str, Sequence[Artifact]] = field(default_factory=dict)
    outputs: Mapping[str, Sequence[Artifact]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A run, read back.

    Attributes:
        execution: The run itself.
        steps: Its nodes in the order of the pipeline.
        edges: ``(from, to, output)``.
        verdicts: What its gates said, in order.
        model: The version it registered, if any.
    """

    execution: Execution
    steps: Sequence[StepStory]
    edges: Sequence[tuple[str, str, str]]
    verdicts: Sequence[Verdict]
    model: Mapping[str, Any] | None

    @property
    def name(self) -> str:
        """The run's name."""
        return str(self.execution.name)

    @property
    def verdict(self) -> Verdict | None:
        """All verdicts as one."""
        return self.verdicts[0].merge(*self.verdicts[1:]) if self.verdicts else None

    def artifacts(self, type_name: str) -> Sequence[Artifact]:
        """What the run's steps gave, of one type, in order."""
        return [
            artifact
            for step in self.steps
            for artifacts in step.outputs.values()
            for artifact in artifacts
            if artifact.type == type_name
        ]

    def as_dict(self) -> dict[str, Any]:
        """The object that ``mainspring run --json`` ends with."""
        verdict = self.verdict
        return {
            "run": self.name,
            "pipeline": self.execution.properties.get("pipeline"),
            "state": self.execution.state.value,
            "seconds": self.execution.custom.get("seconds"),
            "parameters": self.execution.custom.get("parameters"),
            "steps": [
                {
                    "name": step.name,
                    "state": step.state.value,
                    "cached": step.cached,
                    "seconds": step.seconds,
                    **({"error": step.error} if step.error else {}),
                }
                for step in self.steps
            ],
            "verdict": None
            if verdict is None
            else {
                "ok": verdict.ok,
                "reasons": [
                    reason
                    for one in self.verdicts
                    for reason in ({**each, "gate": one.gate} for each in one.as_dict()["reasons"])
                ],
            },
            "model": None if self.model is None else dict(self.model),
        }


def tell(records: Records, blobs: BlobStore, reference: str = "latest") -> Story:
    """Read a run back.

    Raises:
        NotFoundError: If there is no such run.
    """
    execution = records.run(reference)
    found = {one.node: one for one in records.steps(str(execution.name))}
    order = [str(node) for node in cast("Sequence[str]", execution.custom.get("nodes") or [])]
    names = [name for name in order if name in found] + [name for name in found if name not in order]
    names.sort(key=lambda name: order.index(name.partition("[")[0]) if name.partition("[")[0] in order else 0)
    sources = {name: _source(found[name]) for name in names}
    outputs, inputs = records.outputs(sources.values()), records.inputs(sources.values())
    resolved = _resolved(records, found)
    steps = [
        _step(found[name], inputs[sources[name]], {**outputs[sources[name]], **resolved.get(name, {})})
        for name in names
    ]
    edges = [
        (str(one[0]), str(one[1]), str(one[2]))
        for one in cast("Sequence[Sequence[str]]", execution.custom.get("edges") or [])
    ]
    verdicts = [verdict for step in steps for verdict in _verdicts(step, blobs)]
    return Story(execution=execution, steps=steps, edges=edges, verdicts=verdicts, model=_model(steps))


def _source(record: StepRecord) -> int:
    return int(cast("int", record.execution.custom.get("reused_from") or record.original))


def _resolved(records: Records, found: Mapping[str, StepRecord]) -> dict[str, dict[str, Sequence[Artifact]]]:
    wanted = {
        name: cast("list[int]", one.execution.custom["resolved"])
        for name, one in found.items()
        if one.execution.custom.get("resolved")
    }
    from mainspring.core.records import Kind

    return {
        name: {"result": cast("Sequence[Artifact]", records.store.get(Kind.ARTIFACT, ids))}
        for name, ids in wanted.items()
    }


def _step(
    record: StepRecord, inputs: Mapping[str, Sequence[Artifact]], outputs: Mapping[str, Sequence[Artifact]]
) -> StepStory:
    custom = record.execution.custom
    return StepStory(
        name=record.node,
        state=record.state,
        cached=record.cached,
        seconds=record.seconds,
        why=str(custom.get("why") or ""),
        error=record.error or "",
        note=str(custom.get("note") or ""),
        started=record.execution.created_at,
        log=str(custom.get("log") or ""),
        execution=record.execution.id,
        inputs=inputs,
        outputs=outputs,
    )


def _verdicts(step: StepStory, blobs: BlobStore) -> Sequence[Verdict]:
    found = []
    for artifacts in step.outputs.values():
        for artifact in artifacts:
            if artifact.type in _JUDGED:
                value = value_of(artifact, blobs)
                verdict = getattr(value, "verdict", value)
                if isinstance(verdict, Verdict):
                    found.append(verdict)
    return found


def _model(steps: Sequence[StepStory]) -> Mapping[str, Any] | None:
    for step in steps:
        for artifacts in step.outputs.values():
            for artifact in artifacts:
                if artifact.type == "mainspring.ModelVersion":
                    return {
                        "name": artifact.properties.get("name"),
                        "version": artifact.properties.get("version"),
                    }
    return None


def value_of(artifact: Artifact, blobs: BlobStore) -> Any:
    """Load an artifact's value; ``None`` if its bytes are gone or nobody can read its type."""
    if artifact.state is not ArtifactState.LIVE or not artifact.digest:
        return None
    try:
        return decode(artifact.type, Path(blobs.local(artifact.digest)), None)
    except MainspringError:
        return None
