"""Explaining: why a step was not cached, and what changed between two runs."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from mainspring.core.records import Artifact, ExecutionState
from mainspring.pipelines.cache import Difference, differences
from mainspring.pipelines.records import Records, StepRecord
from mainspring.store.ports import BlobStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why one execution was, or was not, taken from the cache.

    Attributes:
        summary: In one sentence.
        differences: In what its key differs from that of the execution before it.
        code_diff: The project's files, then and now, as a unified diff; empty if the code is the same.
    """

    step: str
    state: ExecutionState
    summary: str
    differences: Sequence[Difference] = ()
    code_diff: Sequence[str] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "step": self.step,
            "state": self.state.value,
            "cached": self.state is ExecutionState.CACHED,
            "summary": self.summary,
            "differences": [
                {"part": one.part, "name": one.name, "before": one.before, "after": one.after, "text": str(one)}
                for one in self.differences
            ],
            "code_diff": list(self.code_diff),
        }


def explain(records: Records, blobs: BlobStore, step: StepRecord) -> Explanation:
    """Compare an execution with the one before it in the same pipeline."""
    execution = step.execution
    if step.cached:
        origin = execution.custom.get("cached_from") or execution.custom.get("reused_from")
        words = f"cached: it repeats execution {origin}" if origin else "unchanged"
        return Explanation(step=step.node, state=step.state, summary=words)
    if "cache_parts" not in execution.custom:
        words = step.error or str(execution.custom.get("note") or "answered from the record")
        return Explanation(step=step.node, state=step.state, summary=words)
    pipeline = str(execution.properties.get("pipeline"))
    before = records.previous(pipeline, step.node, before=execution.id)
    if before is None:
        words = "it never ran before in this pipeline"
        return Explanation(step=step.node, state=step.state, summary=words)
    found = differences(before.cache_parts, step.cache_parts)
    if not found:
        words = str(execution.custom.get("why") or "its earlier outputs are gone")
        return Explanation(step=step.node, state=step.state, summary=words)
    changed = any(one.part == "code" for one in found)
    diff = code_diff(records, blobs, before, step) if changed else []
    words = f"it ran because {', '.join(dict.fromkeys(_plain(one.part) for one in found))} changed"
    return Explanation(step=step.node, state=step.state, summary=words, differences=found, code_diff=diff)


def _plain(part: str) -> str:
    return {"code": "its code", "environment": "its environment", "step": "the step itself"}.get(
        part, f"its {part}"
    )


def code_diff(records: Records, blobs: BlobStore, before: StepRecord, after: StepRecord) -> list[str]:
    """The project's files under two executions, as a unified diff."""
    return _diff(_code(records, blobs, before), _code(records, blobs, after))


def _code(records: Records, blobs: BlobStore, step: StepRecord) -> Mapping[str, str]:
    artifacts = records.inputs([step.original])[step.original].get("code", ())
    return _texts(blobs, artifacts)


def _texts(blobs: BlobStore, artifacts: Sequence[Artifact]) -> Mapping[str, str]:
    texts: dict[str, str] = {}
    for artifact in artifacts:
        digest = str(artifact.digest)
        if not blobs.exists(digest):
            continue
        for entry in blobs.entries(digest):
            with blobs.open(digest, entry.path) as file:
                texts[entry.path] = file.read().decode("utf-8", errors="replace")
    return texts


def _diff(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    lines: list[str] = []
    for name in sorted({*before, *after}):
        lines += difflib.unified_diff(
            before.get(name, "").splitlines(), after.get(name, "").splitlines(), name, name, lineterm="", n=2
        )
    return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDifference:
    """What changed for one step between two runs."""

    step: str
    differences: Sequence[Difference]
    outputs_changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDifference:
    """What changed between two runs.

    Attributes:
        parameters: Name, to the values before and after.
        data: Outside files: location, to the digests before and after.
        steps: Per step that both have, what changed in its key, and whether it gave something else.
        only_before: Steps that only the first has, or that were skipped in the second.
        only_after: The other way round.
        code: The project's files, then and now, as a unified diff.
        metrics: Figures of evaluations, to the values before and after.
    """

    before: str
    after: str
    parameters: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    data: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    steps: Sequence[StepDifference] = ()
    only_before: Sequence[str] = ()
    only_after: Sequence[str] = ()
    code: Sequence[str] = ()
    metrics: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)

    @property
    def same(self) -> bool:
        """Whether nothing at all changed."""
        changed = any(one.differences or one.outputs_changed for one in self.steps)
        return not (self.parameters or self.data or changed or self.only_before or self.only_after or self.code)


def compare_runs(records: Records, blobs: BlobStore, before: str, after: str) -> RunDifference:
    """What changed between two runs, in parameters, data, code, steps and figures.

    Raises:
        NotFoundError: If one does not exist.
    """
    runs = (records.run(before), records.run(after))
    steps = [
        {one.node: one for one in records.steps(str(run.name)) if one.state is not ExecutionState.SKIPPED}
        for run in runs
    ]
    both = [name for name in steps[1] if name in steps[0]]
    outputs = [records.outputs([one.original for one in some.values()]) for some in steps]
    inputs = [records.inputs([one.original for one in some.values()]) for some in steps]
    codes = [_texts(blobs, _named(made, "code")) for made in inputs]
    return RunDifference(
        before=str(runs[0].name),
        after=str(runs[1].name),
        parameters=_changed(*(cast("Mapping[str, Any]", run.custom.get("parameters") or {}) for run in runs)),
        data=_changed(*(_files(steps[i], inputs[i]) for i in (0, 1))),
        steps=[_step(steps[0][name], steps[1][name], outputs) for name in both],
        only_before=[name for name in steps[0] if name not in steps[1]],
        only_after=[name for name in steps[1] if name not in steps[0]],
        code=_diff(codes[0], codes[1]),
        metrics=_changed(*(_figures(made) for made in outputs)),
    )


def _named(made: Mapping[int, Mapping[str, Sequence[Artifact]]], name: str) -> Sequence[Artifact]:
    found = [artifact for some in made.values() for artifact in some.get(name, ())]
    newest = max(found, key=lambda one: one.id or 0, default=None)
    return [newest] if newest is not None else []


def _files(
    steps: Mapping[str, StepRecord], inputs: Mapping[int, Mapping[str, Sequence[Artifact]]]
) -> Mapping[str, str | None]:
    found: dict[str, str | None] = {}
    for step in steps.values():
        for name, artifacts in inputs[step.original].items():
            for artifact in artifacts:
                if artifact.type == "mainspring.File":
                    found[f"{step.node}.{name}"] = artifact.digest
    return found


def _figures(made: Mapping[int, Mapping[str, Sequence[Artifact]]]) -> Mapping[str, Any]:
    figures: dict[str, Any] = {}
    for execution in sorted(made, reverse=True):
        for artifacts in made[execution].values():
            for artifact in artifacts:
                if artifact.type == "mainspring.Evaluation":
                    figures.update({**dict(artifact.properties), **figures})
    return {name: value for name, value in figures.items() if isinstance(value, (int, float))}


def _step(
    before: StepRecord, after: StepRecord, outputs: Sequence[Mapping[int, Mapping[str, Sequence[Artifact]]]]
) -> StepDifference:
    made = [
        {name: [one.digest for one in some] for name, some in outputs[i][step.original].items()}
        for i, step in enumerate((before, after))
    ]
    return StepDifference(
        step=after.node,
        differences=differences(before.cache_parts, after.cache_parts),
        outputs_changed=made[0] != made[1],
    )


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {
        name: (before.get(name), after.get(name))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    }
