"""Links: written by their ends, read by either end."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Final

from mainspring.core.errors import ConflictError, InputError, NotFoundError
from mainspring.core.records import Kind, Link, LinkKind, Node
from mainspring.store.adapters.sql.database import Connection, Dialect
from mainspring.store.ports import Edge
from mainspring.store.shapes import ENDS, check_edge, title

TABLES: Final[Mapping[LinkKind, tuple[str, str, str]]] = {
    LinkKind.INPUT: ("event_input", "artifact_id", "execution_id"),
    LinkKind.OUTPUT: ("event_output", "execution_id", "artifact_id"),
    LinkKind.ATTRIBUTION: ("attribution", "artifact_id", "context_id"),
    LinkKind.ASSOCIATION: ("association", "execution_id", "context_id"),
    LinkKind.PARENT: ("parent_context", "child_id", "parent_id"),
}
"""Each kind of link: its table, and the columns of its source and target."""

_NAMED: Final = frozenset({LinkKind.INPUT, LinkKind.OUTPUT})

_ABOVE: Final = (
    "WITH RECURSIVE above (id) AS (SELECT parent_id FROM parent_context WHERE child_id = ?"
    " UNION SELECT p.parent_id FROM above JOIN parent_context p ON p.child_id = above.id)"
    " SELECT 1 FROM above WHERE id = ?"
)


def write_links(
    connection: Connection,
    dialect: Dialect,
    edges: Sequence[Edge],
    written: Mapping[int, Node],
    now: int,
) -> None:
    """Write edges between nodes that were just written (known by identity) or that have an id."""
    rows: dict[LinkKind, list[tuple[int | str, ...]]] = {}
    for edge in edges:
        check_edge(edge)
        source, target = _end(edge.source, written), _end(edge.target, written)
        if edge.kind is LinkKind.PARENT:
            _write_parent(connection, dialect, source, target, now)
        elif edge.kind in _NAMED:
            rows.setdefault(edge.kind, []).append((source, target, edge.name, edge.position, now))
        else:
            rows.setdefault(edge.kind, []).append((source, target, now))
    for kind, values in rows.items():
        connection.executemany(_insert(kind, dialect.on_conflict_ignore), values)


def read_links(
    connection: Connection, kind: LinkKind, condition: str, parameters: Sequence[object]
) -> Sequence[Link]:
    """The links of one kind that satisfy a condition on the columns of its table."""
    table, source, target = TABLES[kind]
    extra = "name, position" if kind in _NAMED else "'', 0"
    found = connection.execute(
        f"SELECT {source}, {target}, {extra}, created_at FROM {table} WHERE {condition}",  # noqa: S608
        parameters,
    )
    return [
        Link(kind, start, end, name, position, created_at / 1e6)
        for start, end, name, position, created_at in found
    ]


def links_of(connection: Connection, dialect: Dialect, kind: Kind, ids: Sequence[int]) -> Sequence[Link]:
    """Every link that starts or ends in one of the nodes, by kind of link, then by its ends."""
    links: list[Link] = []
    for link_kind, (_, source, target) in TABLES.items():
        ends = ENDS[link_kind]
        found: set[Link] = set()
        for column, end in ((source, ends[0]), (target, ends[1])):
            if end is kind:
                found.update(read_links(connection, link_kind, *dialect.among(column, ids)))
        links += sorted(found, key=lambda link: (link.source, link.target, link.name, link.position))
    return links


def missing_ends(connection: Connection, edges: Sequence[Edge]) -> NotFoundError:
    """The error for edges that end in nodes that do not exist."""
    wanted = {
        (kind, end.id)
        for edge in edges
        for kind, end in zip(ENDS[edge.kind], (edge.source, edge.target), strict=True)
    }
    missing = sorted(
        f"{kind.value} {node_id}"
        for kind, node_id in wanted
        if node_id is not None
        and connection.execute(f"SELECT 1 FROM {kind.value} WHERE id = ?", (node_id,)).fetchone() is None  # noqa: S608
    )
    return NotFoundError("edges end in what does not exist: " + ", ".join(missing))


def _end(node: Node, written: Mapping[int, Node]) -> int:
    stored = written.get(id(node), node)
    if stored.id is None:
        raise InputError(
            f"an edge ends in {title(node)}, which is not stored",
            expected="a node with an id, or one among the published nodes (the same object)",
        )
    return stored.id


@functools.cache
def _insert(kind: LinkKind, on_conflict_ignore: str) -> str:
    columns = [*TABLES[kind][1:], *(("name", "position") if kind in _NAMED else ()), "created_at"]
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {TABLES[kind][0]} ({', '.join(columns)}) VALUES ({marks}){on_conflict_ignore}"  # noqa: S608


def _write_parent(connection: Connection, dialect: Dialect, child: int, parent: int, now: int) -> None:
    dialect.lock_parents(connection)
    if child == parent or connection.execute(_ABOVE, (parent, child)).fetchone():
        raise ConflictError(
            f"context {parent} cannot be a parent of context {child}: it lies within it",
            expected="parents without a cycle",
        )
    connection.executemany(_insert(LinkKind.PARENT, dialect.on_conflict_ignore), [(child, parent, now)])
