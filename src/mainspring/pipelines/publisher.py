"""The publisher: the one writer of what steps did."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, cast

from mainspring.core.clock import now
from mainspring.core.records import (
    Artifact,
    Context,
    Execution,
    ExecutionState,
    LinkKind,
    Node,
    Value,
)
from mainspring.pipelines.codecs import Encoded
from mainspring.pipelines.driver import Prepared, Slot, Unit
from mainspring.pipelines.ports import Failure, Outcome
from mainspring.pipelines.recording import STEP, Recorder
from mainspring.store.ports import BlobStore, Edge


class Publisher:
    """Writes the executions of one run."""

    def __init__(
        self, recorder: Recorder, blobs: BlobStore, *, run: str, pipeline: str, context: Context, worker: str
    ) -> None:
        self._recorder = recorder
        self._blobs = blobs
        self._run = run
        self._pipeline = pipeline
        self._context = context
        self._worker = worker

    def begin(self, prepared: Prepared, *, code: Artifact, why: str, lease: float, log: str) -> Execution:
        """Record that an execution runs, with what it uses."""
        execution = dataclasses.replace(
            self._execution(prepared.unit, ExecutionState.RUNNING, prepared),
            worker=self._worker,
            lease_until=now() + lease,
        )
        execution = dataclasses.replace(execution, custom={**execution.custom, "why": why, "log": log})
        edges = [Edge(LinkKind.INPUT, code, execution, "code"), *self._inputs(prepared, execution)]
        nodes: list[Node] = [execution, *_new_nodes(edges)]
        edges.append(Edge(LinkKind.ASSOCIATION, execution, self._context))
        return cast("Execution", self._recorder.publish(nodes, edges)[0])

    def complete(
        self, execution: Execution, outcome: Outcome, attempts: int
    ) -> tuple[Execution, Mapping[str, Slot]]:
        """Move the outputs into the store and record the end, in one transaction."""
        made = {
            name: None if encoded is None else self.artifact(encoded) for name, encoded in outcome.outputs.items()
        }
        ended = dataclasses.replace(
            execution,
            state=ExecutionState.COMPLETE,
            properties={**execution.properties, "seconds": outcome.seconds, "attempts": attempts},
            worker=None,
            lease_until=None,
        )
        artifacts = [artifact for artifact in made.values() if artifact is not None]
        edges = [
            Edge(LinkKind.OUTPUT, ended, artifact, name) for name, artifact in made.items() if artifact is not None
        ]
        edges += [Edge(LinkKind.ATTRIBUTION, artifact, self._context) for artifact in artifacts]
        stored = self._recorder.publish([ended, *artifacts], edges)
        fresh = iter(cast("Sequence[Artifact]", stored[1:]))
        outputs: dict[str, Slot] = {
            name: None if artifact is None else next(fresh) for name, artifact in made.items()
        }
        return cast("Execution", stored[0]), outputs

    def artifact(self, encoded: Encoded) -> Artifact:
        """Put encoded bytes into the blob store, and describe them as an artifact that is not recorded yet."""
        if encoded.data is not None:
            digest = self._blobs.put_bytes(encoded.data)
        elif encoded.path is not None:
            digest = self._blobs.put(encoded.path, move=True)
        else:
            raise ValueError("an encoded value has neither bytes nor a path")
        return self._recorder.artifact(encoded.type, encoded.properties, uri=f"blob:{digest}", digest=digest)

    def failed(self, execution: Execution, failure: Failure, seconds: float, attempts: int) -> Execution:
        """Record a failure; nothing of the outputs is kept."""
        state = ExecutionState.CANCELED if failure.kind == "CANCELED" else ExecutionState.FAILED
        ended = dataclasses.replace(
            execution,
            state=state,
            properties={**execution.properties, "seconds": seconds, "attempts": attempts},
            custom={
                **execution.custom,
                "error": failure.error,
                "error_kind": failure.kind,
                "traceback": failure.traceback,
            },
            worker=None,
            lease_until=None,
        )
        return cast("Execution", self._recorder.publish([ended], [])[0])

    def cached(self, prepared: Prepared, original: Execution, outputs: Mapping[str, Slot]) -> Execution:
        """Record that an earlier execution's outputs stand for this one's."""
        execution = self._execution(prepared.unit, ExecutionState.CACHED, prepared)
        return self._settled(execution, outputs, {"cached_from": original.id})

    def passed(
        self,
        unit: Unit,
        state: ExecutionState,
        outputs: Mapping[str, Slot],
        custom: Mapping[str, Value],
        *,
        made: Mapping[str, Artifact] | None = None,
        used: Sequence[tuple[str, Artifact]] = (),
    ) -> tuple[Execution, Mapping[str, Slot]]:
        """Record what a resolver or an approval gave: artifacts that are there already, or that it ``made``."""
        execution = self._execution(unit, state)
        execution = dataclasses.replace(execution, custom={**execution.custom, **custom})
        edges = [Edge(LinkKind.ASSOCIATION, execution, self._context)]
        edges += [
            Edge(LinkKind.INPUT, artifact, execution, name, position)
            for position, (name, artifact) in enumerate(used)
        ]
        fresh = dict(made or {})
        edges += [Edge(LinkKind.OUTPUT, execution, artifact, name) for name, artifact in fresh.items()]
        everything = [*fresh.values(), *(a for a in _artifacts(outputs) if a.id is not None)]
        edges += [Edge(LinkKind.ATTRIBUTION, artifact, self._context) for artifact in everything]
        stored = self._recorder.publish([execution, *fresh.values()], edges)
        known = dict(zip(fresh, cast("Sequence[Artifact]", stored[1:]), strict=True))
        return cast("Execution", stored[0]), {**outputs, **known}

    def ended(self, unit: Unit, state: ExecutionState, reason: str, traceback: str = "") -> Execution:
        """Record a unit that was never run: skipped, or failed before it could begin."""
        execution = self._execution(unit, state)
        custom = {**execution.custom, "error": reason}
        if traceback:
            custom["traceback"] = traceback
        return self._settled(dataclasses.replace(execution, custom=custom), {}, {})

    def _settled(
        self, execution: Execution, outputs: Mapping[str, Slot], custom: Mapping[str, Value]
    ) -> Execution:
        execution = dataclasses.replace(execution, custom={**execution.custom, **custom})
        edges = [Edge(LinkKind.ASSOCIATION, execution, self._context)]
        edges += [Edge(LinkKind.ATTRIBUTION, artifact, self._context) for artifact in _artifacts(outputs)]
        return cast("Execution", self._recorder.publish([execution], edges)[0])

    def _execution(self, unit: Unit, state: ExecutionState, prepared: Prepared | None = None) -> Execution:
        properties: dict[str, Value] = {
            "step": unit.step.name,
            "node": unit.name,
            "run": self._run,
            "pipeline": self._pipeline,
        }
        custom: dict[str, Any] = {}
        if prepared is not None:
            properties["cache_key"] = prepared.key.digest
            custom = {"parameters": dict(prepared.parameters), "cache_parts": dict(prepared.key.parts)}
        return Execution(type=STEP, state=state, properties=properties, custom=custom)

    @staticmethod
    def _inputs(prepared: Prepared, execution: Execution) -> list[Edge]:
        used = [
            Edge(LinkKind.INPUT, artifact, execution, name, position)
            for name, artifacts in prepared.inputs.items()
            for position, artifact in enumerate(artifacts)
            if artifact is not None
        ]
        return used + [
            Edge(LinkKind.INPUT, artifact, execution, "when", position)
            for position, artifact in enumerate(prepared.conditions)
        ]


def _new_nodes(edges: Sequence[Edge]) -> list[Node]:
    fresh: dict[int, Node] = {id(edge.source): edge.source for edge in edges if edge.source.id is None}
    return [node for node in fresh.values() if isinstance(node, Artifact)]


def _artifacts(outputs: Mapping[str, Slot]) -> list[Artifact]:
    found: list[Artifact] = []
    for slot in outputs.values():
        found += [one for one in (slot if isinstance(slot, list) else [slot]) if one is not None]
    return found
