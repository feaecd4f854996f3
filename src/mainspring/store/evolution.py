"""How declared types may grow: properties are added, never changed or taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mainspring.core.errors import ConflictError
from mainspring.core.records import NodeType, PropertyType


def merged(stored: NodeType, inherited: Mapping[str, PropertyType], wanted: NodeType) -> NodeType:
    """The stored type, grown into the wanted one.

    Args:
        stored: As it is, with its own properties only.
        inherited: The properties of its base types.
        wanted: As it should be; may repeat inherited properties.

    Raises:
        ConflictError: If a property would change its type or vanish, or if the base would change; all
            problems at once.
    """
    problems = []
    if wanted.base != stored.base:
        problems.append(f"its base is {stored.base!r}, not {wanted.base!r}")
    for name, kind in stored.properties.items():
        if name not in wanted.properties:
            problems.append(f"property {name!r} would vanish")
        elif wanted.properties[name] != kind:
            problems.append(f"property {name!r} is {kind.value}, not {wanted.properties[name].value}")
    if problems:
        raise ConflictError(
            f"type {_title(stored)} is declared differently: " + "; ".join(problems),
            expected="the same type, or one with more properties",
            fix="declare it under a new version",
        )
    description = wanted.description or stored.description
    return replace(stored, properties=own(wanted, inherited), description=description)


def own(wanted: NodeType, inherited: Mapping[str, PropertyType]) -> dict[str, PropertyType]:
    """The properties that a type adds to those of its base types.

    Raises:
        ConflictError: If it declares an inherited property with another type.
    """
    clashes = [
        f"property {name!r} is {inherited[name].value} in its base, not {kind.value}"
        for name, kind in wanted.properties.items()
        if name in inherited and inherited[name] != kind
    ]
    if clashes:
        raise ConflictError(f"type {_title(wanted)} contradicts its base: " + "; ".join(clashes))
    return {name: PropertyType(kind) for name, kind in wanted.properties.items() if name not in inherited}


def _title(node_type: NodeType) -> str:
    return f"{node_type.kind.value} {node_type.name!r}" + (f" {node_type.version}" if node_type.version else "")
