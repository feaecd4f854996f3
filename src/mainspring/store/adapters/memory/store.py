"""The record, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mainspring.core import clock as clocks
from mainspring.core.clock import Clock
from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.records import (
    Artifact,
    ArtifactState,
    Direction,
    Execution,
    ExecutionState,
    Kind,
    Link,
    LinkKind,
    Node,
    NodeType,
    Value,
)
from mainspring.store import states, walking
from mainspring.store.adapters.memory.publishing import change, publish
from mainspring.store.adapters.memory.queue import MemoryQueue
from mainspring.store.adapters.memory.tables import Tables
from mainspring.store.paging import Place, Question
from mainspring.store.ports import Edge, Lineage, Page
from mainspring.store.properties import check_text
from mainspring.store.query import Neighbour, bind, matches, parse
from mainspring.store.shapes import ENDS, check_walk

# How to get from a node to a neighbour: the kind of link, and whether the node is its source.
_WAYS: Mapping[tuple[Kind, str], tuple[LinkKind, bool]] = {
    (Kind.ARTIFACT, "contexts"): (LinkKind.ATTRIBUTION, True),
    (Kind.ARTIFACT, "producers"): (LinkKind.OUTPUT, False),
    (Kind.ARTIFACT, "consumers"): (LinkKind.INPUT, True),
    (Kind.EXECUTION, "contexts"): (LinkKind.ASSOCIATION, True),
    (Kind.EXECUTION, "inputs"): (LinkKind.INPUT, False),
    (Kind.EXECUTION, "outputs"): (LinkKind.OUTPUT, True),
    (Kind.CONTEXT, "artifacts"): (LinkKind.ATTRIBUTION, False),
    (Kind.CONTEXT, "executions"): (LinkKind.ASSOCIATION, False),
    (Kind.CONTEXT, "parents"): (LinkKind.PARENT, True),
    (Kind.CONTEXT, "children"): (LinkKind.PARENT, False),
}


def open_store(url: str = "memory:") -> MemoryStore:
    """A new, empty store.

    Args:
        url: ``memory:``.

    Raises:
        InputError: For any other URL.
    """
    if url.rstrip("/") != "memory:":
        raise InputError(f"{url!r} names no store in memory", expected="memory:")
    return MemoryStore()


class MemoryStore(MemoryQueue):
    """The :class:`mainspring.store.ports.MetadataStore` and ``Queue`` in memory, safe for threads.

    Args:
        clock: Gives the time, so that tests can let leases run out.
    """

    def __init__(self, clock: Clock = clocks.now) -> None:
        super().__init__(clock)
        self._tables = Tables()

    def put_type(self, node_type: NodeType) -> NodeType:
        """Declare a type, or add properties to it."""
        with self._lock:
            types = self._tables.types
            stored = types.says_no_more(node_type)
            if stored is not None:
                return stored
            planned, base_id = types.plan(node_type)
            declared = {found.id: (found, base) for found, base in types.declared()}
            written = replace(planned, id=planned.id or len(declared) + 1)
            declared[written.id] = (written, base_id)
            self._tables.types = types = type(types)(declared.values())
            return types.all()[(written.id or 0) - 1]

    def types(self, kind: Kind | None = None) -> Sequence[NodeType]:
        """All declared types, with inherited properties filled in."""
        with self._lock:
            return self._tables.types.all(kind)

    def publish(self, nodes: Sequence[Node] = (), edges: Sequence[Edge] = ()) -> Sequence[Node]:
        """Write nodes and links as a whole."""
        with self._lock, self._tables.transaction():
            return publish(self._tables, nodes, edges, self._now())

    def get(self, kind: Kind, ids: Sequence[int]) -> Sequence[Node]:
        """Nodes by id, in the order asked for."""
        with self._lock:
            missing = [str(node_id) for node_id in ids if node_id not in self._tables.nodes[kind]]
            if missing:
                raise NotFoundError(f"there is no {kind.value} {', '.join(missing)}")
            return [self._tables.nodes[kind][node_id] for node_id in ids]

    def find(
        self,
        kind: Kind,
        where: str = "",
        parameters: Mapping[str, Value] | None = None,
        *,
        order_by: str = "id",
        descending: bool = False,
        limit: int = 100,
        page: str | None = None,
    ) -> Page[Node]:
        """Nodes that satisfy a filter, in pages."""
        question = Question(
            kind=kind,
            where=where,
            parameters=parameters or {},
            order_by=order_by,
            descending=descending,
            limit=limit,
        )
        after = question.place(page) if page is not None else None
        with self._lock:
            found = sorted(self._matching(question), key=lambda node: _key(node, order_by), reverse=descending)
        if after is not None:
            edge = _place_key(after, order_by)
            found = [
                node
                for node in found
                if (_key(node, order_by) < edge) is descending and _key(node, order_by) != edge
            ]
        items = found[:limit]
        more = len(found) > limit
        return Page(items, question.token(_place(items[-1], order_by)) if more else None)

    def links(self, kind: Kind, ids: Sequence[int]) -> Sequence[Link]:
        """Every link that starts or ends in one of the nodes."""
        with self._lock:
            found = {
                link
                for node_id in ids
                for link_kind, ends in ENDS.items()
                for index, end in ((self._tables.outgoing, ends[0]), (self._tables.incoming, ends[1]))
                if end is kind
                for link in index[link_kind, node_id]
            }
        order = {link_kind: number for number, link_kind in enumerate(LinkKind)}
        return sorted(
            found, key=lambda link: (order[link.kind], link.source, link.target, link.name, link.position)
        )

    def lineage(
        self,
        kind: Kind,
        ids: Sequence[int],
        *,
        direction: Direction = Direction.UP,
        hops: int | None = None,
    ) -> Lineage:
        """What these artifacts or executions came from, led to, or both."""
        check_walk(kind, hops)
        with self._lock:
            self.get(kind, ids)
            links = [*self._tables.links[LinkKind.INPUT].values(), *self._tables.links[LinkKind.OUTPUT].values()]
            order = walking.reached(links, kind, ids, direction, walking.depth(kind, hops))
            nodes = {key: self._tables.nodes[key[0]][key[1]] for key in order}
        return walking.lineage(nodes, links, order)

    def transition(
        self,
        execution_id: int,
        state: ExecutionState,
        *,
        properties: Mapping[str, Value] | None = None,
        custom: Mapping[str, Value] | None = None,
    ) -> Execution:
        """Change the state of an execution, and merge properties into it."""
        with self._lock, self._tables.transaction():
            old = self._execution(execution_id)
            states.check_transition(execution_id, old.state, state)
            new = replace(
                old,
                state=state,
                properties={**old.properties, **(properties or {})},
                custom={**old.custom, **(custom or {})},
            )
            return _execution(change(self._tables, new, self._now()))

    def lease(self, execution_id: int, worker: str, seconds: float) -> Execution:
        """Take or renew the lease of an execution."""
        check_text(worker, "the worker", f"execution {execution_id}")
        if not seconds > 0:
            raise InputError(f"a lease of {seconds!r} seconds", expected="a positive number")
        with self._lock, self._tables.transaction():
            old = self._execution(execution_id)
            states.check_leasable(execution_id, old.state)
            now = self._now()
            left = (old.lease_until or 0.0) - now
            if old.worker not in (None, worker) and left >= 0:
                raise states.held(old, left)
            until = (round(now * 1e6) + round(seconds * 1e6)) / 1e6
            new = replace(old, worker=worker, lease_until=until, updated_at=now)
            self._tables.write(new)
            return new

    def reap(self) -> Sequence[Execution]:
        """Mark every RUNNING execution whose lease has run out as LOST."""
        with self._lock, self._tables.transaction():
            now = self._now()
            expired = [
                node
                for node in self._tables.nodes[Kind.EXECUTION].values()
                if isinstance(node, Execution)
                and node.state is ExecutionState.RUNNING
                and node.lease_until is not None
                and node.lease_until < now
            ]
            return [
                _execution(change(self._tables, replace(node, state=ExecutionState.LOST), now)) for node in expired
            ]

    def delete(self, kind: Kind, ids: Sequence[int]) -> None:
        """Leave tombstones of artifacts and executions; remove contexts."""
        with self._lock, self._tables.transaction():
            for node_id in sorted(set(ids)):
                node = self._tables.get(kind, node_id)
                if kind is Kind.CONTEXT:
                    self._tables.remove(kind, node_id)
                else:
                    self._tables.write(_tombstone(node, self._now()))

    def close(self) -> None:
        """Nothing to give back."""

    def _matching(self, question: Question) -> Iterable[Node]:
        nodes = self._tables.nodes[question.kind].values()
        if not question.where.strip():
            return list(nodes)
        expression = bind(parse(question.where, question.kind), question.parameters, question.where)
        ancestry = self._tables.types.ancestry
        return [
            node
            for node in nodes
            if matches(
                expression,
                question.kind,
                node,
                lambda relation, node=node: self._neighbours(question.kind, node, relation),  # type: ignore[misc] # bound now
                ancestry,
            )
        ]

    def _neighbours(self, kind: Kind, node: Node, relation: str) -> Iterable[Neighbour]:
        link_kind, is_source = _WAYS[kind, relation]
        index = self._tables.outgoing if is_source else self._tables.incoming
        far = ENDS[link_kind][1 if is_source else 0]
        for link in index[link_kind, node.id or 0]:
            other = link.target if is_source else link.source
            yield Neighbour(self._tables.nodes[far][other], link.name)

    def _execution(self, execution_id: int) -> Execution:
        return _execution(self._tables.get(Kind.EXECUTION, execution_id))


def _execution(node: Node) -> Execution:
    assert isinstance(node, Execution)  # noqa: S101 # for the type checker
    return node


def _tombstone(node: Node, now: float) -> Node:
    empty: dict[str, Any] = {"name": None, "external_id": None, "properties": {}, "updated_at": now}
    if isinstance(node, Artifact):
        return replace(node, uri=None, digest=None, state=ArtifactState.DELETED, custom={}, **empty)
    execution = _execution(node)
    states.check_deletable(execution.id or 0, execution.state)
    return replace(execution, custom=dict(states.DELETED_CUSTOM), **empty)


def _key(node: Node, order_by: str) -> tuple[bool, int | float | str, int]:
    """No name comes before every name."""
    value = None if order_by == "id" else getattr(node, order_by)
    return (value is not None, value if value is not None else 0, node.id or 0)


def _place(node: Node, order_by: str) -> Place:
    value = None if order_by == "id" else getattr(node, order_by)
    return Place(round(value * 1e6) if isinstance(value, float) else value, node.id or 0)


def _place_key(place: Place, order_by: str) -> tuple[bool, int | float | str, int]:
    value = place.value
    if isinstance(value, int) and order_by != "name":
        return (True, value / 1e6, place.node_id)
    return (value is not None, value if value is not None else 0, place.node_id)
