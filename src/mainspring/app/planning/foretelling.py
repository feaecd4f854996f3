"""What a run would do: which steps were done before, which will run, and why. Nothing is run or written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from mainspring.app.planning.nouns import Plan, PlannedStep
from mainspring.app.platform import Mainspring
from mainspring.core.errors import MainspringError
from mainspring.core.records import Artifact, Execution, ExecutionState, Kind
from mainspring.core.records import Node as Recorded
from mainspring.pipelines.cache import differences
from mainspring.pipelines.driver import Driver
from mainspring.pipelines.graph import Graph, Node, Selection
from mainspring.pipelines.lookup import Lookup
from mainspring.pipelines.options import Kind as Answered
from mainspring.pipelines.precedents import Precedents
from mainspring.pipelines.recording import RUN, Recorder
from mainspring.pipelines.records import StepRecord
from mainspring.pipelines.units import NodeResult, Prepared, Slot
from mainspring.store.ports import Edge

_LAST = 2**62
"""An id after all others: the run that was not started comes after every run that was."""


class _Onlooker(Recorder):
    """Records nothing: what would be written is given back as it is."""

    def publish(self, nodes: Sequence[Recorded], edges: Sequence[Edge]) -> Sequence[Recorded]:
        """Nothing is written."""
        return nodes


class Foresight:
    """Walks through a graph as the engine would, without running anything.

    Args:
        opened: The platform.
        graph: What would run.
        selection: The part of it that was chosen; all of it by default.
    """

    def __init__(self, opened: Mainspring, graph: Graph, selection: Selection | None) -> None:
        record, blobs = opened.store.record, opened.store.blobs
        self._graph = graph
        self._selection = selection or Selection(run=frozenset(graph.nodes))
        self._metadata = record
        run = Execution(type=RUN, id=_LAST)
        self._precedents = Precedents(opened.pipelines.records, run, graph.pipeline)
        self._lookup = Lookup(record, blobs, self._precedents, {})
        self._driver = Driver(_Onlooker(record), blobs, opened.settings.root, self._lookup)
        self._results: dict[str, NodeResult] = {}

    def plan(self) -> Plan:
        """The run as it would go."""
        steps = [self._step(node) for node in self._graph.nodes.values()]
        known = [one.seconds for one in steps if one.fate in ("run", "perhaps") and one.seconds is not None]
        return Plan(
            pipeline=self._graph.pipeline,
            parameters=dict(self._graph.parameters),
            steps=steps,
            runs=sum(one.fate == "run" for one in steps),
            cached=sum(one.fate == "cached" for one in steps),
            seconds=sum(known) if known else None,
        )

    def _step(self, node: Node) -> PlannedStep:
        before = self._precedents.step(node.name)
        fate, why = self._fate(node, before)
        seconds = before.seconds if before is not None and before.seconds else None
        return PlannedStep(step=node.name, needs=list(node.needs), fate=fate, why=why, seconds=seconds)

    def _fate(self, node: Node, before: StepRecord | None) -> tuple[str, str]:
        if node.name not in self._selection.run:
            return self._not_chosen(node, before)
        if node.at_exit:
            return "run", "it runs at the end, however the run ends"
        unknown = [name for name in node.needs if name not in self._results]
        if unknown:
            return "perhaps", f"if {unknown[0]} gives something else than before"
        refused = self._refused(node)
        if refused:
            self._results[node.name] = NodeResult(ExecutionState.SKIPPED, left_out=True, reason=refused)
            return "skipped", refused
        if node.step.kind is not Answered.FUNCTION:
            return self._answered(node, before)
        return self._function(node, before)

    def _not_chosen(self, node: Node, before: StepRecord | None) -> tuple[str, str]:
        if node.name not in self._selection.reuse:
            self._results[node.name] = NodeResult(ExecutionState.SKIPPED, left_out=True)
            return "left out", "it was not chosen"
        outputs = self._recorded(node, before)
        if outputs is None:
            return "taken", "it has no outputs from an earlier run: run all steps once"
        self._results[node.name] = NodeResult(ExecutionState.CACHED, outputs)
        return "taken", "what it gave the last time"

    def _refused(self, node: Node) -> str:
        for gate in node.after:
            if self._results[gate].said_no:
                return f"held by {gate}"
        for condition in node.conditions:
            result = self._results[condition.ref.node]
            if result.good and self._truth(result.outputs.get(condition.ref.output)) is condition.negated:
                return f"{condition.ref.node} says {'yes' if condition.negated else 'no'}"
        missing = [one for one in node.needs if not self._results[one].good]
        return f"{missing[0]}, which it needs, does not run" if missing else ""

    def _answered(self, node: Node, before: StepRecord | None) -> tuple[str, str]:
        if node.step.kind is Answered.APPROVAL:
            return "asked", "a person is asked, unless one has answered the same before"
        outputs = self._recorded(node, before)
        if outputs is not None:
            self._results[node.name] = NodeResult(ExecutionState.CACHED, outputs)
        return "asked", "answered from the record; what follows is told as if it answers what it did before"

    def _function(self, node: Node, before: StepRecord | None) -> tuple[str, str]:
        try:
            units = self._driver.units(node, self._results)
            prepared = [self._driver.prepare(one, self._results) for one in units]
        except MainspringError as error:
            return "run", f"it will fail: {error.found}"
        fresh = [one for one in prepared if one.hit is None]
        if fresh:
            return "run", self._why(fresh[0], before)
        outputs = self._outputs(node, prepared)
        said_no = node.step.options.gate and not all(self._truth(slot) for slot in outputs.values())
        self._results[node.name] = NodeResult(ExecutionState.CACHED, outputs, said_no=said_no)
        return "cached", "it said no before, and holds the run" if said_no else "done before"

    def _outputs(self, node: Node, prepared: Sequence[Prepared]) -> Mapping[str, Slot]:
        hits = [one.hit.outputs for one in prepared if one.hit is not None]
        if not node.fans_out:
            return hits[0]
        return {name: [cast("Artifact | None", one[name]) for one in hits] for name in node.step.outputs}

    def _why(self, prepared: Prepared, before: StepRecord | None) -> str:
        if before is None or not before.cache_parts:
            return "it never ran before in this pipeline"
        parts: Mapping[str, Any] = json.loads(prepared.key.text)
        found = differences(before.cache_parts, parts)
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        if found:
            return f"{found[0]}{more}"
        return "it is never cached" if not prepared.unit.step.options.cache else "its earlier outputs are gone"

    def _truth(self, slot: Slot) -> bool:
        try:
            return self._driver.truth(slot)
        except MainspringError:
            return False

    def _recorded(self, node: Node, before: StepRecord | None) -> Mapping[str, Slot] | None:
        if before is None:
            return None
        resolved = before.execution.custom.get("resolved")
        if isinstance(resolved, list):
            found = self._metadata.get(Kind.ARTIFACT, cast("list[int]", resolved))
            return {"result": cast("Artifact", found[0]) if found else None}
        return self._lookup.outputs_of(before.original, list(node.step.outputs))
