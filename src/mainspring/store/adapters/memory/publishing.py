"""Publish, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mainspring.core.errors import ConflictError, InputError, NotFoundError
from mainspring.core.records import Artifact, Context, Execution, Link, LinkKind, Node, kind_of
from mainspring.store import states
from mainspring.store.adapters.memory.tables import Tables
from mainspring.store.ports import Edge
from mainspring.store.properties import check, decode, encode
from mainspring.store.shapes import check_edge, check_node, located, stored, title


def publish(tables: Tables, nodes: Sequence[Node], edges: Sequence[Edge], now: float) -> list[Node]:
    """Write nodes and links; the caller keeps the transaction."""
    written: dict[int, Node] = {}
    for node in nodes:
        if id(node) not in written:
            check_node(node)
            written[id(node)] = _write(tables, node, now)
    for edge in edges:
        check_edge(edge)
        _link(tables, edge, _end(tables, edge.source, written), _end(tables, edge.target, written), now)
    return [written[id(node)] for node in nodes]


def change(tables: Tables, node: Node, now: float) -> Node:
    """Give a stored node the name, address, state and properties of another with its id."""
    old = tables.get(kind_of(node), node.id or 0)
    if (node.type, node.type_version) != (old.type, old.type_version):
        raise InputError(
            f"the type of {title(old)} is {old.type!r}, not {node.type!r}", fix="publish it as a new one"
        )
    if isinstance(old, Artifact) and isinstance(node, Artifact):
        states.check_artifact(old.id or 0, old.state, node.state)
    if isinstance(old, Execution) and isinstance(node, Execution):
        if old.custom == states.DELETED_CUSTOM:
            raise states.tombstone("execution", old.id or 0)
        states.check_execution(old.id or 0, old.state, node.state)
        node = states.with_lease_of(old, node)
    new = _stored(tables, replace(node, created_at=old.created_at, updated_at=old.updated_at))
    if new != old:
        new = replace(new, updated_at=now)
        tables.write(new)
    return new


def _write(tables: Tables, node: Node, now: float) -> Node:
    if node.id is not None:
        return change(tables, node, now)
    new = _stored(tables, node)
    if isinstance(new, Context):
        there = tables.named(kind_of(new), new.type, new.type_version, new.name)
        if isinstance(there, Context):
            return change(tables, _merged(there, new), now)
    new = replace(new, id=tables.next_id(kind_of(node)), created_at=now, updated_at=now)
    tables.write(new)
    return new


def _stored(tables: Tables, node: Node) -> Node:
    """The node as a database would give it back."""
    kind = kind_of(node)
    node_type = tables.types.get(kind, node.type, node.type_version)
    if node_type is None:
        raise tables.types.unknown(kind, node.type, node.type_version)
    try:
        properties = decode(encode(check(node_type, node.properties)))
        custom = decode(encode(node.custom))
    except InputError as error:
        raise located(error, title(node)) from error
    return stored(node, node.id or 0, properties, custom, node.created_at, node.updated_at)


def _merged(old: Context, new: Context) -> Context:
    return replace(
        old,
        properties={**old.properties, **new.properties},
        custom={**old.custom, **new.custom},
        external_id=new.external_id or old.external_id,
    )


def _end(tables: Tables, node: Node, written: dict[int, Node]) -> int:
    found = written.get(id(node), node)
    if found.id is None:
        raise InputError(
            f"an edge ends in {title(node)}, which is not stored",
            expected="a node with an id, or one among the published nodes (the same object)",
        )
    if found.id not in tables.nodes[kind_of(found)]:
        raise NotFoundError(f"edges end in what does not exist: {kind_of(found).value} {found.id}")
    return found.id


def _link(tables: Tables, edge: Edge, source: int, target: int, now: float) -> None:
    if edge.kind is LinkKind.PARENT and source in _above(tables, target):
        raise ConflictError(
            f"context {target} cannot be a parent of context {source}: it lies within it",
            expected="parents without a cycle",
        )
    named = edge.kind in (LinkKind.INPUT, LinkKind.OUTPUT)
    tables.link(
        Link(edge.kind, source, target, edge.name if named else "", edge.position if named else 0, created_at=now)
    )


def _above(tables: Tables, context_id: int) -> set[int]:
    """A context and all that it lies within."""
    found: set[int] = set()
    waiting = [context_id]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += [link.target for link in tables.outgoing[LinkKind.PARENT, one]]
    return found
