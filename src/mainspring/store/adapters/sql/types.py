"""Declared types, kept in memory: they only ever grow, so what was read once stays true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mainspring.core.records import Kind, NodeType, PropertyType
from mainspring.store.adapters.sql.database import Connection, Database
from mainspring.store.catalogue import Catalogue

_SELECT = "SELECT id, kind, name, version, base_id, properties, description FROM node_type ORDER BY id"
_INSERT = "INSERT INTO node_type (kind, name, version, base_id, properties, description) VALUES (?, ?, ?, ?, ?, ?)"


class Types:
    """The types of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known = Catalogue()

    def by_id(self, type_id: int) -> NodeType:
        """A type with its inherited properties."""
        found = self._known.by_id(type_id)
        if found is None:
            self._database.read(self.reload)
            found = self._known.by_id(type_id)
            assert found is not None, type_id  # noqa: S101 # a foreign key
        return found

    def find(self, connection: Connection, kind: Kind, name: str, version: str) -> NodeType:
        """A type by its name.

        Raises:
            NotFoundError: If it is not declared.
        """
        found = self._known.get(kind, name, version)
        if found is None:
            self.reload(connection)
            found = self._known.get(kind, name, version)
        if found is None:
            raise self._known.unknown(kind, name, version)
        return found

    def all(self, kind: Kind | None) -> Sequence[NodeType]:
        """All types, oldest first."""
        self._database.read(self.reload)
        return self._known.all(kind)

    def put(self, wanted: NodeType) -> NodeType:
        """Declare a type, or add properties to it."""
        stored = self._known.says_no_more(wanted)
        if stored is not None:
            return stored
        self._database.write(lambda connection: self._put(connection, wanted), again=lambda: True)
        self._database.read(self.reload)
        stored = self._known.get(wanted.kind, wanted.name, wanted.version)
        assert stored is not None  # noqa: S101 # just written
        return stored

    def reload(self, connection: Connection) -> None:
        """Read all types again."""
        self._known = _read(connection)

    def _put(self, connection: Connection, wanted: NodeType) -> None:
        planned, base_id = _read(connection).plan(wanted)
        properties = msgspec.json.encode(planned.properties).decode()
        if planned.id is None:
            key = (planned.kind.value, planned.name, planned.version)
            connection.execute(_INSERT, (*key, base_id, properties, planned.description))
        else:
            connection.execute(
                "UPDATE node_type SET properties = ?, description = ? WHERE id = ?",
                (properties, planned.description, planned.id),
            )


def _read(connection: Connection) -> Catalogue:
    names: dict[int, str] = {}
    declared: list[tuple[NodeType, int | None]] = []
    for type_id, kind, name, version, base_id, properties, description in connection.execute(_SELECT):
        names[type_id] = name
        node_type = NodeType(
            kind=Kind(kind),
            name=name,
            version=version,
            base=names.get(base_id),
            properties=_properties(properties),
            description=description,
            id=type_id,
        )
        declared.append((node_type, base_id))
    return Catalogue(declared)


def _properties(text: str) -> Mapping[str, PropertyType]:
    found: dict[str, Any] = msgspec.json.decode(text)
    return {name: PropertyType(kind) for name, kind in found.items()}
