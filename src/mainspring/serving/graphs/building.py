"""Graphs of the usual kinds, in one line of Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from mainspring.core.errors import InputError
from mainspring.serving.graphs.graph import Case, Combining, Graph, Node

Part: TypeAlias = str | Node | Graph
"""A node, a graph that becomes one, or the name of a model: ``name``, ``name:version`` or ``name@label``."""


def sequence(*parts: Part, **named: Part) -> Graph:
    """Nodes one after the other: each reads what the one before it answers, the first what was asked.

    Args:
        parts: Models, named after themselves.
        named: Nodes by name, after those.

    Raises:
        InputError: If there is none, or two have one name.

    Example:
        >>> list(sequence("clean", "tokenise", "classify").nodes)
        ['clean', 'tokenise', 'classify']
    """
    nodes: dict[str, Node] = {}
    before = ""
    for name, part in [*((_name(part), part) for part in parts), *named.items()]:
        if name in nodes:
            raise InputError(f"two nodes are called {name!r}", fix="name them: sequence(first=…, second=…)")
        node = node_of(part)
        nodes[name] = _reading(node, before) if before else node
        before = name
    return Graph(nodes=nodes)


def ensemble(
    parts: Mapping[str, Part] | Sequence[str],
    *,
    combine: Combining = "average",
    weights: Sequence[float] = (),
    name: str = "combined",
) -> Graph:
    """Nodes that all answer, and one that makes one answer of theirs.

    Args:
        parts: Nodes by name, or the names of models.
        combine: How their answers become one.
        weights: With ``average`` and ``vote``, how much each counts.
        name: Of the node that combines.

    Example:
        >>> ensemble(["fast", "exact"], weights=[1, 3]).nodes["combined"].reads
        ('fast', 'exact')
    """
    nodes = _nodes(parts)
    nodes[name] = Node(combine=combine, reads=tuple(nodes), weights=tuple(weights))
    return Graph(nodes=nodes)


def switch(cases: Mapping[str, Part], *, default: Part | None = None, name: str = "switch") -> Graph:
    """One of several nodes: the first whose condition holds for what is asked.

    Args:
        cases: Nodes by their conditions, in order.
        default: What answers if none holds; without it such a request is an error.
        name: Of the node that decides.

    Example:
        >>> switch({"amount > 1000": "careful"}, default="quick").nodes["switch"].switch[0].when
        'amount > 1000'
    """
    nodes: dict[str, Node] = {}
    ways: list[Case] = []
    chosen = [*cases.items(), *([("", default)] if default is not None else [])]
    for place, (when, part) in enumerate(chosen):
        to = _free(_name(part, f"case_{place}"), nodes)
        nodes[to] = node_of(part)
        ways.append(Case(to=to, when=when))
    nodes[name] = Node(switch=tuple(ways))
    return Graph(nodes=nodes)


def splitter(
    shares: Mapping[str, float], parts: Mapping[str, Part] | None = None, *, name: str = "split"
) -> Graph:
    """One of several nodes, by chance.

    Args:
        shares: How many requests of a hundred (or of their sum) go to each, by the name of the node or model.
        parts: The nodes, where they are not models of these names.
        name: Of the node that deals.

    Example:
        >>> splitter({"old": 90, "new": 10}).nodes["new"].model
        'new'
    """
    nodes = {_name(each): node_of((parts or {}).get(each, each)) for each in shares}
    nodes[name] = Node(split={_name(each): share for each, share in shares.items()})
    return Graph(nodes=nodes)


def node_of(part: Part) -> Node:
    """A node of a model or of a graph; a node as it is."""
    if isinstance(part, Node):
        return part
    return Node(graph=part) if isinstance(part, Graph) else Node(model=part)


def _nodes(parts: Mapping[str, Part] | Sequence[str]) -> dict[str, Node]:
    if isinstance(parts, Mapping):
        return {name: node_of(part) for name, part in parts.items()}
    return {_name(part): node_of(part) for part in parts}


def _name(part: Part, otherwise: str = "") -> str:
    """The name of a node: that of its model."""
    model = part if isinstance(part, str) else part.model if isinstance(part, Node) else ""
    name = "".join(each if each.isalnum() or each in "_-" else "_" for each in model)
    if name and not (name[0].isalpha() or name[0] == "_"):
        name = f"_{name}"
    if not (name or otherwise):
        raise InputError("a node that is no model has no name", fix="give it one: sequence(first=…)")
    return name or otherwise


def _free(name: str, taken: Mapping[str, Node]) -> str:
    return next(
        each for each in (name, *(f"{name}_{place}" for place in range(len(taken) + 1))) if each not in taken
    )


def _reading(node: Node, before: str) -> Node:
    """A node that says nothing of what it reads reads the one before it."""
    given = {name: getattr(node, name) for name in node.__struct_fields__}
    return Node(**{**given, "reads": before}) if node.reads == Node().reads else node
