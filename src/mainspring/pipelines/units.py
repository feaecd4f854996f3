"""The nouns of a run in motion: units, what they are given, and how nodes end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from mainspring.core.records import Artifact, ExecutionState
from mainspring.pipelines.cache import CacheKey
from mainspring.pipelines.graph import Binding, Node
from mainspring.pipelines.steps import Step

Slot: TypeAlias = "Artifact | list[Artifact | None] | None"
"""What an output holds: an artifact, nothing, or (after a fan-out) a list."""

Results: TypeAlias = "Mapping[str, NodeResult]"
"""How nodes ended, by name."""


@dataclass(frozen=True, slots=True)
class NodeResult:
    """How a node ended.

    Attributes:
        outputs: By name; empty unless it ended well.
        said_no: It is a gate, and its answer was no.
        left_out: A condition left it out, or what it needs; nothing went wrong.
        reason: Why it was skipped, failed, held, or is waiting.
    """

    state: ExecutionState
    outputs: Mapping[str, Slot] = field(default_factory=dict)
    said_no: bool = False
    left_out: bool = False
    reason: str = ""

    @property
    def good(self) -> bool:
        """Whether its outputs can be used."""
        return self.state in (ExecutionState.COMPLETE, ExecutionState.CACHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One execution to be: a node, or one item of a node that fans out."""

    node: Node
    name: str
    bindings: Mapping[str, Binding]

    @property
    def step(self) -> Step[..., Any]:
        """The step."""
        return self.node.step

    @classmethod
    def whole(cls, node: Node) -> Unit:
        """A node as one unit."""
        return cls(node=node, name=node.name, bindings=node.bindings)


@dataclass(frozen=True, slots=True)
class Hit:
    """An earlier execution whose outputs stand for those of a unit.

    Attributes:
        execution: Its id.
        outputs: What it made, by output; all of it is still there.
    """

    execution: int
    outputs: Mapping[str, Slot]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A unit with everything it is given.

    Attributes:
        inputs: Artifacts by argument, files included.
        listed: The arguments that take a list.
        parameters: JSON values by argument.
        files: Outside files by argument.
        resources: Names of resources by argument.
        key: Its cache key.
        conditions: The artifacts on whose word it runs: gates above, verdicts and approvals.
        hit: An earlier execution with the same key, if there is one.
    """

    unit: Unit
    inputs: Mapping[str, Sequence[Artifact | None]]
    listed: frozenset[str]
    parameters: Mapping[str, Any]
    files: Mapping[str, str]
    resources: Mapping[str, str]
    key: CacheKey
    conditions: Sequence[Artifact] = ()
    hit: Hit | None = None
