"""Single Python values: their types, and how they are written as text."""

from __future__ import annotations

import datetime
from typing import Any

from mainspring.core.errors import InputError
from mainspring.data.celltypes import ColumnType

_PYTHON: tuple[tuple[type, ColumnType], ...] = (
    (bool, ColumnType.BOOL),
    (int, ColumnType.INT),
    (float, ColumnType.FLOAT),
    (str, ColumnType.STRING),
    (datetime.datetime, ColumnType.TIMESTAMP),
    (datetime.date, ColumnType.DATE),
    (bytes, ColumnType.BYTES),
)


def scalar_type(name: str, value: Any) -> ColumnType:
    """The type of a value.

    Raises:
        InputError: If a column cannot hold such a value.
    """
    scalar = value.item() if hasattr(value, "item") else value
    for kind, type_ in _PYTHON:
        if isinstance(scalar, kind):
            return type_
    raise InputError(
        f"column {name!r} holds a {type(value).__name__}",
        expected="numbers, text, bools, dates, datetimes, bytes or None",
    )


def text_of(value: Any, type_: ColumnType) -> str:
    """A value as text that the engine casts to its type."""
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    if type_ is ColumnType.INT:
        return str(int(value))
    if type_ is ColumnType.BOOL:
        return str(bool(value)).lower()
    return str(value)
