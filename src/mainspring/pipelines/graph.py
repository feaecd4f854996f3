"""The graph of a pipeline: nodes, what they need, and in which order they may run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.records import Value
from mainspring.pipelines.steps import Step


@dataclass(frozen=True, slots=True)
class Ref:
    """One output of a node."""

    node: str
    output: str = "result"


@dataclass(frozen=True, slots=True)
class Literal:
    """A parameter value that is known when the graph is built."""

    value: Any


@dataclass(frozen=True, slots=True)
class Gather:
    """A list of outputs, given to one argument."""

    refs: tuple[Ref, ...]


@dataclass(frozen=True, slots=True)
class Each:
    """An argument over which a step fans out: a list that is known, or the list that a node will give."""

    over: Ref | Literal | Gather


Binding: TypeAlias = Ref | Literal | Gather | Each


@dataclass(frozen=True, slots=True)
class Condition:
    """A node runs only if this output is true (or, negated, false)."""

    ref: Ref
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """One use of a step in a pipeline.

    Attributes:
        bindings: What each argument of the step is given.
        conditions: All must hold, else the node is skipped.
        after: Nodes that must have succeeded before, beside those whose outputs are used: the gates above.
        at_exit: It runs when everything else has ended, however it ended.
    """

    name: str
    step: Step[..., Any]
    bindings: Mapping[str, Binding] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
    after: tuple[str, ...] = ()
    at_exit: bool = False

    @property
    def refs(self) -> Iterator[Ref]:
        """Every output of another node that this one reads."""
        for binding in self.bindings.values():
            yield from _refs(binding)
        for condition in self.conditions:
            yield condition.ref

    @property
    def needs(self) -> tuple[str, ...]:
        """The names of the nodes that come before this one."""
        return tuple(dict.fromkeys([*(ref.node for ref in self.refs), *self.after]))

    @property
    def fans_out(self) -> bool:
        """Whether one run of this node is many executions."""
        return any(isinstance(binding, Each) for binding in self.bindings.values())


def _refs(binding: Binding) -> Iterator[Ref]:
    if isinstance(binding, Ref):
        yield binding
    elif isinstance(binding, Gather):
        yield from binding.refs
    elif isinstance(binding, Each):
        yield from _refs(binding.over)


@dataclass(frozen=True, slots=True)
class Graph:
    """A pipeline with its parameters filled in: nodes in the order in which they were written.

    Attributes:
        pipeline: The name of the pipeline.
        parameters: The values with which it was built, as JSON.
        nodes: By name. Every node comes after the nodes it needs: the order of writing is a topological one.
        sources: The files that the pipeline is written in; kept with every run.
    """

    pipeline: str
    parameters: Mapping[str, Value]
    nodes: Mapping[str, Node]
    sources: frozenset[Path] = frozenset()

    def dependants(self, name: str) -> set[str]:
        """The nodes that need this one, directly or not."""
        found: set[str] = set()
        for node in self.nodes.values():
            if name in node.needs or found.intersection(node.needs):
                found.add(node.name)
        return found

    def ancestors(self, name: str) -> set[str]:
        """The nodes that this one needs, directly or not."""
        found: set[str] = set()
        todo = list(self.nodes[name].needs)
        while todo:
            current = todo.pop()
            if current not in found:
                found.add(current)
                todo.extend(self.nodes[current].needs)
        return found

    def check(self, names: Iterable[str]) -> None:
        """Refuse names that are no nodes of this graph.

        Raises:
            NotFoundError: With the names there are.
        """
        unknown = [name for name in names if name not in self.nodes]
        if unknown:
            raise NotFoundError(
                f"pipeline {self.pipeline!r} has no step {', '.join(map(repr, unknown))}",
                expected="one of " + ", ".join(self.nodes),
            )

    def edges(self) -> Sequence[tuple[str, str, str]]:
        """``(from, to, output)`` for every use of an output, and ``(gate, node, "")`` for every gate above."""
        found: dict[tuple[str, str, str], None] = {}
        for node in self.nodes.values():
            used = set()
            for ref in node.refs:
                found[ref.node, node.name, "" if ref.output == "result" else ref.output] = None
                used.add(ref.node)
            for gate in node.after:
                if gate not in used and not used & self.dependants(gate):
                    found[gate, node.name, ""] = None
        return list(found)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which nodes of a graph to run; what they need from the others is taken from the latest run.

    Attributes:
        run: The nodes to run.
        reuse: The nodes whose latest outputs are taken as they are.
    """

    run: frozenset[str]
    reuse: frozenset[str] = frozenset()


def select(
    graph: Graph, *, start: Sequence[str] = (), end: Sequence[str] = (), only: Sequence[str] = ()
) -> Selection:
    """The part of a graph that runs. Steps at exit always do.

    Args:
        graph: The whole graph.
        start: Run these and everything after them; take what lies before from the latest run.
        end: Run nothing that these do not need.
        only: Run just these.

    Raises:
        NotFoundError: For a name that is no node.
        InputError: If ``only`` comes with ``start`` or ``end``, or nothing is left to run.
    """
    graph.check([*start, *end, *only])
    if only and (start or end):
        raise InputError("--only was given together with --from or --to", expected="one or the other")
    last = {node.name for node in graph.nodes.values() if node.at_exit}
    chosen = (set(only) if only else set(graph.nodes)) - last
    if start:
        chosen &= set(start).union(*(graph.dependants(name) for name in start))
    if end:
        chosen &= set(end).union(*(graph.ancestors(name) for name in end))
    if not chosen:
        raise InputError(
            "no step lies between the given ones", where=f"--from {' '.join(start)} --to {' '.join(end)}"
        )
    before = {need for name in chosen for need in graph.nodes[name].needs} - chosen
    return Selection(run=frozenset(chosen | last), reuse=frozenset(before))
