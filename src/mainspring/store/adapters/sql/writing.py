"""Publish: nodes and links in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.records import (
    Artifact,
    Context,
    Execution,
    Kind,
    Node,
    NodeType,
    PropertyType,
    Value,
    kind_of,
)
from mainspring.store import states
from mainspring.store.adapters.sql.database import Connection, Dialect
from mainspring.store.adapters.sql.links import write_links
from mainspring.store.adapters.sql.rows import COLUMNS, READERS, SELECT
from mainspring.store.adapters.sql.types import Types
from mainspring.store.ports import Edge
from mainspring.store.properties import check, decode, encode
from mainspring.store.shapes import check_node, located, stored, title

INDEXED: Final = 128
"""The longest text property, in characters, that is indexed."""

_INSERT: Final[Mapping[Kind, str]] = {
    kind: f"INSERT INTO {kind.value} ({', '.join(columns[1:])}) VALUES ({', '.join('?' * (len(columns) - 1))})"  # noqa: S608
    for kind, columns in COLUMNS.items()
}
_UPDATE: Final[Mapping[Kind, str]] = {
    kind: f"UPDATE {kind.value} SET {', '.join(f'{column} = ?' for column in columns[2:])} WHERE id = ?"  # noqa: S608
    for kind, columns in COLUMNS.items()
}


class Publication:
    """One call of publish, while its transaction lasts.

    Attributes:
        at_work: What is being written, for the message if the database refuses it.
    """

    def __init__(self, connection: Connection, dialect: Dialect, types: Types) -> None:
        self._connection = connection
        self._dialect = dialect
        self._types = types
        self._now = dialect.now(connection)
        self._written: dict[int, Node] = {}
        self.at_work: Node | None = None

    def write(self, nodes: Sequence[Node], edges: Sequence[Edge]) -> list[Node]:
        """Write it all; gives the nodes as stored."""
        for node in nodes:
            if id(node) not in self._written:
                self.at_work = node
                self._written[id(node)] = self._node(node)
        self.at_work = None
        if edges:
            write_links(self._connection, self._dialect, edges, self._written, self._now)
        return [self._written[id(node)] for node in nodes]

    def _node(self, node: Node) -> Node:
        check_node(node)
        if node.id is not None:
            return self._update(node)
        if isinstance(node, Context):
            return self._context(node)
        return self._insert(node)

    def _insert(self, node: Node) -> Node:
        kind = kind_of(node)
        node_type = self._types.find(self._connection, kind, node.type, node.type_version)
        declared, properties, custom = self._stored(node, node_type)
        row = _row(node, node_type.id, properties, custom, self._now, self._now)
        node_id = self._connection.insert(_INSERT[kind], row)
        self._index(kind, node_id, texts(node_type, declared))
        return self._given_back(node, node_id, properties, custom, self._now)

    def _context(self, node: Context) -> Context:
        """A new context, or the one of that type and name with the properties merged into it."""
        node_type = self._types.find(self._connection, Kind.CONTEXT, node.type, node.type_version)
        read = SELECT[Kind.CONTEXT] + " WHERE n.type_id = ? AND n.name = ?"
        row = self._connection.execute(read, (node_type.id, node.name)).fetchone()
        if row is None:
            made = self._insert(node)
        elif node.properties or node.custom or node.external_id:
            row = self._connection.execute(read + self._dialect.for_update, (node_type.id, node.name)).fetchone()
            made = self.replace(row, _merged_context(READERS[Kind.CONTEXT](row, self._types), node))
        else:
            made = READERS[Kind.CONTEXT](row, self._types)
        assert isinstance(made, Context)  # noqa: S101 # for the type checker
        return made

    def _update(self, node: Node) -> Node:
        kind = kind_of(node)
        read = SELECT[kind] + " WHERE n.id = ?" + self._dialect.for_update
        row = self._connection.execute(read, (node.id,)).fetchone()
        if row is None:
            raise NotFoundError(f"there is no {kind.value} {node.id}")
        return self.replace(row, node)

    def replace(self, row: Sequence[Any], node: Node) -> Node:
        """Give a stored node the name, address, state and properties of another."""
        kind = kind_of(node)
        old = READERS[kind](row, self._types)
        if (node.type, node.type_version) != (old.type, old.type_version):
            raise InputError(
                f"the type of {title(old)} is {old.type!r}, not {node.type!r}", fix="publish it as a new one"
            )
        _check_change(old, node)
        node_type = self._types.by_id(row[1])
        declared, properties, custom = self._stored(node, node_type)
        if isinstance(node, Execution) and isinstance(old, Execution):
            node = states.with_lease_of(old, node)
        created, updated = row[-2], row[-1]
        if list(row[:-2]) == [node.id, *_row(node, row[1], properties, custom, created, updated)[:-2]]:
            return old
        values = _row(node, row[1], properties, custom, created, self._now)[1:]
        self._connection.execute(_UPDATE[kind], (*values, node.id))
        before, after = texts(node_type, old.properties), texts(node_type, declared)
        if before != after:
            unindex(self._connection, kind, node.id or 0, before)
            self._index(kind, node.id or 0, after)
        return self._given_back(node, node.id or 0, properties, custom, created)

    def _stored(self, node: Node, node_type: NodeType) -> tuple[Mapping[str, Value], str, str]:
        """Checked properties, and the stored form of both kinds of properties."""
        try:
            try:
                declared = check(node_type, node.properties)
            except InputError:
                self._types.reload(self._connection)  # another process may have added a property
                known = self._types.find(self._connection, node_type.kind, node_type.name, node_type.version)
                declared = check(known, node.properties)
            return declared, encode(declared), encode(node.custom)
        except InputError as error:
            raise located(error, title(node)) from error

    def _given_back(self, node: Node, node_id: int, properties: str, custom: str, created: int) -> Node:
        return stored(node, node_id, decode(properties), decode(custom), created / 1e6, self._now / 1e6)

    def _index(self, kind: Kind, node_id: int, values: Iterable[tuple[str, str]]) -> None:
        if kind is not Kind.CONTEXT and values:
            self._connection.executemany(
                f"INSERT INTO {kind.value}_text (name, value, node_id) VALUES (?, ?, ?)",  # noqa: S608
                [(name, value, node_id) for name, value in values],
            )


def unindex(connection: Connection, kind: Kind, node_id: int, values: Iterable[tuple[str, str]]) -> None:
    """Take the text properties of a node out of the index."""
    if kind is not Kind.CONTEXT and values:
        connection.executemany(
            f"DELETE FROM {kind.value}_text WHERE name = ? AND value = ? AND node_id = ?",  # noqa: S608
            [(name, value, node_id) for name, value in values],
        )


def texts(node_type: NodeType, properties: Mapping[str, Value]) -> list[tuple[str, str]]:
    """The properties that are indexed: declared ones that hold a short text."""
    declared = node_type.properties
    return [
        (name, value)
        for name, value in properties.items()
        if isinstance(value, str) and len(value) <= INDEXED and declared.get(name) is PropertyType.STRING
    ]


def _row(node: Node, type_id: int | None, properties: str, custom: str, created: int, updated: int) -> list[Any]:
    """All columns but the id."""
    parts: list[str | int | None]
    match node:
        case Artifact():
            parts = [node.name, node.uri, node.digest, node.state.value, properties, custom, node.external_id]
        case Execution():
            lease = None if node.lease_until is None else round(node.lease_until * 1e6)
            parts = [node.name, node.state.value, properties, custom, node.external_id, node.worker, lease]
        case Context():
            parts = [node.name, properties, custom, node.external_id]
    return [type_id, *parts, created, updated]


def _check_change(old: Node, new: Node) -> None:
    """Refuse an illegal change of state, and any change of a tombstone."""
    if isinstance(old, Artifact) and isinstance(new, Artifact):
        states.check_artifact(old.id or 0, old.state, new.state)
    elif isinstance(old, Execution) and isinstance(new, Execution):
        if old.custom == states.DELETED_CUSTOM:
            raise states.tombstone("execution", old.id or 0)
        states.check_execution(old.id or 0, old.state, new.state)


def _merged_context(old: Node, new: Context) -> Context:
    assert isinstance(old, Context)  # noqa: S101 # for the type checker
    return replace(
        old,
        properties={**old.properties, **new.properties},
        custom={**old.custom, **new.custom},
        external_id=new.external_id or old.external_id,
    )
