"""Tables with columns put in, or put in place of others; the rows and their order stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from mainspring.core.errors import InputError
from mainspring.data import engine, stored
from mainspring.data.columns import held
from mainspring.data.tables import Table

if TYPE_CHECKING:
    import numpy as np

LARGE: Final = 50_000_000
"""Tables of more cells are kept in files of the process."""


def with_columns(table: Table, columns: Mapping[str, Sequence[Any] | np.ndarray]) -> Table:
    """The table with these columns: in place of those of the same name, or behind all others.

    Raises:
        InputError: If a column does not have one value per row, or mixes types.

    Example:
        >>> table = Table.from_columns({"x": [1, 2], "y": ["a", "b"]})
        >>> with_columns(table, {"y": ["b", "b"], "weight": [0.5, 2.0]}).to_columns()
        {'x': [1, 2], 'y': ['b', 'b'], 'weight': [0.5, 2.0]}
    """
    wrong = {name: len(values) for name, values in columns.items() if len(values) != table.num_rows}
    if wrong:
        raise InputError(
            ", ".join(f"{count} values for the column {name!r}" for name, count in wrong.items()),
            expected=f"one for each of {table.num_rows} rows",
        )
    made = held(columns, {})
    names = dict.fromkeys((*table.names, *columns))
    cells = ", ".join(f"{'made' if name in columns else 'old'}.{engine.quote(name)}" for name in names)
    query = f"SELECT {cells} FROM ({table.query()}) AS old POSITIONAL JOIN {made.name} AS made"  # noqa: S608 - names are quoted
    return Table.of_lying(stored.kept(query, large=table.num_rows * len(names) > LARGE))


def with_constants(table: Table, values: Mapping[str, str]) -> Table:
    """The table with the same value in every row of some of its columns, which keep their types.

    Args:
        table: The rows.
        values: Column to value as text, as slices have it: ``"Female"``, ``"3"``, ``"true"``.

    Raises:
        InputError: If a column does not exist, or cannot hold the value.

    Example:
        >>> table = Table.from_columns({"x": [1, 2], "y": ["a", "b"]})
        >>> with_constants(table, {"x": "7"}).to_columns()
        {'x': [7, 7], 'y': ['a', 'b']}
    """
    kinds = {name: table.type_of(name) for name in values}
    columns = {column.name: column.engine_type for column in table.columns}
    cells = ", ".join(
        f"CAST({engine.literal(value)} AS {columns[name]}) AS {engine.quote(name)}"
        for name, value in values.items()
    )
    query = f"SELECT * REPLACE ({cells}) FROM ({table.query()})"  # noqa: S608 - names and values are quoted
    try:
        return Table.of_lying(stored.kept(query, large=table.num_rows * len(columns) > LARGE))
    except engine.error() as error:
        told = ", ".join(f"{value!r} for {name} ({kinds[name]})" for name, value in values.items())
        raise InputError(f"a value does not fit its column: {told}", expected=str(error).splitlines()[0]) from None
