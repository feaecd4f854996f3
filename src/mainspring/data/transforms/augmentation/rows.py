"""Rows as plain columns, and how made rows go behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from mainspring.core.errors import InputError
from mainspring.data.celltypes import ColumnType

if TYPE_CHECKING:
    import numpy as np

    from mainspring.data.tables import Table


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of a table, ready to make further ones of.

    Attributes:
        numbers: Names of the columns of numbers, without the label.
        words: Names of all other columns, without the label.
        matrix: ``[n, numbers]``, NaN for missing.
        values: Every column as it is, missing values as ``None``.
        types: Of every column.
        classes: Index of each row's class; all 0 without a label.
        label: Name of the label.
        found: The classes.
    """

    numbers: tuple[str, ...]
    words: tuple[str, ...]
    matrix: np.ndarray
    values: dict[str, list[Any]]
    types: dict[str, ColumnType]
    classes: np.ndarray
    label: str | None
    found: tuple[Any, ...]

    @classmethod
    def of(cls, table: Table, label: str | None) -> Self:
        """The rows of a table.

        Raises:
            InputError: If there is no such label, or it is missing in rows.
        """
        import numpy as np

        if label is not None and label not in table.names:
            raise InputError(f"there is no label column {label!r}", expected="one of " + ", ".join(table.names))
        values = table.to_columns()
        types = {column.name: column.type for column in table.columns}
        others = [name for name in table.names if name != label]
        numbers = tuple(name for name in others if types[name].is_numeric)
        classes, found = np.zeros(table.num_rows, dtype=np.int64), tuple[Any, ...]()
        if label is not None:
            if any(value is None for value in values[label]):
                raise InputError(f"the label {label!r} is missing in rows", expected="a label in every row")
            found = tuple(sorted(set(values[label]), key=lambda value: (str(type(value)), value)))
            places = {value: place for place, value in enumerate(found)}
            classes = np.array([places[value] for value in values[label]], dtype=np.int64)
        columns = [table.column(name) for name in numbers]
        matrix = np.stack(columns, axis=1) if columns else np.empty((table.num_rows, 0))
        words = tuple(name for name in others if name not in numbers)
        return cls(numbers, words, matrix, values, types, classes, label, found)

    @property
    def counts(self) -> np.ndarray:
        """Rows per class."""
        import numpy as np

        return np.bincount(self.classes, minlength=max(len(self.found), 1))


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """Rows that were made.

    Attributes:
        parents: The row that each was made from, ``[m]``; what ``changed`` does not name is as there.
        changed: Columns with new values, ``[m]`` each.
    """

    parents: np.ndarray
    changed: dict[str, Sequence[Any]]


def with_made(table: Table, rows: Rows, made: Made) -> Table:
    """The rows of a table, then those that were made. Whole numbers stay whole."""
    if not len(made.parents):
        return table
    parents = made.parents.tolist()
    columns: dict[str, Sequence[Any]] = {}
    for name, values in rows.values.items():
        new = made.changed.get(name)
        if new is None:
            columns[name] = [values[parent] for parent in parents]
        elif rows.types[name] is ColumnType.INT:
            columns[name] = [None if value is None or value != value else round(value) for value in new]
        else:
            columns[name] = [value.item() if hasattr(value, "item") else value for value in new]
    plain = {name: type_ for name, type_ in rows.types.items() if not type_.is_nested}
    return table.concat(type(table).from_columns(columns, plain))
