"""The rows of a window, told apart by the values of columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mainspring.core.errors import InputError
from mainspring.core.slices import Slice
from mainspring.data import Column, ColumnType, Table
from mainspring.data.columns import as_text
from mainspring.data.engine import FEW_ROWS, literal, quote
from mainspring.data.profiling import slice_tables
from mainspring.data.statistics.slices import MISSING
from mainspring.monitoring.windows.window import Window

MOST_VALUES: Final = 20
OTHER: Final = "(other)"
"""Stands for the rarer values of a column that has too many."""
_WHOLE: Final = 9e15


def sliced(window: Window | Table, columns: Sequence[str], *, most: int = MOST_VALUES) -> dict[Slice, Table]:
    """The rows of a window by the value of each column, column after column, the most frequent values first.

    Rows without a value are in the slice ``(missing)``; those whose value is not among the most frequent are in
    the slice ``(other)``. Columns that the window does not have are left out (it may be that nobody
    sent them), and those of lists or structures.

    Args:
        window: Of which the rows are.
        columns: Each is taken by itself.
        most: How many values of a column have a slice of their own.

    Raises:
        InputError: If ``most`` is not positive.

    Example:
        >>> rows = Table.from_columns({"sex": ["F", "M", "F", None]})
        >>> {str(one): part.num_rows for one, part in sliced(rows, ["sex"], most=1).items()}
        {'sex=F': 2, 'sex=(other)': 2}
    """
    if most < 1:
        raise InputError(f"slices of {most} values", expected="at least 1")
    table = window if isinstance(window, Table) else window.table
    found: dict[Slice, Table] = {}
    for name in dict.fromkeys(columns):
        if table.num_rows and name in table.names and not table.type_of(name).is_nested:
            found |= _of_column(table, name, most)
    return found


def rules(table: Table, name: str, most: int = MOST_VALUES) -> list[Mapping[str, Any]]:
    """The same slices of a column in the form that :func:`mainspring.data.summarize` takes them.

    Args:
        table: The rows.
        name: The column.
        most: How many values have a slice of their own.
    """
    column = _column(table, name)
    texts, more = _most_frequent(table, column, most)
    found: list[Mapping[str, Any]] = [{name: [_named(column, text) for text in texts]}]
    return [*found, {str(Slice.of({name: OTHER})): _others(column, texts)}] if more else found


def _of_column(table: Table, name: str, most: int) -> dict[Slice, Table]:
    column = _column(table, name)
    texts, more = _most_frequent(table, column, most)
    values = [_named(column, text) for text in texts]
    parts = slice_tables(table, [{name: values}])
    found = {one: parts[str(one)] for one in (Slice.of({name: value}) for value in values)}
    if more:
        found[Slice.of({name: OTHER})] = table.where(_others(column, texts))
    return found


def _column(table: Table, name: str) -> Column:
    return next(column for column in table.columns if column.name == name)


def _most_frequent(table: Table, column: Column, most: int) -> tuple[list[str | None], bool]:
    """The most frequent values as texts, and whether there are more."""
    if column.type is ColumnType.STRING and table.num_rows <= FEW_ROWS:
        counts = Counter(table.column(column.name).tolist())
        ordered = sorted(counts, key=lambda text: (-counts[text], text is None, text or ""))
        return ordered[:most], len(ordered) > most
    query = ("SELECT", as_text(column), "AS v FROM this GROUP BY 1 ORDER BY count(*) DESC, v NULLS LAST")
    texts = table.sql(" ".join((*query, f"LIMIT {most + 1}"))).to_columns()["v"]
    return texts[:most], len(texts) > most


def _others(column: Column, texts: Sequence[str | None]) -> str:
    """SQL: the rows whose value is not among the most frequent ones."""
    cell, missing = quote(column.name), str(None not in texts).lower()
    kept = ", ".join(literal(text) for text in texts if text is not None)
    other = f"{as_text(column)} NOT IN ({kept})" if kept else "true"
    return f"CASE WHEN {cell} IS NULL THEN {missing} ELSE {other} END"


def _named(column: Column, text: str | None) -> str:
    """A value as slices are named by it: whole numbers without a point."""
    if text is None:
        return MISSING
    whole = column.type is ColumnType.FLOAT and float(text).is_integer() and abs(float(text)) < _WHOLE
    return str(int(float(text))) if whole else text
