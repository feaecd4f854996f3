"""Raw columns of a table as arrays, piece by piece, all of a piece in one query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mainspring.core.errors import InputError
from mainspring.data import columns as columns_
from mainspring.data import engine
from mainspring.data.celltypes import ColumnType
from mainspring.data.columns import Column
from mainspring.data.transforms.evaluation import as_value, matrix_of
from mainspring.data.transforms.ops import Kind, Op, TargetMean

if TYPE_CHECKING:
    import numpy as np

    from mainspring.data.tables import Table


def raw_names(ops: Sequence[Op], results: Iterable[str], kinds: Mapping[str, Kind]) -> tuple[str, ...]:
    """The raw columns that ops and results read, in their order."""
    read = {name for op in ops for name in op.inputs} | set(results)
    return tuple(name for name in kinds if name in read)


def is_text(table: Table, name: str) -> bool:
    """Whether a column of a table holds text as it is."""
    return table.type_of(name) is ColumnType.STRING


def pieces(table: Table, names: Sequence[str], rows: int) -> Iterator[dict[str, np.ndarray]]:
    """The columns of each piece of so many rows, in the form of ``Table.column``."""
    for piece in table.chunks(rows):
        yield fetch(piece, {f"v{place}": cell_of(piece, name) for place, name in enumerate(names)}, names)


def cell_of(table: Table, name: str) -> str:
    """SQL: the value of a column, as a number with NaN for missing, or as text."""
    column = Column(name, table.type_of(name))
    if column.type.is_numeric or column.type is ColumnType.BOOL:
        return f"coalesce(CAST({engine.quote(name)} AS DOUBLE), 'nan'::DOUBLE)"
    return columns_.as_text(column)


def fetch(table: Table, cells: Mapping[str, str], names: Sequence[str]) -> dict[str, np.ndarray]:
    """What SQL gives for each cell, as arrays by name."""
    if not cells:
        return {}
    listed = ", ".join(f"{cell} AS {alias}" for alias, cell in cells.items())
    with engine.cursor() as found:
        arrays = found.execute(f"SELECT {listed} FROM ({table.query()})").fetchnumpy()  # noqa: S608 - names are quoted
    return {name: _plain(arrays[alias]) for alias, name in zip(cells, names, strict=True)}


def _plain(values: Any) -> np.ndarray:
    """Without a mask: None in the place of missing text, NaN of missing numbers."""
    import numpy as np

    dtype = object if values.dtype == object else np.float64
    if isinstance(values, np.ma.MaskedArray):
        missing = np.ma.getmaskarray(values)
        plain = np.array(values.data, dtype=dtype)
        plain[missing] = None if dtype is object else np.nan
        return plain
    return np.asarray(values, dtype=dtype)


def check_folds(table: Table, ops: Sequence[Op]) -> None:
    """Check that a table has the columns that decide the folds of training rows.

    Raises:
        InputError: If some are missing.
    """
    wanted = {name for op in ops if isinstance(op, TargetMean) for name in op.by}
    lacking = sorted(wanted - set(table.names))
    if lacking:
        raise InputError(
            "columns of the training rows are missing: " + ", ".join(lacking),
            expected="the rows with all columns that they were fitted with",
            fix="use apply for rows that the transform was not fitted on",
        )


def matrices(
    table: Table,
    ops: Sequence[Op],
    results: Mapping[str, tuple[str, ...]],
    kinds: Mapping[str, Kind],
    *,
    rows: int,
    dtype: str,
    training: bool,
) -> Iterator[np.ndarray]:
    """The matrix of each piece of so many rows.

    Args:
        ops: All that the results need.
        results: Name of each value of the matrix to its columns.
        kinds: The raw columns.
        dtype: ``float64`` or ``float32``.
        training: Whether these are the training rows.
    """
    import numpy as np

    if dtype not in {"float64", "float32"}:
        raise InputError(f"a matrix of {dtype}", expected="float64 or float32")
    names = raw_names(ops, results, kinds)
    folding = {name for op in ops if isinstance(op, TargetMean) for name in op.by} if training else set()
    for columns in pieces(table, [*names, *sorted(folding - set(names))], rows):
        values = {name: as_value(columns[name], kinds[name], name) for name in names}
        known = columns if training else None
        yield matrix_of(ops, results, values, rows=known, dtype=np.dtype(dtype).type)
