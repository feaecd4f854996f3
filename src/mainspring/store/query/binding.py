"""Binds aliases: which conditions are about one and the same neighbour."""

from __future__ import annotations

from mainspring.core.records import Kind
from mainspring.store.query.syntax import RELATIONS, And, Comparison, Exists, Expression, Not, Or

_Alias = tuple[str, str]


def bind_aliases(expression: Expression, kind: Kind, bound: frozenset[_Alias] = frozenset()) -> Expression:
    """The expression with an :class:`Exists` around all that is about one neighbour.

    An alias is bound by the outermost AND in which a condition uses it that is not within a NOT; all parts of that
    AND which use it are then about the same neighbour. Without such an AND it is bound by the condition alone.
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
    for alias in dict.fromkeys(alias for part in parts for alias in _aliases(part, within_not=False)):
        if alias in bound:
            continue
        about = tuple(part for part in parts if alias in _aliases(part, within_not=True))
        others = tuple(part for part in parts if alias not in _aliases(part, within_not=True))
        inner = bind_aliases(_and(about), kind, bound | {alias})
        found = Exists(*alias, RELATIONS[kind][alias[0]], inner)
        return _and((found, *_parts(_bind_and(others, kind, bound)))) if others else found
    return _and(tuple(bind_aliases(part, kind, bound) for part in parts))


def _aliases(expression: Expression, *, within_not: bool) -> list[_Alias]:
    """The aliases used, in order; those only under a NOT if asked for."""
    match expression:
        case Comparison(field=field):
            return [field.alias] if field.alias else []
        case Not(part=part):
            return _aliases(part, within_not=True) if within_not else []
        case And(parts=parts) | Or(parts=parts):
            return [alias for part in parts for alias in _aliases(part, within_not=within_not)]
        case Exists(part=part):
            return _aliases(part, within_not=within_not)


def _flat(parts: tuple[Expression, ...]) -> tuple[Expression, ...]:
    return tuple(inner for part in parts for inner in (_flat(part.parts) if isinstance(part, And) else (part,)))


def _parts(expression: Expression) -> tuple[Expression, ...]:
    return expression.parts if isinstance(expression, And) else (expression,)


def _and(parts: tuple[Expression, ...]) -> Expression:
    return parts[0] if len(parts) == 1 else And(parts)
