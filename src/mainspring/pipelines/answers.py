"""Nodes that are answered instead of executed: by the record, by a person, by the latest run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from mainspring.core.errors import StateError
from mainspring.core.records import Artifact, ExecutionState, Kind
from mainspring.pipelines.course import Course
from mainspring.pipelines.driver import given
from mainspring.pipelines.graph import Literal, Node
from mainspring.pipelines.records import StepRecord
from mainspring.pipelines.units import NodeResult, Slot, Unit

if TYPE_CHECKING:
    from mainspring.pipelines.resolvers import Resolved


def resolve(course: Course, node: Node) -> NodeResult:
    """Answer a resolver from the record.

    It counts as cached if the answer is the same as in the run before.
    """
    from mainspring.pipelines.resolvers import Resolving

    equipment = course.equipment
    looking = Resolving(
        metadata=equipment.metadata,
        blobs=equipment.blobs,
        pipeline=course.graph.pipeline,
        root=equipment.root,
        scratch=course.scratch / node.name,
        resources=equipment.resources,
    )
    answer: Resolved = node.step.function(**_arguments(course, node), context=looking)
    before = course.lookup.before(node.name)
    artifact = answer.artifact
    if answer.made is not None:
        artifact = _kept(course, node, course.publisher.artifact(answer.made), before)
    digest = artifact.digest if artifact is not None else None
    fresh = artifact is not None and artifact.id is None
    same = before is not None and before.execution.custom.get("resolved_digest", "") == digest
    state = ExecutionState.CACHED if same and not fresh else ExecutionState.COMPLETE
    custom: dict[str, Any] = {"note": answer.note, "resolved_digest": digest}
    if not fresh:
        custom["resolved"] = [artifact.id] if artifact is not None else []
    outputs = course.publisher.passed(
        Unit.whole(node),
        state,
        {"result": artifact},
        custom,
        made={"result": artifact} if artifact is not None and fresh else {},
        used=[("proposal", one) for one in answer.used] if fresh else (),
    )
    course.tell(node.name, state, message=answer.note)
    return NodeResult(state, outputs)


def _arguments(course: Course, node: Node) -> dict[str, Any]:
    return {
        name: binding.value if isinstance(binding, Literal) else given(binding, course.results)
        for name, binding in node.bindings.items()
    }


def _kept(course: Course, node: Node, made: Artifact, before: StepRecord | None) -> Artifact:
    """What was made, or the artifact with that content which the node gave before."""
    if before is not None and before.execution.custom.get("resolved_digest") == made.digest:
        outputs = course.recorded(before, node)
        if outputs is not None and isinstance(outputs["result"], Artifact):
            return outputs["result"]
    return made


def ask(course: Course, node: Node) -> NodeResult:
    """Take a person's answer to exactly this question, or park until there is one."""
    from mainspring.pipelines.approvals import Approval, subject_of

    values = _arguments(course, node)
    question = str(values["question"])
    evidence = [one for one in (values.get("evidence") or []) if isinstance(one, Artifact)]
    subject = subject_of(course.graph.pipeline, course.name, question, evidence)
    found = course.equipment.metadata.find(
        Kind.ARTIFACT,
        "type = :type AND properties.subject = :subject AND state = LIVE",
        {"type": Approval.ARTIFACT_TYPE, "subject": subject},
        descending=True,
        limit=1,
    ).items
    custom: dict[str, Any] = {"question": question, "subject": subject}
    if found:
        signed = cast("Artifact", found[0])
        custom["resolved"] = [signed.id]
        course.publisher.passed(Unit.whole(node), ExecutionState.CACHED, {"result": signed}, custom)
        words = "approved" if signed.properties.get("ok") else "rejected"
        course.tell(node.name, ExecutionState.CACHED, message=f"{words} by {signed.properties.get('by')}")
        return NodeResult(ExecutionState.CACHED, {"result": signed})
    used = [("evidence", one) for one in evidence]
    course.publisher.passed(Unit.whole(node), ExecutionState.WAITING, {}, custom, used=used)
    reason = f"waits for a person: {question}"
    course.tell(node.name, ExecutionState.WAITING, message=reason)
    return NodeResult(ExecutionState.WAITING, reason=reason)


def reuse(course: Course, node: Node) -> NodeResult:
    """A node that was not chosen to run: what it gave in the latest run if that is needed, or nothing.

    Raises:
        StateError: If it is needed, and there is nothing.
    """
    if node.name not in course.selection.reuse:
        return NodeResult(ExecutionState.SKIPPED, left_out=True, reason="not selected")
    found = _latest(course, node)
    outputs = [course.recorded(one, node) for one in found]
    kept = [one for one in outputs if one is not None]
    if not found or len(kept) < len(outputs):
        raise StateError(f"step {node.name!r} has no outputs from an earlier run", fix="run all steps once")
    for one, values in zip(found, kept, strict=True):
        unit = Unit(node=node, name=one.node, bindings=node.bindings)
        marks = ("resolved", "resolved_digest", "items")
        custom = {key: one.execution.custom[key] for key in marks if key in one.execution.custom}
        course.publisher.reused(unit, one.original, values, custom)
    course.tell(node.name, ExecutionState.CACHED, message="taken from the latest run")
    return NodeResult(ExecutionState.CACHED, _gathered(node, found, kept))


def _gathered(
    node: Node, found: Sequence[StepRecord], outputs: Sequence[Mapping[str, Slot]]
) -> Mapping[str, Slot]:
    if not node.fans_out:
        return outputs[0]
    items = [one for record, one in zip(found, outputs, strict=True) if record.node != node.name]
    return {name: [cast("Artifact | None", one[name]) for one in items] for name in node.step.outputs}


def _latest(course: Course, node: Node) -> Sequence[StepRecord]:
    """The latest executions of a node: one, or one for each item that it fanned out over."""
    whole = course.precedents.step(node.name)
    if not node.fans_out:
        return [whole] if whole is not None else []
    first = course.precedents.step(f"{node.name}[0]")
    if first is None or (whole is not None and (whole.execution.id or 0) > (first.execution.id or 0)):
        return [whole] if whole is not None else []  # the list was empty
    run = str(first.execution.properties["run"])
    units = [one for one in course.equipment.records.steps(run) if one.node.startswith(f"{node.name}[")]
    if not all(one.good for one in units):
        words = f"step {node.name!r} did not complete for every item in run {run}"
        raise StateError(words, fix=f"complete it: mainspring resume {run}")
    return sorted(units, key=lambda one: int(one.node.rpartition("[")[2].rstrip("]")))
