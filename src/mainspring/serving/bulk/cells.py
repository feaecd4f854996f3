"""From a column of data to a column of the model: what the engine reads, and how it tells what does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mainspring.data import ColumnType, engine
from mainspring.data.celltypes import fits
from mainspring.data.columns import Column, as_text
from mainspring.models.inputs import EXPECTED
from mainspring.models.signature import Field

_NAN: Final = "'nan'::DOUBLE"
_NUMBERS: Final = frozenset({ColumnType.INT, ColumnType.FLOAT, ColumnType.BOOL})


@dataclass(frozen=True, slots=True)
class Cell:
    """How one column of the model is read.

    Attributes:
        field: The column of the model.
        column: The name of the column of the data; ``None`` if it has none, and every value is missing.
        value: SQL of the value: a double with NaN for missing, or a text with NULL for missing.
        wrong: SQL that is true where a value is there and cannot be read; ``None`` where that cannot be.
        as_words: The value is a number, and the model takes it as text.
    """

    field: Field
    column: str | None
    value: str
    wrong: str | None = None
    as_words: bool = False

    @property
    def is_text(self) -> bool:
        """Whether the engine gives texts."""
        return self.field.datatype == "BYTES" and not self.as_words


def cell_of(field: Field, column: Column) -> Cell | None:
    """How a column of the model is read from a column of the data; ``None`` if that has values of another kind.

    Text is read as a number where it is one: what is none is found row by row.
    """
    name = engine.quote(column.name)
    if field.datatype == "BYTES":
        if column.type in _NUMBERS:
            return Cell(field, column.name, _number(name), as_words=True)
        return Cell(field, column.name, as_text(column))
    if column.type in _NUMBERS:
        return Cell(field, column.name, _number(name))
    if column.type is not ColumnType.STRING:
        return None
    kind = ColumnType.BOOL if field.datatype == "BOOL" else ColumnType.FLOAT
    fitting = fits(name, kind)
    cast = "BOOLEAN" if kind is ColumnType.BOOL else "DOUBLE"
    value = f"CASE WHEN {fitting} THEN TRY_CAST(trim({name}) AS {cast}) END"
    return Cell(field, column.name, _number(value), f"coalesce(NOT {fitting}, false)")


def absent(field: Field) -> Cell:
    """A column that the data does not have."""
    return Cell(field, None, "CAST(NULL AS VARCHAR)" if field.datatype == "BYTES" else _NAN)


def expected(field: Field) -> str:
    """What a value of a column of the model must be, in words."""
    return EXPECTED[field.datatype] + (" or nothing" if field.nullable else "")


def _number(cell: str) -> str:
    return f"coalesce(CAST({cell} AS DOUBLE), {_NAN})"
