"""A log as a table: one row per row asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from mainspring.serving.payloads.record import LogRecord

if TYPE_CHECKING:
    from mainspring.data import ColumnType, Table

OUTPUT = "output."
REQUEST = "request."

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
    return made_of(columns_of(records), types or {})


def columns_of(records: Iterable[LogRecord]) -> dict[str, list[Any]]:
    """The columns of the table of a log; see :func:`table`."""
    columns: dict[str, list[Any]] = {f"{REQUEST}{name}": [] for name in ("id", "time", "model", "version", "row")}
    total = 0
    for record in records:
        if (record.error is not None and not record.blocked) or record.rows == 0:
            continue
        count = record.rows
        values = _row_values(record, count)
        kept = [row for row in range(count) if row not in record.erased] if record.erased else None
        for name in values:
            if name not in columns:
                columns[name] = [None] * total
        size = count if kept is None else len(kept)
        for name, cells in columns.items():
            row_values = values.get(name)
            if row_values is None:
                cells.extend([None] * size)
            else:
                cells.extend(row_values if kept is None else [row_values[row] for row in kept])
        total += size
    return columns


def made_of(columns: Mapping[str, Sequence[Any]], types: Mapping[str, ColumnType]) -> Table:
    """A table of columns, with the types that are known of them.

    A type is left aside where it does not fit any more, because values were masked or hashed.
    """
    from mainspring.data import Table  # needs DuckDB, which a server does not

    known = {name: kind for name, kind in types.items() if name in columns and _fits(columns[name], kind)}
    return Table.from_columns(columns, {**_types(columns), **known})


def _fits(values: Sequence[Any], kind: ColumnType) -> bool:
    return str(kind) not in _NUMBERS or str not in set(map(type, values))


def _types(columns: Mapping[str, Sequence[Any]]) -> dict[str, ColumnType]:
    """Types of the columns that this module makes, so that they are the same in a table without rows."""
    from mainspring.data import ColumnType

    made = {"id": "STRING", "time": "FLOAT", "model": "STRING", "version": "STRING", "row": "INT"}
    types = {f"{REQUEST}{name}": ColumnType(kind) for name, kind in made.items()}
    numbers = tuple(f"{OUTPUT}{own}{name}" for own in ("", "own.") for name in ("probability.", "prediction"))
    return types | {name: ColumnType.FLOAT for name in columns if name.startswith(numbers)}


def _row_values(record: LogRecord, count: int) -> dict[str, list[Any]]:
    given = {**record.columns, **{f"{OUTPUT}{name}": values for name, values in record.outputs.items()}}
    return {
        # An output that is not one value per row has no place in a table of rows.
        **{name: _cells(values) for name, values in given.items() if len(values) == count},
        f"{REQUEST}id": [record.id] * count,
        f"{REQUEST}time": [record.time] * count,
        f"{REQUEST}model": [record.model] * count,
        f"{REQUEST}version": [record.version] * count,
        f"{REQUEST}row": list(range(count)),
    }


def _cells(values: Sequence[Any]) -> list[Any]:
    kinds = set(map(type, values))
    if dict not in kinds and list not in kinds:
        return list(values)
    return [_cell(value) for value in values]


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return value["blob"] if "blob" in value else msgspec.json.encode(value).decode()
    return msgspec.json.encode(value).decode() if isinstance(value, list) else value
