"""What is open while a run is in motion: nodes with their units, and tries of units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from mainspring.core.records import Artifact, Execution, ExecutionState
from mainspring.pipelines.graph import Node
from mainspring.pipelines.units import NodeResult, Prepared, Slot, Unit


@dataclass
class OpenNode:
    """A node of which some units are not settled."""

    node: Node
    units: dict[str, NodeResult | None]

    @property
    def is_settled(self) -> bool:
        """Whether every unit has ended."""
        return None not in self.units.values()

    def result(self) -> NodeResult:
        """How it ended: like its only unit, or, if it fans out, like the first unit that did not end well."""
        settled = [cast("NodeResult", result) for result in self.units.values()]
        if not self.node.fans_out:
            return settled[0]
        bad = [result for result in settled if not result.good]
        if bad:
            return NodeResult(bad[0].state, reason=bad[0].reason)
        cached = all(result.state is ExecutionState.CACHED for result in settled)
        outputs: dict[str, Slot] = {
            name: [cast("Artifact | None", result.outputs.get(name)) for result in settled]
            for name in self.node.step.outputs
        }
        return NodeResult(ExecutionState.CACHED if cached else ExecutionState.COMPLETE, outputs)


@dataclass
class Attempt:
    """One try of one unit."""

    prepared: Prepared
    opened: OpenNode
    execution: Execution | None = None
    number: int = 1

    @property
    def unit(self) -> Unit:
        """What is tried."""
        return self.prepared.unit

    @property
    def task(self) -> str:
        """The name of this try, in its run."""
        return f"{self.unit.name}#{self.number}"
