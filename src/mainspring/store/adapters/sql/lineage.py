"""Lineage: a recursive query finds the artifacts and executions, then their links and rows are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from mainspring.core.records import Direction, Kind, Link, LinkKind, Node
from mainspring.store import walking
from mainspring.store.adapters.sql.database import Connection, Dialect
from mainspring.store.adapters.sql.links import read_links
from mainspring.store.adapters.sql.reading import read_nodes
from mainspring.store.adapters.sql.types import Types
from mainspring.store.ports import Lineage

# The tables by which a walk goes from an artifact to an execution, and on to artifacts.
_STEPS: Final = {Direction.UP: ("event_output", "event_input"), Direction.DOWN: ("event_input", "event_output")}

FEW_HOPS: Final = 8
"""Up to this many hops the query counts them: an artifact may come up once for each distance, so not for more."""

MANY: Final = 50_000
"""More hops than that are counted afterwards, unless the walk without a bound finds more than this."""

Pair = tuple[int | None, int | None]
"""An artifact, and the execution on its far side, if there is one."""


def lineage(
    connection: Connection,
    dialect: Dialect,
    types: Types,
    kind: Kind,
    ids: Sequence[int],
    direction: Direction,
    hops: int | None,
) -> Lineage:
    """What these nodes came from, led to, or both."""
    found = {Kind.ARTIFACT: set[int](), Kind.EXECUTION: set[int]()}
    found[kind].update(ids)
    if hops != 0 and ids:
        for artifact_id, execution_id in _walk(connection, dialect, kind, sorted(set(ids)), direction, hops):
            if artifact_id is not None:
                found[Kind.ARTIFACT].add(artifact_id)
            if execution_id is not None:
                found[Kind.EXECUTION].add(execution_id)
    links = _links_among(connection, dialect, found[Kind.ARTIFACT], found[Kind.EXECUTION])
    order = walking.reached(links, kind, ids, direction, walking.depth(kind, hops))
    nodes: dict[tuple[Kind, int], Node] = {}
    for each in found:
        wanted = [node_id for of_kind, node_id in order if of_kind is each]
        for node in read_nodes(connection, dialect, types, each, wanted):
            nodes[each, node.id or 0] = node
    return walking.lineage(nodes, links, order)


def walk(
    dialect: Dialect, kind: Kind, ids: Sequence[int], way: Direction, hops: int | None
) -> tuple[str, list[Any]]:
    """The statement that walks one way: gives pairs of an artifact and the execution on its far side.

    It goes from artifact to artifact, through executions. Without a bound, artifacts are told apart by their ids
    alone, so each is visited once; with one, by their ids and distances.
    """
    near, far = _STEPS[way]
    columns, first, further, bound, within = "(id)", "", "", "", ""
    if hops is not None:
        columns, further = "(id, hop)", ", w.hop + 1"
        bound, within = " WHERE w.hop < ?", " AND w.hop < ?"
    if kind is Kind.ARTIFACT:
        condition, values = dialect.among("id", ids)
        first = ", 0" if hops is not None else ""
        start = f"SELECT id{first} FROM artifact WHERE {condition}"  # noqa: S608
    else:
        condition, values = dialect.among("execution_id", ids)
        first = ", 1" if hops is not None else ""
        start = f"SELECT artifact_id{first} FROM {far} WHERE {condition}"  # noqa: S608
    statement = (
        f"WITH RECURSIVE walk {columns} AS ({start} UNION SELECT f.artifact_id{further} FROM walk w"  # noqa: S608
        f" JOIN {near} e ON e.artifact_id = w.id JOIN {far} f ON f.execution_id = e.execution_id{bound})"
        f" SELECT w.id, e.execution_id FROM walk w LEFT JOIN {near} e ON e.artifact_id = w.id{within}"
    )
    return statement, values + ([hops] * 2 if hops is not None else [])


def _walk(
    connection: Connection,
    dialect: Dialect,
    kind: Kind,
    ids: Sequence[int],
    direction: Direction,
    hops: int | None,
) -> Iterable[Pair]:
    for way in walking.ways(direction):
        if hops is None or hops <= FEW_HOPS:
            yield from connection.execute(*walk(dialect, kind, ids, way, hops))
            continue
        statement, values = walk(dialect, kind, ids, way, None)
        pairs = connection.execute(f"{statement} LIMIT {MANY}", values).fetchall()
        yield from pairs if len(pairs) < MANY else _hop_by_hop(connection, dialect, kind, ids, way, hops)


def _hop_by_hop(
    connection: Connection, dialect: Dialect, kind: Kind, ids: Sequence[int], way: Direction, hops: int
) -> Iterable[Pair]:
    """A walk that would find very much without its bound: a query for each hop, and each artifact visited once."""
    seen: set[int | None] = set(ids) if kind is Kind.ARTIFACT else set()
    edge: Sequence[int] = ids
    for _ in range(hops):
        found = list(connection.execute(*walk(dialect, kind, edge, way, 1)))
        yield from found
        kind, edge = Kind.ARTIFACT, sorted({artifact_id for artifact_id, _ in found} - seen)
        seen.update(edge)
        if not edge:
            return


def _links_among(
    connection: Connection, dialect: Dialect, artifacts: set[int], executions: set[int]
) -> list[Link]:
    """INPUT and OUTPUT links with both ends among the nodes."""
    if not artifacts or not executions:
        return []
    condition, parameters = dialect.among("execution_id", sorted(executions))
    return [
        link
        for kind in (LinkKind.INPUT, LinkKind.OUTPUT)
        for link in read_links(connection, kind, condition, parameters)
        if (link.source if kind is LinkKind.INPUT else link.target) in artifacts
    ]
