"""Conditions on rows and answers, as text: read once, safe, and quick on whole columns."""

from __future__ import annotations

import ast
import difflib
import functools
import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError

Columns = Mapping[str, npt.NDArray[Any]]
Bools = npt.NDArray[np.bool_]

ANSWER: Final = "answer"
"""In a condition: the class that the model answers with, or its value."""

SCORE: Final = "score"
"""In a condition: the probability of that class; the value itself of a regression."""

COMPARISONS: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
SUMS: Final[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_EXPECTED: Final = (
    "comparisons of columns, answer and score with numbers, texts and each other, joined by and, or, not; "
    "x in (…), missing(x), column('an odd name')"
)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition such as ``age < 18 and answer == "approved"``.

    A comparison with a missing value does not hold, whichever it is; ``missing(age)`` asks for one. Texts are
    compared as texts and numbers as numbers; the one is never equal to the other.

    Attributes:
        text: As it was written.
        names: The columns that it reads, ``answer`` and ``score`` among them.

    Example:
        >>> young = Condition.read("age < 18 and answer == 'yes'")
        >>> young.names
        ('age', 'answer')
        >>> young.holds({"age": np.array([17.0, 40.0]), "answer": np.array(["yes", "yes"], dtype=object)}).tolist()
        [True, False]
    """

    text: str
    names: tuple[str, ...]
    tree: ast.expr = field(repr=False, compare=False)

    @classmethod
    def read(cls, text: str) -> Condition:
        """Read a condition.

        Raises:
            InputError: If it is none, with the place at which it stops being one.
        """
        return _read(text)

    def check(self, known: Collection[str]) -> None:
        """See that every column exists.

        Raises:
            InputError: If one does not, with those that sound like it.
        """
        for name in self.names:
            if name not in known:
                near = difflib.get_close_matches(name, list(known), n=3) or sorted(known)[:10]
                raise InputError(
                    f"the condition {self.text!r} reads {name!r}, which there is not",
                    expected="one of " + ", ".join(near),
                )

    def holds(self, columns: Columns) -> Bools:
        """For which rows it holds, shape ``[n]``.

        Args:
            columns: In the form of ``Table.column``: float64 with NaN, or objects with ``None``.
        """
        rows = len(next(iter(columns.values())))
        return np.broadcast_to(_truth(self.tree, columns), (rows,)).copy()


@functools.lru_cache(maxsize=1024)
def _read(text: str) -> Condition:
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise wrong(text, error.msg, (error.offset or 1) - 1) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise wrong(text, str(error) or "it is nested too deeply", 0) from None
    _check_truth(tree, text)
    names = dict.fromkeys(named(node) for node in ast.walk(tree) if _is_name(node, tree))
    return Condition(text.strip(), tuple(names), tree)


def _truth(node: ast.expr, columns: Columns) -> Bools:
    match node:
        case ast.BoolOp(op=op, values=parts):
            truths = [_truth(part, columns) for part in parts]
            joined = np.logical_and if isinstance(op, ast.And) else np.logical_or
            return cast("Bools", joined.reduce(np.broadcast_arrays(*truths)))
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return ~_truth(part, columns)
        case ast.Compare(left=left, ops=ops, comparators=others):
            truth: Bools = np.array(True)
            for sign, other in zip(ops, others, strict=True):
                truth = truth & _compared(left, sign, other, columns)
                left = other
            return truth
        case ast.Call(args=[part]) if not is_column(node):
            return _missing(_value(part, columns))
    name = _value(node, columns)  # a column of truth values
    return np.asarray(name == 1.0, dtype=np.bool_)


def _compared(left: ast.expr, op: ast.cmpop, right: ast.expr, columns: Columns) -> Bools:
    first = _value(left, columns)
    if isinstance(op, ast.In | ast.NotIn):
        items = [_value(item, columns) for item in cast("ast.Tuple", right).elts]
        inside: Bools = np.logical_or.reduce(
            np.broadcast_arrays(*[_pairwise(operator.eq, first, item) for item in items])
        )
        return inside if isinstance(op, ast.In) else ~inside & ~_missing(first)
    return _pairwise(COMPARISONS[type(op)], first, _value(right, columns))


def _pairwise(compare: Callable[[Any, Any], Any], first: Any, second: Any) -> Bools:
    """A comparison that does not hold where a side is missing, or where one is text and the other a number."""
    both = ~_missing(first) & ~_missing(second)
    if _is_text(first) is not _is_text(second):
        unlike = compare is operator.ne
        return both & unlike
    if not _is_text(first):
        return np.asarray(compare(first, second), dtype=np.bool_) & both
    left, right = np.broadcast_arrays(np.asarray(first, dtype=object), np.asarray(second, dtype=object))
    found = [
        one is not None and other is not None and bool(compare(one, other))
        for one, other in zip(left.ravel().tolist(), right.ravel().tolist(), strict=True)
    ]
    return np.array(found, dtype=np.bool_).reshape(left.shape)


def _value(node: ast.expr, columns: Columns) -> Any:
    match node:
        case ast.Constant(value=bool() | int() | float() as number):
            return float(number)
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(operand=part):
            return -_value(part, columns)
        case ast.BinOp(left=left, op=op, right=right):
            with np.errstate(divide="ignore", invalid="ignore"):
                return SUMS[type(op)](_value(left, columns), _value(right, columns))
    return columns[named(node)]


def _missing(value: Any) -> Bools:
    if _is_text(value):
        if isinstance(value, str):
            return np.array(False)
        return np.fromiter((one is None for one in value), np.bool_, len(value))
    return np.asarray(np.isnan(value), dtype=np.bool_)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, np.ndarray) and value.dtype == object)


# ---------------------------------------------------------------------------- what may be written


def _check_truth(node: ast.expr, text: str) -> None:
    match node:
        case ast.BoolOp(values=parts):
            for part in parts:
                _check_truth(part, text)
        case ast.UnaryOp(op=ast.Not(), operand=part):
            _check_truth(part, text)
        case ast.Compare(left=left, ops=ops, comparators=others):
            if len(ops) > 1 and any(isinstance(op, ast.In | ast.NotIn) for op in ops):
                raise wrong(text, "in compares two things only", node.col_offset)
            _check_value(left, text)
            for op, other in zip(ops, others, strict=True):
                _check_side(op, other, text)
        case ast.Call(func=ast.Name(id="missing"), args=[part], keywords=[]):
            if not isinstance(part, ast.Name) and not is_column(part):
                raise wrong(text, "missing() asks about a column", part.col_offset)
        case ast.Name():
            pass
        case _ if is_column(node):
            pass
        case _:
            raise wrong(text, "here is no condition", node.col_offset)


def _check_side(op: ast.cmpop, node: ast.expr, text: str) -> None:
    if not isinstance(op, ast.In | ast.NotIn):
        if type(op) not in COMPARISONS:
            raise wrong(text, "only <, <=, >, >=, ==, != and in compare", node.col_offset)
        _check_value(node, text)
        return
    if not isinstance(node, ast.Tuple | ast.List | ast.Set) or not node.elts:
        raise wrong(text, "in needs values in brackets", node.col_offset)
    for item in node.elts:
        _check_value(item, text)


def _check_value(node: ast.expr, text: str) -> None:
    match node:
        case ast.Constant(value=bool() | int() | float() | str()) | ast.Name():
            return
        case ast.UnaryOp(op=ast.USub(), operand=part):
            _check_value(part, text)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in SUMS:
            _check_value(left, text)
            _check_value(right, text)
        case _ if is_column(node):
            return
        case _:
            raise wrong(text, "here is neither a column nor a value", node.col_offset)


def is_column(node: ast.AST) -> bool:
    """Whether it is ``column('an odd name')``."""
    match node:
        case ast.Call(func=ast.Name(id="column"), args=[ast.Constant(value=str())], keywords=[]):
            return True
    return False


def _is_name(node: ast.AST, tree: ast.expr) -> bool:
    if is_column(node):
        return True
    functions = {one.func for one in ast.walk(tree) if isinstance(one, ast.Call)}
    return isinstance(node, ast.Name) and node not in functions


def named(node: ast.AST) -> str:
    """The column that a name, or ``column(…)``, stands for."""
    if isinstance(node, ast.Name):
        return node.id
    return str(cast("ast.Constant", cast("ast.Call", node).args[0]).value)


def wrong(text: str, what: str, place: int) -> InputError:
    """An error that points at the place in the condition."""
    return InputError(
        f"the condition cannot be read: {what}\n  {text}\n  {' ' * max(0, place)}^", expected=_EXPECTED
    )
