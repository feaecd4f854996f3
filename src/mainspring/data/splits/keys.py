"""Keys: a row, or the entity it belongs to, as one text and as one number.

The text of a row is its values in the order of the column names, numbers in their shortest form (so that ``3``,
``3.0`` and the text ``3`` are one), joined by a unit separator, after the seed. Its number is the first 15
hexadecimal digits of the text's MD5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mainspring.data import engine
from mainspring.data.celltypes import ColumnType
from mainspring.data.columns import Column, as_text
from mainspring.data.tables import Table

MISSING: Final = "(missing)"
"""A missing value in words."""

_MISSING: Final = "\x1e"
_BETWEEN: Final = "\x1f"


def columns_of(table: Table, names: str | Sequence[str]) -> tuple[Column, ...]:
    """The columns of these names; all if there are none.

    Raises:
        InputError: If one does not exist.
    """
    chosen = [names] if isinstance(names, str) else list(names)
    return (table.select(chosen) if chosen else table).columns


def number(columns: Sequence[Column], seed: int) -> str:
    """SQL: the number of a row, from 0 up to 2^60."""
    return f"('0x' || md5({text(columns, seed)})[1:15])::BIGINT"


def text(columns: Sequence[Column], seed: int) -> str:
    """SQL: the text of a row."""
    cells = [canonical(column) for column in sorted(columns, key=lambda column: column.name)]
    return f"concat_ws({engine.literal(_BETWEEN)}, {', '.join([engine.literal(str(seed)), *cells])})"


def canonical(column: Column) -> str:
    """SQL: the text of one value, the same whatever type the column was found to have."""
    shown = as_text(column)
    if column.type.is_numeric or column.type is ColumnType.STRING:
        value = f"TRY_CAST({engine.quote(column.name)} AS DOUBLE)"
        whole = f"abs({value}) < 9e15 AND trunc({value}) = {value}"
        short = f"CAST(CASE WHEN {whole} THEN CAST({value} AS BIGINT) END AS VARCHAR)"
        short = f"coalesce({short}, CAST({value} AS VARCHAR))"
        shown = f"coalesce({short}, {shown})"
    return f"coalesce({shown}, {engine.literal(_MISSING)})"


def shown(columns: Sequence[Column]) -> str:
    """SQL: the values of some columns in words, in the order given."""
    cells = [
        f"coalesce(nullif({canonical(column)}, {engine.literal(_MISSING)}), '{MISSING}')" for column in columns
    ]
    return f"concat_ws(', ', {', '.join(cells)})"
