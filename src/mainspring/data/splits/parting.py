"""Parting: from a number per row to the tables of the splits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from mainspring.core.errors import InputError
from mainspring.data import engine, stored
from mainspring.data.splits.row_numbers import RowNumbers
from mainspring.data.tables import Table

Parted = tuple[dict[str, Table], RowNumbers]
"""The rows of each split, and for each split the numbers (from 1) of its rows in the source."""

LARGE: Final = 50_000_000
"""Splits of more cells are kept in files of the process."""

_MOST: Final = 200


def parted(
    table: Table, parts: engine.Relation, names: Sequence[str], *, drop: Sequence[str] = (), fix: str
) -> Parted:
    """The splits of a table.

    Args:
        table: The rows.
        parts: One column ``part``: for each row of the table, in order, the place of its split in ``names``;
            NULL for a row that is in none.
        names: The names of the splits.
        drop: Columns that the splits do without.
        fix: What to do if a split has no row.

    Raises:
        InputError: If a split has no row.
    """
    kept = table.drop(drop) if drop else table
    counts = dict(engine.fetch(f"SELECT part, count(*) FROM {parts.name} GROUP BY part"))  # noqa: S608 - our own name
    empty = [name for place, name in enumerate(names) if not counts.get(place)]
    if empty:
        raise InputError(
            f"no row falls into split {', '.join(empty)}",
            where=f"{table.num_rows} rows",
            expected="rows for every split",
            fix=fix,
        )
    tables = {
        name: _rows(kept, f"POSITIONAL JOIN {parts.name} AS parts WHERE parts.part = {place}", counts[place])
        for place, name in enumerate(names)
    }
    numbers = {
        name: f"SELECT rowid + 1 AS row FROM {parts.name} WHERE part = {place}"  # noqa: S608 - our own name
        for place, name in enumerate(names)
    }
    return tables, RowNumbers(numbers, parts)


def _rows(table: Table, choice: str, count: int) -> Table:
    query = f"SELECT rows.* FROM ({table.query()}) AS rows {choice}"  # noqa: S608 - our own names
    return Table.of_lying(stored.kept(query, large=count * len(table.columns) > LARGE))


def assign(query: str, part: str) -> engine.Relation:
    """Each row's split by an expression over its own values alone."""
    return engine.Relation.of(f"SELECT CAST({part} AS UTINYINT) AS part FROM ({query})")  # noqa: S608 - names are quoted


def assign_ranked(table: Table, keys: Mapping[str, str], windows: Mapping[str, str], part: str) -> engine.Relation:
    """Each row's split by its rank among others.

    Args:
        keys: Names and expressions over the row's own values.
        windows: Names and window expressions over the keys.
        part: The split, over keys and windows.
    """
    given = ", ".join(f"{sql} AS {name}" for name, sql in keys.items())
    ranked = ", ".join(f"{sql} AS {name}" for name, sql in windows.items())
    return engine.Relation.of(
        f"SELECT CAST({part} AS UTINYINT) AS part FROM (SELECT *, {ranked} FROM "  # noqa: S608 - names are quoted
        f"(SELECT {given}, row_number() OVER () AS place FROM ({table.query()}))) ORDER BY place"
    )


def check_shares(shares: Mapping[str, object], *, where: str | None = None) -> dict[str, int]:
    """Shares as positive whole numbers.

    Raises:
        InputError: If they are not.
    """
    wrong = [one for one in shares.values() if not isinstance(one, int) or isinstance(one, bool) or one < 1]
    if not shares or wrong or len(shares) > _MOST:
        raise InputError(
            f"shares of splits: {dict(shares)}",
            where=where,
            expected="positive whole numbers, such as train 3, eval 1",
        )
    return {name: share for name, share in shares.items() if isinstance(share, int)}


def place(limits: Iterable[str], position: str) -> str:
    """SQL: how many of the limits, which ascend, a position is not below."""
    whens = [f"WHEN {position} < {limit} THEN {number}" for number, limit in enumerate(limits)]
    return f"CASE {' '.join(whens)} END"
