"""Reads what a caller sent into columns of one type, or says everything that is wrong with it at once."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from numbers import Integral, Real
from types import NoneType
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from mainspring.models.problems import Problems

LONGEST_VALUE = 80
"""A value is shown with at most this many characters."""

LEAST, MOST = -(2**63), 2**63 - 1
"""The bounds of INT64."""

KINDS: Mapping[str, frozenset[type]] = {
    "FP64": frozenset({float, int}),
    "INT64": frozenset({int}),
    "BOOL": frozenset({bool}),
    "BYTES": frozenset({str}),
}
"""Python types that need no second look."""

ABSENT = object()


class FieldLike(Protocol):
    """What reading needs to know of a :class:`mainspring.models.signature.Field`."""

    @property
    def name(self) -> str:
        """Name of the column."""
        ...

    @property
    def datatype(self) -> str:
        """Type of its values."""
        ...

    @property
    def required(self) -> bool:
        """Whether every row must name it."""
        ...

    @property
    def nullable(self) -> bool:
        """Whether a value may be missing."""
        ...


def read_rows(
    fields: Sequence[FieldLike],
    rows: Sequence[Mapping[str, Any]],
    *,
    ignore: Collection[str] = (),
    ignore_unknown: bool = False,
) -> dict[str, npt.NDArray[Any]]:
    """Rows into columns; see :meth:`mainspring.models.signature.Signature.columns`."""
    problems = Problems()
    given: Sequence[object] = rows
    for index, row in enumerate(given):
        if not isinstance(row, Mapping):
            problems.add("WRONG_ROW", "an object with a value per column", row=index, value=_show(row))
    problems.raise_if_any()
    known = {field.name for field in fields}
    if not ignore_unknown:
        allowed = known.union(ignore)
        strange: dict[str, int] = {}
        for index, row in enumerate(rows):
            if not row.keys() <= allowed:
                for name in row.keys() - allowed:
                    strange.setdefault(name, index)
        _unknown(strange, fields, problems)
    columns = {item.name: _read(item, [row.get(item.name, ABSENT) for row in rows], problems) for item in fields}
    problems.raise_if_any()
    return columns


def read_lists(
    fields: Sequence[FieldLike],
    lists: Mapping[str, Sequence[Any] | npt.NDArray[Any]],
    *,
    ignore: Collection[str] = (),
    ignore_unknown: bool = False,
    rows: int | None = None,
) -> dict[str, npt.NDArray[Any]]:
    """Columns given as lists; see :meth:`mainspring.models.signature.Signature.columns_from_lists`.

    Args:
        fields: What is expected.
        lists: What was given.
        ignore: Columns that may be there and are not read.
        ignore_unknown: Do not read any other column either, instead of refusing it.
        rows: How many values each must have; by default as many as the longest.
    """
    problems = Problems()
    known = {field.name for field in fields}
    if not ignore_unknown:
        _unknown(dict.fromkeys(lists.keys() - known.union(ignore)), fields, problems)
    lengths = {name: len(values) for name, values in lists.items() if name in known}
    rows = max(lengths.values(), default=0) if rows is None else rows
    for name, length in lengths.items():
        if length != rows:
            problems.add("WRONG_LENGTH", f"{rows} values, as other columns have", column=name, value=f"{length}")
    columns: dict[str, npt.NDArray[Any]] = {}
    for item in fields:
        values = lists.get(item.name)
        if values is None:
            values = [ABSENT] * max(rows, 1 if item.required else 0)
        columns[item.name] = _read(item, values, problems)
    problems.raise_if_any()
    return columns


def _unknown(strange: Mapping[str, int | None], fields: Sequence[FieldLike], problems: Problems) -> None:
    names = [field.name for field in fields]
    for name in sorted(strange, key=str):
        close = difflib.get_close_matches(str(name), names, n=1)
        hint = f"perhaps {close[0]!r}; known columns: " if close else "one of "
        problems.add("UNKNOWN_COLUMN", hint + ", ".join(names), column=str(name), row=strange[name])


def _read(item: FieldLike, values: Sequence[Any] | npt.NDArray[Any], problems: Problems) -> npt.NDArray[Any]:
    fast = _fast(item, values)
    if fast is not None:
        return fast
    if item.datatype == "BYTES":
        return _each(item, values, problems, _text, None, object)
    convert = {"INT64": _integer, "BOOL": _boolean}.get(item.datatype, _number)
    return _each(item, values, problems, convert, np.nan, np.float64)


def _fast(item: FieldLike, values: Sequence[Any] | npt.NDArray[Any]) -> npt.NDArray[Any] | None:
    """The column, if a look at the types alone says that all is well."""
    if isinstance(values, np.ndarray):
        is_number = item.datatype == "FP64" and values.dtype.kind == "f" and values.ndim == 1
        return _finite(item, values.astype(np.float64)) if is_number else None
    kinds = set(map(type, values))
    if item.nullable:
        kinds.discard(NoneType)
    if not kinds <= KINDS[item.datatype]:
        return None
    if item.datatype == "BYTES":
        column = np.empty(len(values), dtype=object)
        column[:] = values
        return column
    present = [value for value in values if value is not None] if NoneType in map(type, values) else values
    if item.datatype == "INT64" and present and (min(present) < LEAST or max(present) > MOST):
        return None
    try:
        if float in kinds and not all(map(math.isfinite, present)):
            return None
        # None becomes NaN.
        return np.array(values, dtype=np.float64)
    except OverflowError:
        return None


def _finite(item: FieldLike, column: npt.NDArray[np.float64]) -> npt.NDArray[np.float64] | None:
    if np.isfinite(column).all() or (item.nullable and not np.isinf(column).any()):
        return column
    return None


def _each(
    item: FieldLike,
    values: Sequence[Any] | npt.NDArray[Any],
    problems: Problems,
    convert: Callable[[Any], Any],
    missing: Any,
    dtype: Any,
) -> npt.NDArray[Any]:
    column = np.full(len(values), missing, dtype=dtype)
    absent = False
    for row, value in enumerate(values):
        if value is ABSENT and item.required:
            if not absent:
                problems.add("MISSING_COLUMN", EXPECTED[item.datatype], column=item.name, row=row)
            absent = True
        elif value is None or value is ABSENT or (isinstance(value, float) and math.isnan(value)):
            if not item.nullable:
                problems.add("MISSING_VALUE", EXPECTED[item.datatype], column=item.name, row=row)
        else:
            try:
                column[row] = convert(value)
            except (TypeError, ValueError, OverflowError):
                problems.add(
                    "WRONG_TYPE",
                    EXPECTED[item.datatype] + (" or null" if item.nullable else ""),
                    column=item.name,
                    row=row,
                    value=_show(value),
                )
    return column


EXPECTED = {
    "FP64": "a finite number",
    "INT64": "a whole number of 64 bits",
    "BOOL": "true or false",
    "BYTES": "a text",
}


def _number(value: object) -> float:
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise TypeError
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number


def _integer(value: object) -> float:
    if not isinstance(value, bool | np.bool_) and isinstance(value, Integral):
        if not LEAST <= int(value) <= MOST:
            raise OverflowError
        return float(value)
    number = _number(value)
    if not number.is_integer() or abs(number) > 2.0**63:
        raise ValueError
    return number


def _boolean(value: Any) -> float:
    if not isinstance(value, bool | np.bool_):
        raise TypeError
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return str(value)


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
