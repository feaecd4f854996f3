"""Evaluates a filter in Python, node by node: for stores without SQL, and as the oracle of those with it."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from mainspring.core.records import Kind, Node, Value
from mainspring.store.query.syntax import (
    EITHER,
    NEGATED,
    And,
    Comparison,
    Exists,
    Expression,
    Field,
    Not,
    Operator,
    Or,
    Scalar,
    holds,
)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A node next to another, and the name of the event between them."""

    node: Node
    link: str = ""


Neighbours = Callable[[str], Iterable[Neighbour]]
"""Gives the neighbours of the node in question, by the name of the relation."""

Ancestry = Callable[[Kind, str, str], frozenset[str]]
"""Gives the names of a type, by kind, name and version, and of all that it inherits from."""


def matches(expression: Expression, kind: Kind, node: Node, neighbours: Neighbours, ancestry: Ancestry) -> bool:
    """Whether a node satisfies an expression with its parameters bound."""
    return _Match(kind, Neighbour(node), neighbours, ancestry).holds(expression, {})


@dataclass(frozen=True, slots=True)
class _Match:
    kind: Kind
    node: Neighbour
    neighbours: Neighbours
    ancestry: Ancestry

    def holds(
        self, expression: Expression, bound: Mapping[tuple[str, str], Neighbour], negated: bool = False
    ) -> bool:
        match expression:
            case Comparison():
                operator = NEGATED[expression.operator] if negated else expression.operator
                owner = bound[expression.field.alias] if expression.field.alias else self.node
                return self._compare(owner, expression.field, operator, expression.values)  # type: ignore[arg-type] # bound
            case Not(part=part):
                return self.holds(part, bound, not negated)
            case And(parts=parts):
                each = (self.holds(part, bound, negated) for part in parts)
                return any(each) if negated else all(each)
            case Or(parts=parts):
                each = (self.holds(part, bound, negated) for part in parts)
                return all(each) if negated else any(each)
            case Exists(relation=relation, alias=alias, part=part):
                names = EITHER.get((self.kind, relation), (relation,))
                found = any(
                    self.holds(part, {**bound, (relation, alias): neighbour})
                    for name in names
                    for neighbour in self.neighbours(name)
                )
                return found is not negated

    def _compare(self, owner: Neighbour, field: Field, operator: Operator, values: tuple[Scalar, ...]) -> bool:
        if operator in (Operator.ISA, Operator.NOT_ISA):
            names = self.ancestry(field.kind, owner.node.type, owner.node.type_version)
            return (values[0] in names) is (operator is Operator.ISA)
        stored = _stored(owner, field)
        if operator is Operator.IS_NULL:
            return stored is None
        if operator is Operator.IS_NOT_NULL:
            return stored is not None
        return _compare(stored, operator, values)


def _stored(owner: Neighbour, field: Field) -> Value:
    """The value of a field in the form in which it is compared."""
    if field.name == "link":
        return owner.link
    value: Value = getattr(owner.node, field.name)
    for part in field.path:
        value = value.get(part) if isinstance(value, Mapping) else None
    if holds(field) == "time" and isinstance(value, int | float):
        return round(value * 1e6)
    return value


def _compare(stored: Value, operator: Operator, values: tuple[Scalar, ...]) -> bool:
    alike = [value for value in values if _type(value) == _type(stored)]
    match operator:
        case Operator.IN:
            return stored in alike
        case Operator.NOT_IN:
            # Unknown for a value of another type, so all of them must be comparable.
            return stored is not None and len(alike) == len(values) and stored not in alike
    if not alike:
        return False
    (value,) = alike
    match operator:
        case Operator.EQ:
            return stored == value
        case Operator.NE:
            return stored != value
        case Operator.LIKE:
            return _like(str(value)).fullmatch(str(stored)) is not None
        case Operator.NOT_LIKE:
            return _like(str(value)).fullmatch(str(stored)) is None
    sign = _sign(stored, value)
    return {"<": sign < 0, "<=": sign <= 0, ">": sign > 0, ">=": sign >= 0}[operator.value]


def _sign(stored: Value, value: Scalar) -> int:
    if isinstance(stored, str) and isinstance(value, str):
        return (stored > value) - (stored < value)
    if isinstance(stored, int | float) and isinstance(value, int | float):
        return (stored > value) - (stored < value)
    raise AssertionError("unreachable: values of one type")


def _type(value: Value) -> str:
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "text"
        case _:
            return "none"


@functools.lru_cache(maxsize=256)
def _like(pattern: str) -> re.Pattern[str]:
    wild = {"%": ".*", "_": "."}
    parts = [
        re.escape(found[1]) if found[1] else wild.get(found[2], re.escape(found[2]))
        for found in re.finditer(r"\\(.)|(.)", pattern, re.DOTALL)
    ]
    return re.compile("".join(parts), re.DOTALL)
