"""The publisher: the one writer of what steps did."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, cast

from mainspring.core.clock import now
from mainspring.core.records import Artifact, Context, Execution, ExecutionState, LinkKind, Value
from mainspring.pipelines.codecs import Encoded
from mainspring.pipelines.ports import Failure, Outcome
from mainspring.pipelines.recording import STEP, Recorder
from mainspring.pipelines.units import Hit, Prepared, Slot, Unit
from mainspring.store.ports import BlobStore, Edge


class Publisher:
    """Writes the executions of one run.

    What stands for something that is in the record already, cached and skipped steps, is written in one
    transaction with others of its kind: see :meth:`flush`. Nothing that is new waits.
    """

    def __init__(
        self, recorder: Recorder, blobs: BlobStore, *, run: str, pipeline: str, context: Context, worker: str
    ) -> None:
        self._recorder = recorder
        self._blobs = blobs
        self._run = run
        self._pipeline = pipeline
        self._context = context
        self._worker = worker
        self._settled: list[Execution] = []
        self._edges: list[Edge] = []

    def begin(self, prepared: Prepared, *, code: Artifact, why: str, lease: float, log: str) -> Execution:
        """Record that an execution runs, with what it uses."""
        execution = self._execution(
            prepared.unit,
            ExecutionState.RUNNING,
            prepared,
            custom={"why": why, "log": log},
            worker=self._worker,
            lease_until=now() + lease,
        )
        edges = [
            Edge(LinkKind.ASSOCIATION, execution, self._context),
            Edge(LinkKind.INPUT, code, execution, "code"),
            *_inputs(prepared, execution),
        ]
        return cast("Execution", self._recorder.publish([execution], edges)[0])

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
        ended = dataclasses.replace(
            execution,
            state=ExecutionState.CANCELED if failure.kind == "CANCELED" else ExecutionState.FAILED,
            properties={**execution.properties, "seconds": seconds, "attempts": attempts},
            custom={
                **execution.custom,
                "error": failure.error,
                "error_kind": failure.kind,
                "traceback": failure.traceback,
            },
        )
        return cast("Execution", self._recorder.publish([ended], [])[0])

    def passed(
        self,
        unit: Unit,
        state: ExecutionState,
        outputs: Mapping[str, Slot],
        custom: Mapping[str, Value],
        *,
        made: Mapping[str, Artifact] | None = None,
        used: Sequence[tuple[str, Artifact]] = (),
    ) -> Mapping[str, Slot]:
        """Record what a resolver or an approval gave: artifacts that are there already, or that it ``made``.

        Returns:
            The outputs, with those that were made as they are in the record.
        """
        execution = self._execution(unit, state, custom=custom)
        fresh = dict(made or {})
        known = {name: slot for name, slot in outputs.items() if name not in fresh}
        edges = [
            Edge(LinkKind.ASSOCIATION, execution, self._context),
            *(Edge(LinkKind.INPUT, one, execution, name, place) for place, (name, one) in enumerate(used)),
            *(Edge(LinkKind.OUTPUT, execution, artifact, name) for name, artifact in fresh.items()),
            *self._attributions({**known, **fresh}),
        ]
        stored = self._recorder.publish([execution, *fresh.values()], edges)
        return {**known, **dict(zip(fresh, cast("Sequence[Artifact]", stored[1:]), strict=True))}

    def cached(self, prepared: Prepared, hit: Hit) -> None:
        """Record, with the next flush, that an earlier execution's outputs stand for this one's."""
        execution = self._execution(
            prepared.unit, ExecutionState.CACHED, prepared, custom={"cached_from": hit.execution}
        )
        self._settle(execution, hit.outputs)

    def reused(self, unit: Unit, execution: int, outputs: Mapping[str, Slot], custom: Mapping[str, Value]) -> None:
        """Record, with the next flush, that a unit that was not chosen to run gave what it gave before."""
        made = self._execution(unit, ExecutionState.CACHED, custom={"reused_from": execution, **custom})
        self._settle(made, outputs)

    def ended(self, unit: Unit, state: ExecutionState, reason: str, traceback: str = "") -> None:
        """Record, with the next flush, a unit that was never run: skipped, or failed before it could begin."""
        custom = {"error": reason, "traceback": traceback}
        self._settle(self._execution(unit, state, custom={key: word for key, word in custom.items() if word}), {})

    def flush(self) -> None:
        """Write, in one transaction, all that was left for it."""
        if self._settled:
            nodes, edges, self._settled, self._edges = self._settled, self._edges, [], []
            self._recorder.publish(nodes, edges)

    def _settle(self, execution: Execution, outputs: Mapping[str, Slot]) -> None:
        self._settled.append(execution)
        self._edges.append(Edge(LinkKind.ASSOCIATION, execution, self._context))
        self._edges += self._attributions(outputs)

    def _attributions(self, outputs: Mapping[str, Slot]) -> list[Edge]:
        slots = [slot if isinstance(slot, list) else [slot] for slot in outputs.values()]
        found = [artifact for some in slots for artifact in some if artifact is not None]
        return [Edge(LinkKind.ATTRIBUTION, artifact, self._context) for artifact in found]

    def _execution(
        self,
        unit: Unit,
        state: ExecutionState,
        prepared: Prepared | None = None,
        *,
        custom: Mapping[str, Any],
        **lease: Any,
    ) -> Execution:
        properties: dict[str, Value] = {
            "step": unit.step.name,
            "node": unit.name,
            "run": self._run,
            "pipeline": self._pipeline,
        }
        if prepared is not None:
            properties["cache_key"] = prepared.key.digest
            asked = {"parameters": dict(prepared.parameters), "cache_parts": prepared.key.text}
            custom = {**asked, **custom}
        return Execution(type=STEP, state=state, properties=properties, custom=custom, **lease)


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
