"""Some rows for all, where all would take too long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mainspring.data import Table

MOST_ROWS: Final = 20_000


def some_rows(table: Table) -> Table:
    """At most 20,000 rows of a table, drawn from all of them, always the same."""
    if table.num_rows <= MOST_ROWS:
        return table
    return table.sql("SELECT * FROM this USING SAMPLE reservoir(20000 ROWS) REPEATABLE (0)")
