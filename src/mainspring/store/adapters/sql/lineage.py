"""Lineage: one recursive query finds the artifacts and executions, then their rows and links are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.core.records import Direction, Kind, Link, LinkKind
from mainspring.store.adapters.sql.database import Connection, Dialect
from mainspring.store.adapters.sql.links import read_links
from mainspring.store.adapters.sql.reading import read_nodes
from mainspring.store.adapters.sql.types import Types
from mainspring.store.ports import Lineage
from mainspring.store.walking import in_order

# (near, far): the table and column by which a walk goes from an artifact to an execution, and on to artifacts.
_STEPS = {Direction.UP: ("event_output", "event_input"), Direction.DOWN: ("event_input", "event_output")}


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
    starts = [(kind, node_id) for node_id in dict.fromkeys(ids)]
    found = {Kind.ARTIFACT: set[int](), Kind.EXECUTION: set[int]()}
    found[kind].update(ids)
    if hops != 0 and ids:
        sql, parameters = walk(dialect, kind, list(dict.fromkeys(ids)), direction, hops)
        for artifact_id, execution_id in connection.execute(sql, parameters):
            if artifact_id is not None:
                found[Kind.ARTIFACT].add(artifact_id)
            if execution_id is not None:
                found[Kind.EXECUTION].add(execution_id)
    nodes = {
        (each, node.id or 0): node
        for each, members in found.items()
        if members
        for node in read_nodes(connection, dialect, types, each, sorted(members))
    }
    return in_order(nodes, _links_among(connection, dialect, found), starts, direction)


def walk(
    dialect: Dialect, kind: Kind, ids: Sequence[int], direction: Direction, hops: int | None
) -> tuple[str, list[Any]]:
    """The statement that walks: gives pairs of an artifact and the execution on its far side, if there is one.

    The walk goes from artifact to artifact, through executions. Without a bound, artifacts are told apart by their
    ids alone, so each is visited once; with one, by their ids and distances.
    """
    ways = [Direction.UP, Direction.DOWN] if direction is Direction.BOTH else [direction]
    parts: list[str] = []
    tables: list[str] = []
    parameters: list[Any] = []
    for way in ways:
        near, far = _STEPS[way]
        if kind is Kind.ARTIFACT:
            condition, values = dialect.among("id", ids)
            start = f"SELECT id{', 0' if hops is not None else ''} FROM artifact WHERE {condition}"  # noqa: S608
        else:
            condition, values = dialect.among("execution_id", ids)
            start = f"SELECT artifact_id{', 1' if hops is not None else ''} FROM {far} WHERE {condition}"  # noqa: S608
        columns, further, bound, within = "(id)", "", "", ""
        if hops is not None:
            columns, further = "(id, hop)", ", w.hop + 1"
            bound, within = " WHERE w.hop < ?", " AND w.hop < ?"
        tables.append(
            f"{way.value}_walk {columns} AS ({start} UNION SELECT f.artifact_id{further} FROM {way.value}_walk w"  # noqa: S608
            f" JOIN {near} e ON e.artifact_id = w.id JOIN {far} f ON f.execution_id = e.execution_id{bound})"
        )
        parts.append(
            f"SELECT w.id, e.execution_id FROM {way.value}_walk w"  # noqa: S608
            f" LEFT JOIN {near} e ON e.artifact_id = w.id{within}"
        )
        parameters += values + ([hops] if hops is not None else [])
    parameters += [hops] * len(ways) if hops is not None else []
    return f"WITH RECURSIVE {', '.join(tables)} {' UNION ALL '.join(parts)}", parameters


def _links_among(connection: Connection, dialect: Dialect, found: Mapping[Kind, set[int]]) -> list[Link]:
    """INPUT and OUTPUT links with both ends among the nodes."""
    artifacts, executions = found[Kind.ARTIFACT], found[Kind.EXECUTION]
    if not artifacts or not executions:
        return []
    condition, parameters = dialect.among("execution_id", sorted(executions))
    return [
        link
        for kind, end in ((LinkKind.INPUT, "source"), (LinkKind.OUTPUT, "target"))
        for link in read_links(connection, kind, condition, parameters)
        if getattr(link, end) in artifacts
    ]
