"""The publisher: the one writer of what steps did."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

from mainspring.core.clock import now
from mainspring.core.records import Artifact, Context, Execution, ExecutionState, LinkKind, Node, Value
from mainspring.pipelines.codecs import Encoded
from mainspring.pipelines.ports import Failure, Outcome
from mainspring.pipelines.recording import STEP, Recorder
from mainspring.pipelines.units import Hit, Prepared, Slot, Unit
from mainspring.store.ports import BlobStore, Edge

N = TypeVar("N", bound=Node)


class Publisher:
    """Writes the executions of one run.

    What has ended and what begins next is collected, and written together by :meth:`flush`: one transaction takes
    a run from one step to the next. The engine flushes before it starts anything and before it waits, so nothing
    is relied upon, or lost with the process, that is not in the record.
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
        self._nodes: list[Node] = []
        self._edges: list[Edge] = []
        self._stored: dict[int, tuple[Node, Node]] = {}

    def flush(self) -> None:
        """Write all that was collected, in one transaction."""
        if self._nodes:
            nodes, edges, self._nodes, self._edges = self._nodes, self._edges, [], []
            stored = self._recorder.publish(nodes, edges)
            # The first of each pair is kept, so that its identity is not used again.
            self._stored.update((id(node), (node, kept)) for node, kept in zip(nodes, stored, strict=True))

    def known(self, node: N) -> N:
        """A node as it is in the record, once it was flushed."""
        return cast("N", self._stored[id(node)][1]) if id(node) in self._stored else node

    def outputs(self, outputs: Mapping[str, Slot]) -> Mapping[str, Slot]:
        """Outputs as they are in the record."""
        found: dict[str, Slot] = {}
        for name, slot in outputs.items():
            if isinstance(slot, list):
                found[name] = [None if one is None else self.known(one) for one in slot]
            else:
                found[name] = None if slot is None else self.known(slot)
        return found

    def begin(self, prepared: Prepared, *, code: Artifact, why: str, lease: float, log: str) -> Execution:
        """Record, with the next flush, that an execution runs, with what it uses."""
        execution = self._execution(
            prepared.unit,
            ExecutionState.RUNNING,
            prepared,
            custom={"why": why, "log": log},
            worker=self._worker,
            lease_until=now() + lease,
        )
        self._nodes.append(execution)
        self._edges += [
            Edge(LinkKind.ASSOCIATION, execution, self._context),
            Edge(LinkKind.INPUT, code, execution, "code"),
            *self._inputs(prepared, execution),
        ]
        return execution

    def complete(self, execution: Execution, outcome: Outcome, attempts: int) -> Mapping[str, Slot]:
        """Move the outputs into the blob store, and record the end with the next flush."""
        made: dict[str, Artifact | None] = {
            name: None if encoded is None else self.artifact(encoded) for name, encoded in outcome.outputs.items()
        }
        ended = dataclasses.replace(
            execution,
            state=ExecutionState.COMPLETE,
            properties={**execution.properties, "seconds": outcome.seconds, "attempts": attempts},
            custom={**execution.custom, **({"metrics": dict(outcome.metrics)} if outcome.metrics else {})},
        )
        self._nodes.append(ended)
        for name, artifact in made.items():
            if artifact is not None:
                self._nodes.append(artifact)
                self._edges.append(Edge(LinkKind.OUTPUT, ended, artifact, name))
                self._edges.append(Edge(LinkKind.ATTRIBUTION, artifact, self._context))
        return dict(made)

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
        """Record now what a resolver or an approval gave: artifacts that are there, or that it ``made``.

        Returns:
            The outputs, with those that were made as they are in the record.
        """
        self.flush()
        execution = self._execution(unit, state, custom=custom)
        fresh = dict(made or {})
        known = {name: slot for name, slot in outputs.items() if name not in fresh}
        edges = [
            Edge(LinkKind.ASSOCIATION, execution, self._context),
            *(
                Edge(LinkKind.INPUT, self.known(one), execution, name, place)
                for place, (name, one) in enumerate(used)
            ),
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

    def _settle(self, execution: Execution, outputs: Mapping[str, Slot]) -> None:
        self._nodes.append(execution)
        self._edges.append(Edge(LinkKind.ASSOCIATION, execution, self._context))
        self._edges += self._attributions(outputs)

    def _attributions(self, outputs: Mapping[str, Slot]) -> list[Edge]:
        slots = [slot if isinstance(slot, list) else [slot] for slot in outputs.values()]
        found = [self.known(artifact) for some in slots for artifact in some if artifact is not None]
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

    def _inputs(self, prepared: Prepared, execution: Execution) -> list[Edge]:
        used = [
            Edge(LinkKind.INPUT, self.known(artifact), execution, name, position)
            for name, artifacts in prepared.inputs.items()
            for position, artifact in enumerate(artifacts)
            if artifact is not None
        ]
        return used + [
            Edge(LinkKind.INPUT, self.known(artifact), execution, "when", position)
            for position, artifact in enumerate(prepared.conditions)
        ]
