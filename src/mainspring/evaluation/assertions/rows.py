"""Conditions on one row: made once, then asked in about a microsecond, as a server does for every request.

:meth:`Condition.holds` says the same of whole columns; there numpy pays, which on a single row it does not.
"""

from __future__ import annotations

import ast
import functools
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

from mainspring.evaluation.assertions.conditions import COMPARISONS, SUMS, Condition, is_column, named

Row: TypeAlias = Mapping[str, Any]
"""Raw columns, ``answer`` and ``score`` of one row: float with NaN, or text with ``None``."""

Test: TypeAlias = Callable[[Row], bool]
_Value: TypeAlias = Callable[[Row], Any]


@functools.lru_cache(maxsize=1024)
def on_row(condition: Condition) -> Test:
    """A function that says whether a condition holds for a row, exactly as :meth:`Condition.holds` does.

    Example:
        >>> test = on_row(Condition.read("age < 18 and answer == 'yes'"))
        >>> test({"age": 17.0, "answer": "yes"}), test({"age": float("nan"), "answer": "yes"})
        (True, False)
    """
    return _truth(condition.tree)


def _truth(node: ast.expr) -> Test:
    match node:
        case ast.BoolOp(op=op, values=parts):
            tests = tuple(_truth(part) for part in parts)
            if isinstance(op, ast.And):
                return lambda row: all(test(row) for test in tests)
            return lambda row: any(test(row) for test in tests)
        case ast.UnaryOp(op=ast.Not(), operand=part):
            inner = _truth(part)
            return lambda row: not inner(row)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _compared(left, op, right)
        case ast.Compare(left=left, ops=ops, comparators=others):
            chain = zip([left, *others], ops, others, strict=False)
            links = tuple(_compared(one, op, other) for one, op, other in chain)
            return lambda row: all(link(row) for link in links)
        case ast.Call(args=[part]) if not is_column(node):
            value = _value(part)
            return lambda row: _missing(value(row))
    truth = _value(node)
    return lambda row: bool(truth(row) == 1.0)


def _compared(left: ast.expr, op: ast.cmpop, right: ast.expr) -> Test:
    first = _value(left)
    if not isinstance(op, ast.In | ast.NotIn):
        return _pairwise(COMPARISONS[type(op)], first, _value(right))
    items = tuple(_pairwise(operator.eq, first, _value(item)) for item in cast("ast.Tuple", right).elts)
    if isinstance(op, ast.In):
        return lambda row: any(item(row) for item in items)
    return lambda row: not any(item(row) for item in items) and not _missing(first(row))


def _pairwise(compare: Callable[[Any, Any], bool], first: _Value, second: _Value) -> Test:
    unlike = compare is operator.ne

    def test(row: Row) -> bool:
        one, other = first(row), second(row)
        if one is None or other is None or one != one or other != other:  # NaN is not equal to itself
            return False
        if isinstance(one, str) is not isinstance(other, str):
            return unlike
        return compare(one, other)

    return test


def _value(node: ast.expr) -> _Value:
    match node:
        case ast.Constant(value=bool() | int() | float() as number):
            constant: Any = float(number)
            return lambda row: constant
        case ast.Constant(value=text):
            return lambda row: text
        case ast.UnaryOp(operand=part):
            inner = _value(part)
            return lambda row: -inner(row)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            top, bottom = _value(left), _value(right)
            return lambda row: _divided(top(row), bottom(row))
        case ast.BinOp(left=left, op=op, right=right):
            add, one, other = SUMS[type(op)], _value(left), _value(right)
            return lambda row: add(one(row), other(row))
    return operator.itemgetter(named(node))


def _divided(top: float, bottom: float) -> float:
    """As floating point has it: a number by 0 is infinite, and 0 by 0 is none."""
    if bottom:
        return top / bottom
    return math.nan if not top or top != top else math.copysign(math.inf, top) * math.copysign(1.0, bottom)


def _missing(value: Any) -> bool:
    return value is None or bool(value != value)
