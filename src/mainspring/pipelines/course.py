"""The course of one run: what all who work on it share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from mainspring.core.errors import MainspringError
from mainspring.core.records import Artifact, Context, Execution, ExecutionState, Kind
from mainspring.pipelines.driver import Driver
from mainspring.pipelines.equipment import Equipment
from mainspring.pipelines.events import Event
from mainspring.pipelines.executor import failure_of
from mainspring.pipelines.graph import Graph, Node, Selection
from mainspring.pipelines.lookup import Lookup
from mainspring.pipelines.precedents import Precedents
from mainspring.pipelines.publisher import Publisher
from mainspring.pipelines.records import StepRecord
from mainspring.pipelines.units import NodeResult, Slot, Unit


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended.

    Attributes:
        run: Its name.
        nodes: How each node ended, in the order of the graph.
    """

    run: str
    state: ExecutionState
    nodes: Mapping[str, NodeResult]
    seconds: float = 0.0


class Course:
    """One run from its start to its end, in this process.

    Attributes:
        worker: The name under which its leases are held.
        results: How nodes ended, so far.
        stop: Why it must stop, if it must.
        held: Which gate holds it, in words, if one does.
        final: How it ended; what steps at exit are told.
    """

    def __init__(
        self,
        equipment: Equipment,
        graph: Graph,
        execution: Execution,
        context: Context,
        selection: Selection | None,
        own: Mapping[str, StepRecord],
    ) -> None:
        self.equipment = equipment
        self.graph = graph
        self.execution = execution
        self.name = str(execution.name)
        self.worker = str(execution.worker)
        self.selection = selection or Selection(run=frozenset(graph.nodes))
        self.precedents = Precedents(equipment.records, execution, graph.pipeline)
        self.lookup = Lookup(equipment.metadata, equipment.blobs, self.precedents, own)
        self.driver = Driver(equipment.recorder, equipment.blobs, equipment.root, self.lookup)
        self.publisher = Publisher(
            equipment.recorder,
            equipment.blobs,
            run=self.name,
            pipeline=graph.pipeline,
            context=context,
            worker=self.worker,
        )
        self.logs = equipment.home / "runs" / self.name
        self.scratch = equipment.scratch_of(self.name) / self.worker.rpartition(":")[2]
        self.results: dict[str, NodeResult] = {}
        self.stop = ""
        self.held = ""
        self.final = ExecutionState.RUNNING

    def tell(
        self, node: str, state: ExecutionState, *, message: str = "", seconds: float = 0.0, attempt: int = 1
    ) -> None:
        """Tell the listener."""
        self.equipment.listener(
            Event(run=self.name, node=node, state=state, message=message, seconds=seconds, attempt=attempt)
        )

    def status(self) -> Mapping[str, Any]:
        """What steps at exit are told."""
        failed = {
            name: result.reason for name, result in self.results.items() if result.state is ExecutionState.FAILED
        }
        return {"run": self.name, "state": str(self.final), "failed": failed}

    def skip(self, node: Node, reason: str, *, left_out: bool = False) -> NodeResult:
        """Record that a node is not run."""
        self.publisher.ended(Unit.whole(node), ExecutionState.SKIPPED, reason)
        self.tell(node.name, ExecutionState.SKIPPED, message=reason)
        return NodeResult(ExecutionState.SKIPPED, left_out=left_out, reason=reason)

    def fail(self, unit: Unit, error: Exception) -> NodeResult:
        """Record that a unit failed before it could begin."""
        failure = failure_of(error)
        traceback = "" if isinstance(error, MainspringError) else failure.traceback
        self.publisher.ended(unit, ExecutionState.FAILED, failure.error, traceback)
        self.tell(unit.name, ExecutionState.FAILED, message=failure.error)
        return NodeResult(ExecutionState.FAILED, reason=failure.error)

    def recorded(self, record: StepRecord, node: Node) -> Mapping[str, Slot] | None:
        """What an execution of a node gave, executed or answered, if it is still there."""
        resolved = record.execution.custom.get("resolved")
        if isinstance(resolved, list):
            found = self.equipment.metadata.get(Kind.ARTIFACT, cast("list[int]", resolved))
            return {"result": cast("Artifact", found[0]) if found else None}
        return self.lookup.outputs_of(record.original, list(node.step.outputs))
