"""All declared types at one moment: how to find one, what it inherits, and how one more is added."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.records import Kind, NodeType, PropertyType
from mainspring.store.evolution import merged, own
from mainspring.store.properties import check_text

Key = tuple[Kind, str, str]
"""What identifies a type: kind, name, version."""


class Catalogue:
    """Declared types; never changes.

    Args:
        declared: Each type with its own properties only, and the id of its base type; bases come first.
    """

    def __init__(self, declared: Iterable[tuple[NodeType, int | None]] = ()) -> None:
        self._own: dict[int, NodeType] = {}
        self._bases: dict[int, int | None] = {}
        self._full: dict[int, NodeType] = {}
        self._ids: dict[Key, int] = {}
        for node_type, base_id in declared:
            type_id = node_type.id or 0
            inherited = self._full[base_id].properties if base_id is not None else {}
            self._own[type_id] = node_type
            self._bases[type_id] = base_id
            self._full[type_id] = replace(node_type, properties={**inherited, **node_type.properties})
            self._ids[node_type.kind, node_type.name, node_type.version] = type_id

    def by_id(self, type_id: int) -> NodeType | None:
        """A type with its inherited properties."""
        return self._full.get(type_id)

    def get(self, kind: Kind, name: str, version: str) -> NodeType | None:
        """A type with its inherited properties."""
        return self._full.get(self._ids.get((kind, name, version), -1))

    def all(self, kind: Kind | None = None) -> Sequence[NodeType]:
        """All types with their inherited properties, oldest first."""
        return [found for found in self._full.values() if kind is None or found.kind is kind]

    def declared(self) -> Sequence[tuple[NodeType, int | None]]:
        """What the catalogue was made of."""
        return [(found, self._bases[type_id]) for type_id, found in self._own.items()]

    def unknown(self, kind: Kind, name: str, version: str) -> NotFoundError:
        """The error for a type that is not declared."""
        known = sorted({found.name for found in self._full.values() if found.kind is kind})
        return NotFoundError(
            f"there is no {kind.value} type {name!r}" + (f" of version {version!r}" if version else ""),
            expected="one of " + (", ".join(known) or "none yet"),
            fix="declare it with put_type",
        )

    def says_no_more(self, wanted: NodeType) -> NodeType | None:
        """The declared type, if the wanted one adds nothing to it."""
        stored = self.get(wanted.kind, wanted.name, wanted.version)
        if stored is None or wanted.base != stored.base or wanted.description not in ("", stored.description):
            return None
        same = wanted.properties in (stored.properties, self._own[stored.id or 0].properties)
        return stored if same else None

    def plan(self, wanted: NodeType) -> tuple[NodeType, int | None]:
        """The type to be written, with its own properties only (and no id if it is new), and the id of its base.

        Raises:
            ConflictError: If a declared property would change its type or vanish, or contradict a related type.
            InputError: For names that cannot be kept.
            NotFoundError: If the base type is unknown.
        """
        _check(wanted)
        base = self._base(wanted)
        base_id = base.id if base else None
        inherited: Mapping[str, PropertyType] = base.properties if base else {}
        found = self._ids.get((wanted.kind, wanted.name, wanted.version))
        if found is None:
            return replace(wanted, properties=own(wanted, inherited), id=None), base_id
        grown = merged(self._own[found], inherited, wanted)
        self._check_heirs(found, grown.properties)
        return grown, base_id

    @functools.lru_cache(maxsize=4096)  # noqa: B019 # as few catalogues as types were ever declared
    def ancestry(self, kind: Kind, name: str, version: str) -> frozenset[str]:
        """The names of a type and of all it inherits from."""
        names: set[str] = set()
        found = self._ids.get((kind, name, version))
        while found is not None:
            names.add(self._own[found].name)
            found = self._bases[found]
        return frozenset(names)

    def _base(self, wanted: NodeType) -> NodeType | None:
        """The base type: that which was chosen before, or the unversioned one of that name, or the newest."""
        if wanted.base is None:
            return None
        found = self._ids.get((wanted.kind, wanted.name, wanted.version))
        chosen = self._bases.get(found) if found is not None else None
        if chosen is not None and self._own[chosen].name == wanted.base:
            return self._full[chosen]
        candidates = [
            other
            for other in self.all(wanted.kind)
            if other.name == wanted.base and (other.name, other.version) != (wanted.name, wanted.version)
        ]
        if not candidates:
            raise NotFoundError(
                f"the base type {wanted.base!r} of {wanted.kind.value} type {wanted.name!r} is not declared",
                fix="declare the base first",
            )
        return next((other for other in candidates if not other.version), candidates[-1])

    def _check_heirs(self, base_id: int, added: Mapping[str, PropertyType]) -> None:
        """A property added to a base must not contradict a type that inherits from it, near or far."""
        for heir_id, parent_id in self._bases.items():
            if parent_id == base_id:
                own(self._own[heir_id], added)
                self._check_heirs(heir_id, added)


def _check(wanted: NodeType) -> None:
    where = f"{wanted.kind.value} type"
    check_text(wanted.name, "the name", where)
    check_text(wanted.version or None, "the version", where)
    for name, kind in wanted.properties.items():
        check_text(name, "the name of a property", f"{where} {wanted.name!r}")
        if kind not in list(PropertyType):
            raise InputError(
                f"property {name!r} of {where} {wanted.name!r} has type {kind!r}",
                expected="one of " + ", ".join(PropertyType),
            )
