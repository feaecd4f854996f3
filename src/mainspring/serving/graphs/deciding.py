"""Conditions on one row, in microseconds.

:class:`mainspring.evaluation.assertions.conditions.Condition` is made for columns, and asks numpy a dozen times.
Most requests have one row: the same tree is read once into functions of plain values, which mean the same.
"""

from __future__ import annotations

import ast
import functools
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

from mainspring.evaluation.assertions.conditions import COMPARISONS, Condition, is_column, named

Value: TypeAlias = float | str | None
"""A value of a row: a number (``nan`` for a missing one), text, or ``None`` for missing text."""

Row: TypeAlias = Mapping[str, Value]
_Truth: TypeAlias = Callable[[Row], bool]
_Term: TypeAlias = Callable[[Row], Any]  # a number or text: the tree was checked when it was read


@functools.lru_cache(maxsize=1024)
def decider(condition: Condition) -> Callable[[Row], bool]:
    """What tells whether a condition holds for a row, as ``Condition.holds`` does for a column of one.

    Example:
        >>> young = decider(Condition.read("age < 18 and not missing(city)"))
        >>> young({"age": 17.0, "city": "Bern"}), young({"age": math.nan, "city": "Bern"})
        (True, False)
    """
    return _truth(condition.tree)


def value_of(value: Any) -> Value:
    """A value of an array as conditions read it."""
    if isinstance(value, bool | int | float):
        return float(value)
    return cast("Value", value)


def _truth(node: ast.expr) -> _Truth:
    match node:
        case ast.BoolOp(op=op, values=parts):
            truths = [_truth(part) for part in parts]
            if isinstance(op, ast.And):
                return lambda row: all(truth(row) for truth in truths)
            return lambda row: any(truth(row) for truth in truths)
        case ast.UnaryOp(op=ast.Not(), operand=part):
            inner = _truth(part)
            return lambda row: not inner(row)
        case ast.Compare(left=left, ops=ops, comparators=others):
            steps = []
            for sign, other in zip(ops, others, strict=True):
                steps.append(_compared(left, sign, other))
                left = other
            if len(steps) == 1:
                return steps[0]
            return lambda row: all(step(row) for step in steps)
        case ast.Call(args=[part]) if not is_column(node):
            asked = _term(part)
            return lambda row: _missing(asked(row))
    term = _term(node)
    return lambda row: bool(term(row) == 1.0)


def _compared(left: ast.expr, sign: ast.cmpop, right: ast.expr) -> _Truth:
    first = _term(left)
    if isinstance(sign, ast.In | ast.NotIn):
        items = [_term(item) for item in cast("ast.Tuple", right).elts]
        if isinstance(sign, ast.In):
            return lambda row: any(_pair(operator.eq, first(row), item(row)) for item in items)
        return lambda row: (
            not _missing(first(row)) and not any(_pair(operator.eq, first(row), item(row)) for item in items)
        )
    second, compare = _term(right), COMPARISONS[type(sign)]
    return lambda row: _pair(compare, first(row), second(row))


def _pair(compare: Callable[[Any, Any], Any], first: Value, second: Value) -> bool:
    if first is None or second is None or first != first or second != second:
        return False
    if (type(first) is float) is not (type(second) is float):
        return compare is operator.ne
    return bool(compare(first, second))


def _term(node: ast.expr) -> _Term:
    match node:
        case ast.Constant(value=bool() | int() | float() as number):
            fixed = float(number)
            return lambda row: fixed
        case ast.Constant(value=text):
            return lambda row: text
        case ast.UnaryOp(operand=part):
            inner = _term(part)
            return lambda row: -inner(row)
        case ast.BinOp(left=left, op=op, right=right):
            one, other, does = _term(left), _term(right), _SUMS[type(op)]
            return lambda row: does(one(row), other(row))
    name = named(node)
    return lambda row: row[name]


def _missing(value: Value) -> bool:
    return value is None or value != value


def _divided(one: float, other: float) -> float:
    """As floats are divided by the standard (IEEE 754), also by zero."""
    if other != 0 or one != one:
        return one / other if other else math.nan
    if one == 0:
        return math.nan
    return math.copysign(math.inf, one) * math.copysign(1.0, other)


_SUMS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _divided,
}
