"""Rows of a version: filtered, sorted, a page at a time; private values masked, erased people left out."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from mainspring.app.accounts import Role
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.data.gathering import catalogue
from mainspring.app.api.subjects.data.privacy import MASK, erased_subjects, is_private, private_columns
from mainspring.app.api.subjects.data.reading import rows_of
from mainspring.app.api.subjects.data.selecting import Condition, check_known, where_of
from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import engine
from mainspring.data.bundled import write_csv
from mainspring.data.celltypes import ColumnType

if TYPE_CHECKING:
    from mainspring.data.tables import Column, Table

PAGE: Final = 50
LARGEST: Final = 500
"""The most rows of a page."""
DOWNLOAD: Final = 10_000
"""The most rows of a download."""
SHOWN: Final = 60
"""The most columns of a page."""
_CUT: Final = 200
_NONE: Final[list[str]] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A column of the rows that are shown.

    Attributes:
        name: The column.
        type: The type of its values.
        masked: Whether its values are not shown.
        private: Whether the schema marks it as private.
    """

    name: str
    type: str
    masked: bool
    private: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsPage:
    """Some rows.

    Attributes:
        split: The split they are from.
        splits: All splits.
        columns: What is shown of them.
        others: Columns that are not shown, because there are so many.
        rows: The values, as text; ``None`` where missing.
        total: How many rows meet the conditions.
        offset: How many come before.
        erased: Whether rows of people who were erased are left out.
        revealed: Whether private values are shown.
    """

    split: str
    splits: Sequence[str]
    columns: Sequence[Shown]
    others: Sequence[str]
    rows: Sequence[Sequence[str | None]]
    total: int
    offset: int
    erased: bool
    revealed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file to be kept.

    Attributes:
        name: What it is to be called.
        media: Its media type.
        data: Its bytes.
    """

    name: str
    media: str
    data: bytes


@operation("data.rows", "GET", "/data/{name}/versions/{version}/rows")
def rows(
    desk: Desk,
    name: str,
    version: str = "latest",
    *,
    split: str = "",
    where: list[str] = _NONE,
    columns: list[str] = _NONE,
    sort: str = "",
    down: bool = False,
    offset: int = 0,
    limit: int = PAGE,
) -> RowsPage:
    """Rows of a version; private values are masked, rows of erased people are left out.

    Args:
        split: The split; the first by default.
        where: Conditions that all must hold: a JSON list of a column, an operator and a value, such as
            ``["age", ">=", "40"]``. Operators: ``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, ``contains``,
            ``missing``, ``present``. A private column can be asked for ``missing`` and ``present`` alone.
        columns: Only these columns.
        sort: A column to sort by; the order of the source by default.
        down: The largest first.
        offset: How many rows to pass over.
        limit: How many to show, 500 at most.
    """
    wish = _Wish(split=split, where=where, columns=columns, sort=sort, down=down, offset=offset, limit=limit)
    return _page(desk, name, version, wish, revealed=False)


@operation(
    "data.reveal_rows", "GET", "/data/{name}/versions/{version}/revealed", role=Role.ADMIN, audited=True, like=rows
)
def revealed(desk: Desk, name: str, version: str = "latest", **given: Any) -> RowsPage:
    """Rows of a version with the values of private columns. The audit trail says who looked.

    The arguments are those of ``data.rows``. Rows of erased people are left out here, too.
    """
    return _page(desk, name, version, _Wish(**given), revealed=True)


@operation(
    "data.download",
    "GET",
    "/data/{name}/versions/{version}/download",
    audited=True,
    like=rows,
    without=("offset", "limit"),
)
def download(
    desk: Desk, name: str, version: str = "latest", *, kind: Literal["csv", "parquet"] = "csv", **given: Any
) -> File:
    """The rows that are shown as a file, 10,000 of them at most; private values stay masked.

    The other arguments are those of ``data.rows``.

    Args:
        kind: How the file is written.
    """
    wish = _Wish(**given, limit=DOWNLOAD)
    chosen = _Chosen(desk, name, version, wish, revealed=False)
    table = chosen.table.sql(chosen.query([_plain(one, masked) for one, masked in chosen.columns], DOWNLOAD, 0))
    stem = f"{name}-{chosen.version}-{chosen.split}"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"rows.{kind}"
        if kind == "csv":
            write_csv(table, file)
        else:
            table.write_parquet(file)
        data = file.read_bytes()
    media = "text/csv; charset=utf-8" if kind == "csv" else "application/vnd.apache.parquet"
    return File(name=f"{stem}.{kind}", media=media, data=data)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    split: str = ""
    where: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    sort: str = ""
    down: bool = False
    offset: int = 0
    limit: int = PAGE


class _Chosen:
    """The rows that were asked for, as a query."""

    def __init__(self, desk: Desk, name: str, version: str, wish: _Wish, *, revealed: bool) -> None:
        found = catalogue(desk.shared).version(name, version)
        tables = rows_of(desk.shared, found)
        self.version, self.splits = found.number, list(tables)
        self.split = wish.split or self.splits[0]
        if self.split not in tables:
            raise NotFoundError(f"there is no split {self.split!r}", expected="one of " + ", ".join(tables))
        self.table: Table = tables[self.split]
        self.hidden = private_columns(desk.shared, found)
        closed = frozenset[str]() if revealed else self.hidden
        check_known(self.table.names, [*wish.columns, *([wish.sort] if wish.sort else [])])
        self.columns = [
            (one, is_private(one.name, closed))
            for one in self.table.columns
            if not wish.columns or one.name in wish.columns
        ]
        conditions = [Condition.parse(one) for one in wish.where]
        if wish.sort and is_private(wish.sort, closed):
            raise InputError(
                f"the column {wish.sort!r} is private: its order would tell its values",
                fix="sort by another column",
            )
        self.where = where_of(self.table, conditions, closed)
        self.erased = self._without(erased_subjects(desk.shared))
        end = "DESC" if wish.down else "ASC"
        self._order = f"ORDER BY {engine.quote(wish.sort)} {end} NULLS LAST" if wish.sort else ""

    def query(self, cells: Sequence[str], limit: int, offset: int) -> str:
        part = f"LIMIT {limit} OFFSET {offset}"
        return " ".join(["SELECT", ", ".join(cells), "FROM this WHERE", self.where, self._order, part])

    def count(self) -> int:
        if self.where == "true":
            return self.table.num_rows
        query = " ".join(["SELECT count(*) AS n FROM this WHERE", self.where])
        found: int = self.table.sql(query).to_columns()["n"][0]
        return found

    def _without(self, subjects: frozenset[str]) -> bool:
        """Leave out rows in which a column holds the name of somebody who was erased from the log."""
        named = [one for one in self.table.columns if one.type in (ColumnType.STRING, ColumnType.INT)]
        if not subjects or not named:
            return False
        listed = ", ".join(engine.literal(one) for one in sorted(subjects))
        for one in named[:LARGEST]:
            cell = f"coalesce(sha256(CAST({engine.quote(one.name)} AS VARCHAR)), '')"
            self.where += f" AND {cell} NOT IN ({listed})"
        return True


def _page(desk: Desk, name: str, version: str, wish: _Wish, *, revealed: bool) -> RowsPage:
    if wish.offset < 0 or not 1 <= wish.limit <= LARGEST:
        raise InputError(
            f"{wish.limit} rows after {wish.offset}", expected=f"1 to {LARGEST} rows, after 0 or more"
        )
    chosen = _Chosen(desk, name, version, wish, revealed=revealed)
    shown = chosen.columns[:SHOWN]
    found = chosen.table.sql(chosen.query([_cell(one, masked) for one, masked in shown], wish.limit, wish.offset))
    cells = [found.to_columns()[one.name] for one in found.columns]
    return RowsPage(
        split=chosen.split,
        splits=chosen.splits,
        columns=[
            Shown(
                name=one.name,
                type=str(one.type),
                masked=masked,
                private=is_private(one.name, chosen.hidden),
            )
            for one, masked in shown
        ],
        others=[one.name for one, _ in chosen.columns[SHOWN:]],
        rows=[list(row) for row in zip(*cells, strict=True)] if cells else [],
        total=chosen.count(),
        offset=wish.offset,
        erased=chosen.erased,
        revealed=revealed,
    )


def _cell(column: Column, masked: bool) -> str:
    """SQL: a cell as text that can be shown; what is large is told by its size."""
    name = engine.quote(column.name)
    if masked:
        return f"CASE WHEN {name} IS NULL THEN NULL ELSE {engine.literal(MASK)} END AS {name}"
    if column.type is ColumnType.BYTES:
        return f"octet_length({name})::VARCHAR || ' bytes' AS {name}"
    text = f"CAST({name} AS VARCHAR)"
    more = f"'… (' || length({text}) || ' characters)'" if column.nested else "'…'"
    return f"CASE WHEN length({text}) > {_CUT} THEN left({text}, {_CUT}) || {more} ELSE {text} END AS {name}"


def _plain(column: Column, masked: bool) -> str:
    name = engine.quote(column.name)
    return _cell(column, masked) if masked else name
