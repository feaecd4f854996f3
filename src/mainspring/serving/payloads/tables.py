"""A log as a table: one row per row asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring.serving.payloads.cells import OUTPUT, REQUEST, Cells, cells_of, plain
from mainspring.serving.payloads.record import LogRecord

if TYPE_CHECKING:
    from mainspring.data import ColumnType, Table

__all__ = ["OUTPUT", "REQUEST", "columns_of", "made_of", "table"]

_NUMBERS = ("INT", "FLOAT", "BOOL")


def table(records: Iterable[LogRecord], types: Mapping[str, ColumnType] | None = None) -> Table:
    """The logged rows as a table: one row per row asked for, for every request that was answered, or that
    was refused because an assertion blocks its only row: the model answered that, too.

    The input columns keep their names; outputs are called ``output.label``, ``output.probability.<class>`` or
    ``output.prediction``; and ``request.id``, ``request.time`` (seconds), ``request.model``, ``request.version``
    and ``request.row`` say where a row came from. A column that a request did not have is missing in its rows.
    Rows that were erased are left out. A value that is no single one (a matrix, a list) is JSON text, and one that
    was stored apart is its digest.

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

    A type is left aside where it does not fit any more, because values were masked or hashed.
    """
    from mainspring.data import Table  # needs DuckDB, which a server does not

    known = {name: kind for name, kind in types.items() if name in columns and _fits(columns[name], kind)}
    return Table.from_columns(columns, {**_types(columns), **known})


def _fits(values: Cells, kind: ColumnType) -> bool:
    return str(kind) not in _NUMBERS or isinstance(values, np.ndarray) or str not in set(map(type, values))


def _types(columns: Mapping[str, Cells]) -> dict[str, ColumnType]:
    """Types of the columns that this module makes, so that they are the same in a table without rows."""
    from mainspring.data import ColumnType

    made = {"id": "STRING", "time": "FLOAT", "model": "STRING", "version": "STRING", "row": "INT"}
    types = {f"{REQUEST}{name}": ColumnType(kind) for name, kind in made.items()}
    numbers = tuple(f"{OUTPUT}{own}{name}" for own in ("", "own.") for name in ("probability.", "prediction"))
    return types | {name: ColumnType.FLOAT for name in columns if name.startswith(numbers)}
