"""A log as a table: one row per row asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring.core.errors import MainspringError
from mainspring.serving.payloads.cells import OUTPUT, REQUEST, Cells, cells_of, plain
from mainspring.serving.payloads.record import LogRecord

if TYPE_CHECKING:
    from mainspring.data import ColumnType, Table

__all__ = ["OUTPUT", "REQUEST", "columns_of", "made_of", "table"]

NAMELESS = "(no name)"
"""What a column is called whose name is empty."""

_EXACT = 2.0**53
"""Up to here floating numbers tell whole ones apart."""
_NUMBERS = ("INT", "FLOAT", "BOOL")


def table(records: Iterable[LogRecord], types: Mapping[str, ColumnType] | None = None) -> Table:
    """The logged rows as a table: one row per row asked for, for every request that was answered, or that
    was refused because an assertion blocks its only row: the model answered that, too.

    The input columns keep their names; outputs are called ``output.label``, ``output.probability.<class>`` or
    ``output.prediction``; and ``request.id``, ``request.time`` (seconds), ``request.model``, ``request.version``
    and ``request.row`` say where a row came from. A column that a request did not have is missing in its rows.
    Rows that were erased are left out. A value that is no single one (a matrix, a list) is JSON text, and one that
    was stored apart is its digest. Whatever callers send becomes a table: a column with values of several types is
    text, whole numbers of more than eight bytes are floating ones, an input whose name begins like one of those
    columns has ``input.`` before it, and of names that differ only in upper and lower case, the second is
    ``age (2)``.

    Args:
        records: Of one model.
        types: Types of input columns, such as those of the training data; others follow from the values, and a
            column without any value is text.
    """
    return made_of(cells_of(records), types or {})


def columns_of(records: Iterable[LogRecord]) -> dict[str, list[Any]]:
    """The columns of the table of a log as plain values; see :func:`table`."""
    return {name: plain(values) for name, values in cells_of(records).items()}


def made_of(columns: Mapping[str, Cells], types: Mapping[str, ColumnType]) -> Table:
    """A table of columns, with the types that are known of them.

    A type is left aside where it does not fit any more, because values were masked or hashed, or callers send
    something else.
    """
    from mainspring.data import Table  # needs DuckDB, which a server does not

    named = _named(columns, types)
    known = {name: kind for name, kind in types.items() if name in named and _fits(named[name], kind)}
    return Table.from_columns(named, {**_types(named), **known})


def _named(columns: Mapping[str, Cells], types: Mapping[str, ColumnType]) -> dict[str, Cells]:
    """The columns under names that a table may have: a caller may send any.

    Upper and lower case are one in a table: of several such columns, the one that is known keeps its name, or else
    the first, and the others get a number.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(columns, key=lambda one: one not in types):
        fresh, number = name or NAMELESS, 2
        while fresh.lower() in taken:
            fresh, number = f"{name or NAMELESS} ({number})", number + 1
        taken.add(fresh.lower())
        names[name] = fresh
    return {names[name]: values for name, values in columns.items()}


def _fits(values: Cells, kind: ColumnType) -> bool:
    """Whether a column can be of a type: what callers send need not be what the model was trained on."""
    from mainspring.data import Table
    from mainspring.data.engine import error

    if str(kind) == "STRING":
        return True
    if str(kind) in _NUMBERS and isinstance(values, np.ndarray):
        whole = str(kind) != "INT" or values.dtype.kind != "f"
        return whole or bool((np.isnan(values) | (np.abs(values) < _EXACT) & (values == np.floor(values))).all())
    if str(kind) in _NUMBERS and str in set(map(type, values)):
        return False
    with contextlib.suppress(MainspringError, error()):
        return Table.from_columns({"tried": values}, {"tried": kind}).num_rows == len(values)
    return False


def _types(columns: Mapping[str, Cells]) -> dict[str, ColumnType]:
    """Types of the columns that this module makes, so that they are the same in a table without rows."""
    from mainspring.data import ColumnType

    made = {"id": "STRING", "time": "FLOAT", "model": "STRING", "version": "STRING", "row": "INT"}
    types = {f"{REQUEST}{name}": ColumnType(kind) for name, kind in made.items()}
    numbers = tuple(f"{OUTPUT}{own}{name}" for own in ("", "own.") for name in ("probability.", "prediction"))
    return types | {name: ColumnType.FLOAT for name in columns if name.startswith(numbers)}
