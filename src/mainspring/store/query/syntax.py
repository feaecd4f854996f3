"""What a filter is made of, once it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from mainspring.core.records import Kind

Scalar: TypeAlias = int | float | str | bool


class Operator(StrEnum):
    """How a field is compared."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    LIKE = "LIKE"
    NOT_LIKE = "NOT LIKE"
    IN = "IN"
    NOT_IN = "NOT IN"
    IS_NULL = "IS NULL"
    IS_NOT_NULL = "IS NOT NULL"
    ISA = "ISA"
    NOT_ISA = "NOT ISA"


_PAIRS: Final = (
    (Operator.EQ, Operator.NE),
    (Operator.LT, Operator.GE),
    (Operator.GT, Operator.LE),
    (Operator.LIKE, Operator.NOT_LIKE),
    (Operator.IN, Operator.NOT_IN),
    (Operator.IS_NULL, Operator.IS_NOT_NULL),
    (Operator.ISA, Operator.NOT_ISA),
)
NEGATED: Final[Mapping[Operator, Operator]] = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}
"""The operator that holds exactly where another fails, both being about a value that is there."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A ``:name`` in a filter, and where it stands."""

    name: str
    start: int


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the node asked for, or of a neighbour.

    Attributes:
        kind: The kind of the node that has the field.
        name: A column, or ``properties``, ``custom`` or ``link``.
        path: The names within ``properties`` or ``custom``.
        alias: Which neighbour it belongs to, as ``(relation, alias)``; ``None`` for the node itself.
        text: How it was written, for messages.
        start: Where it stands in the filter.
    """

    kind: Kind
    name: str
    path: tuple[str, ...] = ()
    alias: tuple[str, str] | None = None
    text: str = ""
    start: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field, an operator, and the values to compare with (one; some for IN; none for IS NULL)."""

    field: Field
    operator: Operator
    values: tuple[Scalar | Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part holds."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Expression


@dataclass(frozen=True, slots=True)
class Exists:
    """There is a neighbour for which the part holds; the part may also speak of the node itself."""

    relation: str
    alias: str
    kind: Kind
    part: Expression


Expression: TypeAlias = Comparison | And | Or | Not | Exists

RELATIONS: Final[Mapping[Kind, Mapping[str, Kind]]] = {
    Kind.ARTIFACT: {
        "contexts": Kind.CONTEXT,
        "producers": Kind.EXECUTION,
        "consumers": Kind.EXECUTION,
        "executions": Kind.EXECUTION,
    },
    Kind.EXECUTION: {
        "contexts": Kind.CONTEXT,
        "inputs": Kind.ARTIFACT,
        "outputs": Kind.ARTIFACT,
        "artifacts": Kind.ARTIFACT,
    },
    Kind.CONTEXT: {
        "artifacts": Kind.ARTIFACT,
        "executions": Kind.EXECUTION,
        "parents": Kind.CONTEXT,
        "children": Kind.CONTEXT,
    },
}
"""The neighbours of each kind of node, and of which kind they are."""

EITHER: Final[Mapping[tuple[Kind, str], tuple[str, str]]] = {
    (Kind.ARTIFACT, "executions"): ("producers", "consumers"),
    (Kind.EXECUTION, "artifacts"): ("inputs", "outputs"),
}
"""Relations that stand for either of two."""

_EVENTS: Final = frozenset({"producers", "consumers", "inputs", "outputs"})


def along_event(kind: Kind, relation: str) -> bool:
    """Whether neighbours are linked by an event, which has a name."""
    return relation in _EVENTS or (kind, relation) in EITHER


_EVERY = {
    "id": "id",
    "type": "text",
    "type_version": "text",
    "name": "text",
    "external_id": "text",
    "created_at": "time",
    "updated_at": "time",
    "properties": "json",
    "custom": "json",
}
FIELDS: Final[Mapping[Kind, Mapping[str, str]]] = {
    Kind.ARTIFACT: {**_EVERY, "uri": "text", "digest": "text", "state": "state"},
    Kind.EXECUTION: {**_EVERY, "state": "state", "worker": "text", "lease_until": "time"},
    Kind.CONTEXT: _EVERY,
}
"""The fields of each kind of node, and what they hold."""


def holds(field: Field) -> str:
    """What a field holds: ``id``, ``text``, ``time``, ``state`` or ``json``."""
    return "text" if field.name == "link" else FIELDS[field.kind][field.name]
