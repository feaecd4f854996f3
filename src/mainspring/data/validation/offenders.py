"""Rows that show an anomaly: their numbers in the source, and the values that matter."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mainspring.data import engine
from mainspring.data.columns import as_text
from mainspring.data.examples import Examples
from mainspring.data.schema.declaration import Declaration
from mainspring.data.tables import Table
from mainspring.data.validation.anomalies import Anomaly, ExampleRow
from mainspring.data.validation.conditions import Condition, conditions

if TYPE_CHECKING:
    import numpy as np

MOST_ROWS: Final = 5
"""So many rows are kept as examples."""
_LONGEST: Final = 80


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of a split, and where each stood in the source.

    Attributes:
        table: The rows.
        origins: Gives the number of each in the source, from 1, when it is needed; ``None`` if it is not known.
    """

    table: Table
    origins: Callable[[], np.ndarray | None] = lambda: None

    @property
    def origin(self) -> np.ndarray | None:
        """The number of each row in the source, from 1; ``None`` if it is not known."""
        return self.origins()

    def number(self, row: int) -> int:
        """The number in the source of a row of the table, both from 1."""
        origin = self.origin
        return int(origin[row - 1]) if origin is not None and row <= len(origin) else row

    def numbered(self, name: str) -> str:
        """SQL: the rows with their number in the table as a further, first column."""
        return f"SELECT row_number() OVER () AS {engine.quote(name)}, * FROM ({self.table.query()})"  # noqa: S608 - names are quoted

    def show(self, numbers: Iterable[int], columns: Sequence[str]) -> dict[int, ExampleRow]:
        """The rows of these numbers in the table, with their values in some columns."""
        wanted = sorted(set(numbers))
        picked = [column for column in self.table.columns if column.name in columns]
        if not wanted:
            return {}
        if not picked:
            return {row: ExampleRow(self.number(row)) for row in wanted}
        name = free_name("row", self.table)
        cells = ", ".join(f"{as_text(column)}" for column in picked)
        found = engine.fetch(
            f"SELECT {engine.quote(name)}, {cells} FROM ({self.numbered(name)}) "  # noqa: S608 - names are quoted
            f"WHERE {engine.quote(name)} IN ({', '.join(map(str, wanted))})"
        )
        return {
            row: ExampleRow(
                self.number(row), {one.name: _shown(value) for one, value in zip(picked, values, strict=True)}
            )
            for row, *values in sorted(found)
        }


def rows_of(tables: Mapping[str, Table] | Examples | None) -> dict[str, Rows]:
    """The rows of every split that is given."""
    if tables is None:
        return {}
    if isinstance(tables, Examples):
        origins = functools.cache(tables.origins.get)
        return {name: Rows(table, functools.partial(origins, name)) for name, table in tables.splits.items()}
    return {name: Rows(table) for name, table in tables.items()}


def with_examples(
    anomalies: Sequence[Anomaly], schema: Declaration, rows: Mapping[str, Rows], *, environment: str
) -> list[Anomaly]:
    """The anomalies, those that single rows show with some of these rows: one query per split."""
    found = list(anomalies)
    for split, given in rows.items():
        known = {(one.path, one.type): one for one in conditions(schema, given.table, environment=environment)}
        wanted = {
            place: condition
            for place, anomaly in enumerate(found)
            if anomaly.split == split and not anomaly.slice and not anomaly.examples
            for condition in [known.get((anomaly.path, anomaly.type))]
            if condition is not None
        }
        numbers = _first_rows(given, list(wanted.values()))
        for (place, condition), first in zip(wanted.items(), numbers, strict=True):
            shown = given.show(first, condition.columns)
            found[place] = replace(found[place], examples=tuple(shown.values()))
    return found


def _first_rows(rows: Rows, wanted: Sequence[Condition]) -> list[list[int]]:
    """For each condition the numbers of the first few rows that are wrong, in one scan."""
    if not wanted:
        return []
    name = free_name("row", rows.table)
    row = engine.quote(name)
    picks = [f"min({row}, {MOST_ROWS}) FILTER (WHERE {one.sql})" for one in wanted]
    (found,) = engine.fetch(f"SELECT {', '.join(picks)} FROM ({rows.numbered(name)})")  # noqa: S608 - our own conditions
    return [list(numbers or ()) for numbers in found]


def free_name(name: str, table: Table) -> str:
    """A name for one more column of a table: this one, or the same with underscores before it."""
    taken = {column.name.lower() for column in table.columns}
    while name.lower() in taken:
        name = f"_{name}"
    return name


def _shown(value: object) -> str:
    text = "(missing)" if value is None else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
