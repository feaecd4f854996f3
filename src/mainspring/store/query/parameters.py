"""Puts values in the place of ``:parameters``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.store.query.syntax import And, Comparison, Exists, Expression, Not, Operator, Or, Parameter, Scalar
from mainspring.store.query.tokens import trouble
from mainspring.store.query.values import check_value


def bind(expression: Expression, parameters: Mapping[str, Value], where: str) -> Expression:
    """The expression with all parameters replaced by their values.

    Args:
        where: The filter as written, to point at the place.

    Raises:
        InputError: For a parameter that is not given, or one that does not fit its field.
    """
    match expression:
        case Comparison(values=values):
            if not any(isinstance(value, Parameter) for value in values):
                return expression
            bound = tuple(one for value in values for one in _values(value, expression, parameters, where))
            return replace(expression, values=bound)
        case And(parts=parts):
            return And(tuple(bind(part, parameters, where) for part in parts))
        case Or(parts=parts):
            return Or(tuple(bind(part, parameters, where) for part in parts))
        case Not(part=part):
            return Not(bind(part, parameters, where))
        case Exists(part=part):
            return replace(expression, part=bind(part, parameters, where))


def _values(
    value: Scalar | Parameter, comparison: Comparison, parameters: Mapping[str, Value], where: str
) -> tuple[Scalar, ...]:
    if not isinstance(value, Parameter):
        return (value,)
    end = value.start + len(value.name) + 1
    if value.name not in parameters:
        raise trouble(
            where,
            value.start,
            end,
            f"no value is given for :{value.name}",
            "one of " + (", ".join(f":{name}" for name in sorted(parameters)) or "none: no parameters are given"),
        )
    given = parameters[value.name]
    many: Sequence[Value] = [given]
    if comparison.operator in (Operator.IN, Operator.NOT_IN) and isinstance(given, list | tuple):
        many = given
    if given is None:
        raise trouble(where, value.start, end, f":{value.name} is None, and nothing compares with it", "IS NULL")
    try:
        return tuple(check_value(one, comparison.field, comparison.operator) for one in many)
    except InputError as error:
        raise trouble(where, value.start, end, f":{value.name}: {error.found}", error.expected) from error
