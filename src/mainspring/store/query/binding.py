"""Binds aliases: which conditions are about one and the same neighbour."""

from __future__ import annotations

from mainspring.core.records import Kind
from mainspring.store.query.syntax import RELATIONS, And, Comparison, Exists, Expression, Not, Or

_Alias = tuple[str, str]


def bind_aliases(expression: Expression, kind: Kind, bound: frozenset[_Alias] = frozenset()) -> Expression:
    """The expression with an :class:`Exists` around all that is about one neighbour.

    An alias is bound by the outermost AND of which a part needs that neighbour; all parts of that AND which use
    the alias are then about the same one. A part that could hold without it (in a NOT, or in one branch of an
    OR) does not bind it for the others.
    """
    match expression:
        case Comparison(field=field):
            if field.alias is None or field.alias in bound:
                return expression
            return Exists(*field.alias, RELATIONS[kind][field.alias[0]], expression)
        case Not(part=part):
            return Not(bind_aliases(part, kind, bound))
        case Or(parts=parts):
            return Or(tuple(bind_aliases(part, kind, bound) for part in parts))
        case And(parts=parts):
            return _bind_and(_flat(parts), kind, bound)
        case Exists():
            return expression


def _bind_and(parts: tuple[Expression, ...], kind: Kind, bound: frozenset[_Alias]) -> Expression:
    for alias in dict.fromkeys(alias for part in parts for alias in _needed(part)):
        if alias in bound:
            continue
        about, others = _entangled(parts, alias, bound)
        inner = bind_aliases(_and(about), kind, bound | {alias})
        found = Exists(*alias, RELATIONS[kind][alias[0]], inner)
        return _and((found, *_parts(_bind_and(others, kind, bound)))) if others else found
    return _and(tuple(bind_aliases(part, kind, bound) for part in parts))


def _entangled(
    parts: tuple[Expression, ...], alias: _Alias, bound: frozenset[_Alias]
) -> tuple[tuple[Expression, ...], tuple[Expression, ...]]:
    """The parts that use the alias, or another one that such a part uses, and so on; and the rest."""
    aliases = {alias}
    while True:
        about = tuple(part for part in parts if _used(part) & aliases)
        grown = aliases.union(*(_used(part) - bound for part in about))
        if grown == aliases:
            return about, tuple(part for part in parts if part not in about)
        aliases = grown


def _needed(expression: Expression) -> list[_Alias]:
    """The aliases without whose neighbour the expression cannot hold, in the order in which they are written."""
    match expression:
        case Comparison(field=field):
            return [field.alias] if field.alias else []
        case And(parts=parts):
            return [alias for part in parts for alias in _needed(part)]
        case Or(parts=parts):
            first, *others = (_needed(part) for part in parts)
            return [alias for alias in first if all(alias in other for other in others)]
        case Not() | Exists():
            return []


def _used(expression: Expression) -> set[_Alias]:
    """The aliases that occur."""
    match expression:
        case Comparison(field=field):
            return {field.alias} if field.alias else set()
        case And(parts=parts) | Or(parts=parts):
            return {alias for part in parts for alias in _used(part)}
        case Not(part=part) | Exists(part=part):
            return _used(part)


def _flat(parts: tuple[Expression, ...]) -> tuple[Expression, ...]:
    return tuple(inner for part in parts for inner in (_flat(part.parts) if isinstance(part, And) else (part,)))


def _parts(expression: Expression) -> tuple[Expression, ...]:
    return expression.parts if isinstance(expression, And) else (expression,)


def _and(parts: tuple[Expression, ...]) -> Expression:
    return parts[0] if len(parts) == 1 else And(parts)
