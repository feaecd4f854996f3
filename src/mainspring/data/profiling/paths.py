"""The features of a table: its columns, the fields of structures, the elements of lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mainspring.data import engine
from mainspring.data.celltypes import ColumnType, from_engine
from mainspring.data.columns import Column
from mainspring.data.tables import Table

_ITEM = "item"


@dataclass(frozen=True, slots=True)
class Path:
    r"""A feature and how its values are read.

    Attributes:
        name: A field of a structure is named ``person.age``, a point in a name is written ``\.``.
        type: Of the innermost values.
        column: The column that holds it.
        cell: SQL: its value in a row, a list if ``depth`` is not 0.
        depth: How many lists are nested.
    """

    name: str
    type: ColumnType
    column: str
    cell: str
    depth: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether there is one value, or none, per row."""
        return self.depth == 0

    def unnested(self, rows: str, depth: int) -> str:
        """SQL: the values inside ``depth`` lists, as ``v``."""
        query = f"SELECT {self.cell} AS v FROM ({rows})"  # noqa: S608 - names are quoted
        for _ in range(depth):
            query = f"SELECT unnest(v) AS v FROM ({query})"  # noqa: S608 - our own query
        return query


def paths(table: Table) -> tuple[Path, ...]:
    """The features of a table in the order of its columns; a structure comes before its fields."""
    return tuple(path for column in table.columns for path in _of_column(column))


def path_of(table: Table, name: str) -> Path:
    """A feature by its name, or a column by its own.

    Raises:
        InputError: If there is none.
    """
    known = {path.name: path for path in paths(table)}
    if name not in known and escaped(name) not in known:
        table.type_of(name)
    return known[name] if name in known else known[escaped(name)]


def escaped(name: str) -> str:
    r"""The name of a column or field as a part of a path.

    Example:
        >>> print(escaped("v1.5"))
        v1\.5
    """
    return name.replace(".", "\\.")


def column_of(path: str) -> str:
    r"""The column of a path that is one: the inverse of :func:`escaped`.

    Example:
        >>> print(column_of(r"person\.age"))
        person.age
    """
    return path.replace("\\.", ".")


def _of_column(column: Column) -> Iterator[Path]:
    name = escaped(column.name)
    return _within(name, column, engine.quote(column.name), column.engine_type, column.type, 0)


def _within(name: str, column: Column, cell: str, kind: str, type_: ColumnType, depth: int) -> Iterator[Path]:
    while type_ is ColumnType.LIST:
        kind = _inner(kind)[0][1]
        type_ = from_engine(kind)
        depth += 1
    yield Path(name, type_, column.name, cell, depth)
    if type_ is ColumnType.STRUCT:
        for field, inner in _inner(kind):
            picked = _picked(cell, engine.quote(field), depth)
            yield from _within(f"{name}.{escaped(field)}", column, picked, inner, from_engine(inner), depth)


def _inner(kind: str) -> list[tuple[str, str]]:
    """The fields of an engine type with their types; of a list, its elements."""
    import duckdb

    return [(field, str(inner)) for field, inner in duckdb.sqltype(kind).children]


def _picked(cell: str, field: str, depth: int) -> str:
    """SQL: a field of the structures inside lists."""
    if depth == 0:
        return f"({cell}).{field}"
    item = f"{_ITEM}{depth}"
    return f"list_transform({cell}, lambda {item}: {_picked(item, field, depth - 1)})"
