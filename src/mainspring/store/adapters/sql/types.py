"""Declared types, kept in memory: they only ever grow, so what was read once stays true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.records import Kind, NodeType, PropertyType
from mainspring.store.adapters.sql.database import Connection, Database
from mainspring.store.evolution import merged, own
from mainspring.store.properties import check_text

_SELECT = "SELECT id, kind, name, version, base_id, properties, description FROM node_type ORDER BY id"


@dataclass(frozen=True, slots=True)
class _Known:
    """All types, read at once and replaced at once."""

    full: Mapping[int, NodeType] = field(default_factory=dict)
    own: Mapping[int, NodeType] = field(default_factory=dict)
    ids: Mapping[tuple[Kind, str, str], int] = field(default_factory=dict)


class Types:
    """The types of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known = _Known()

    def by_id(self, type_id: int) -> NodeType:
        """A type with its inherited properties."""
        found = self._known.full.get(type_id)
        if found is None:
            self._database.read(self.reload)
            found = self._known.full[type_id]
        return found

    def find(self, connection: Connection, kind: Kind, name: str, version: str) -> NodeType:
        """A type by its name.

        Raises:
            NotFoundError: If it is not declared.
        """
        key = (kind, name, version)
        if key not in self._known.ids:
            self.reload(connection)
        if key not in self._known.ids:
            known = sorted({found.name for found in self._known.full.values() if found.kind is kind})
            raise NotFoundError(
                f"there is no {kind.value} type {name!r}" + (f" of version {version!r}" if version else ""),
                expected="one of " + (", ".join(known) or "none yet"),
                fix="declare it with put_type",
            )
        return self._known.full[self._known.ids[key]]

    def all(self, kind: Kind | None) -> Sequence[NodeType]:
        """All types, oldest first."""
        self._database.read(self.reload)
        return [found for found in self._known.full.values() if kind is None or found.kind is kind]

    def put(self, wanted: NodeType) -> NodeType:
        """Declare a type, or add properties to it."""
        stored = self._known.full.get(self._known.ids.get((wanted.kind, wanted.name, wanted.version), -1))
        if stored is not None and _says_no_more(wanted, stored, self._known.own):
            return stored
        _check(wanted)
        try:
            return self._database.write(lambda connection: self._put(connection, wanted), again=lambda: True)
        except BaseException:
            self._known = _Known()  # may hold what was not committed
            raise

    def reload(self, connection: Connection) -> None:
        """Read all types again."""
        stored: dict[int, NodeType] = {}
        full: dict[int, NodeType] = {}
        for type_id, kind, name, version, base_id, properties, description in connection.execute(_SELECT):
            base = stored.get(base_id)
            stored[type_id] = NodeType(
                kind=Kind(kind),
                name=name,
                version=version,
                base=base.name if base else None,
                properties=_properties(properties),
                description=description,
                id=type_id,
            )
            inherited = full[base_id].properties if base_id is not None else {}
            full[type_id] = replace(stored[type_id], properties={**inherited, **stored[type_id].properties})
        ids = {(found.kind, found.name, found.version): type_id for type_id, found in stored.items()}
        self._known = _Known(full, stored, ids)

    def _put(self, connection: Connection, wanted: NodeType) -> NodeType:
        self.reload(connection)
        key = (wanted.kind, wanted.name, wanted.version)
        base = self._base(wanted)
        inherited = base.properties if base else {}
        if key in self._known.ids:
            stored = self._known.own[self._known.ids[key]]
            grown = merged(stored, inherited, wanted)
            self._check_heirs(stored, grown.properties)
            connection.execute(
                "UPDATE node_type SET properties = ?, description = ? WHERE id = ?",
                (_text(grown.properties), grown.description, stored.id),
            )
        else:
            fresh = own(wanted, inherited)
            connection.insert(
                "INSERT INTO node_type (kind, name, version, base_id, properties, description)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    wanted.kind.value,
                    wanted.name,
                    wanted.version,
                    base.id if base else None,
                    _text(fresh),
                    wanted.description,
                ),
            )
        self.reload(connection)
        return self._known.full[self._known.ids[key]]

    def _base(self, wanted: NodeType) -> NodeType | None:
        """The base type: the unversioned one of that name, or else the newest."""
        if wanted.base is None:
            return None
        candidates = [
            found
            for found in self._known.full.values()
            if found.kind is wanted.kind
            and found.name == wanted.base
            and (found.name, found.version) != (wanted.name, wanted.version)
        ]
        if not candidates:
            raise NotFoundError(
                f"the base type {wanted.base!r} of {wanted.kind.value} type {wanted.name!r} is not declared",
                fix="declare the base first",
            )
        return next((found for found in candidates if not found.version), candidates[-1])

    def _check_heirs(self, base: NodeType, added: Mapping[str, PropertyType]) -> None:
        """A property added to a base must not contradict a type that inherits from it, near or far."""
        for heir in self._known.own.values():
            if heir.base == base.name and heir.kind is base.kind:
                own(heir, added)
                self._check_heirs(heir, added)


def _says_no_more(wanted: NodeType, stored: NodeType, own_properties: Mapping[int, NodeType]) -> bool:
    return (
        wanted.base == stored.base
        and (
            wanted.properties == stored.properties
            or wanted.properties == own_properties[stored.id or 0].properties
        )
        and wanted.description in ("", stored.description)
    )


def _check(wanted: NodeType) -> None:
    where = f"{wanted.kind.value} type"
    check_text(wanted.name, "the name", where)
    check_text(wanted.version or None, "the version", where)
    for name, kind in wanted.properties.items():
        check_text(name, "the name of a property", f"{where} {wanted.name!r}")
        if kind not in PropertyType:
            raise InputError(
                f"property {name!r} of {where} {wanted.name!r} has type {kind!r}",
                expected="one of " + ", ".join(PropertyType),
            )


def _properties(text: str) -> dict[str, PropertyType]:
    found: dict[str, Any] = msgspec.json.decode(text)
    return {name: PropertyType(kind) for name, kind in found.items()}


def _text(properties: Mapping[str, PropertyType]) -> str:
    return msgspec.json.encode(properties).decode()
