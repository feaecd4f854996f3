"""Drawing rows so that the same rows are drawn whatever their order and wherever they lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.splits import keys
from mainspring.data.statistics.table import Sample
from mainspring.data.tables import Table

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_NUMBERS: Final = 1 << 60


def sample_rows(
    table: Table,
    *,
    rate: float | None = None,
    rows: int | None = None,
    by: str | Sequence[str] = (),
    seed: int = 0,
) -> tuple[Table, Sample]:
    """Some of the rows, in their order, and how they were drawn.

    Each row has a number that depends on its values and the seed alone (the first 60 bits of an MD5). With a
    rate, the rows whose number is small enough are drawn: samples of parts are together the sample of the whole.
    With a number of rows, those with the smallest numbers are drawn: a sample of the samples of parts is the
    sample of the whole. Equal rows have equal numbers, so a rate draws all of them or none.

    Args:
        rate: The share of the rows to draw, from 0 to 1.
        rows: How many rows to draw, instead of a rate; all if there are fewer.
        by: Columns whose values alone decide, such as an id: rows that agree in them stay together under a rate.
        seed: Another seed draws other rows.

    Raises:
        InputError: If not exactly one of ``rate`` and ``rows`` is given, one is out of range, or a column does not
            exist.

    Example:
        >>> table = Table.from_columns({"id": list(range(1000))})
        >>> drawn, sample = sample_rows(table, rows=10)
        >>> drawn.num_rows, sample.rate
        (10, 0.01)
    """
    if (rate is None) == (rows is None):
        raise InputError("a sample needs a rate or a number of rows", expected="exactly one of rate and rows")
    if rate is not None and not 0.0 <= rate <= 1.0:
        raise InputError(f"a rate of {rate}", expected="a share of the rows, from 0 to 1")
    if rows is not None and rows < 0:
        raise InputError(f"{rows} rows", expected="0 or more")
    number = keys.number(keys.columns_of(table, by), seed)
    if rate is not None:
        condition = f"{number} < {int(rate * _NUMBERS)}"
        query = f"SELECT * FROM ({table.query()}) WHERE {condition}"  # noqa: S608 - names are quoted
        return Table.of_query(query), Sample(rate, seed, table.num_rows)
    wanted = min(rows or 0, table.num_rows)
    share = wanted / table.num_rows if table.num_rows else 1.0
    return _smallest(table, number, wanted), Sample(share, seed, table.num_rows)


def spread_rows(table: Table, rows: int, *, seed: int = 0) -> Table:
    """Rows spread evenly over a table, in their order: one by chance of each of so many equal stretches.

    Unlike :func:`sample_rows` it looks at places, not at values: equal rows are drawn in proportion.

    Args:
        rows: How many rows to draw; all if there are fewer.
        seed: Another seed draws other rows.

    Raises:
        InputError: If the number of rows is negative.

    Example:
        >>> spread_rows(Table.from_columns({"x": [0, 1, 2, 3, 4, 5]}), 3).num_rows
        3
    """
    import numpy as np

    if rows < 0:
        raise InputError(f"{rows} rows", expected="0 or more")
    if table.num_rows <= rows:
        return table
    if rows == 0:
        return table.rows(0, 0)
    chance = np.random.default_rng(seed).random(rows)
    return rows_at(table, np.floor((np.arange(rows) + chance) * (table.num_rows / rows)).astype(np.int64))


def rows_at(table: Table, places: npt.NDArray[np.int64]) -> Table:
    """The rows at these places, counted from 0, in their order and each once."""
    import numpy as np

    held = engine.Relation.of_object({"row": np.unique(places) + 1})
    row = engine.quote("\x1frow")
    numbered = f"SELECT *, row_number() OVER () AS {row} FROM ({table.query()})"  # noqa: S608 - our own names
    return Table.of_query(
        f"SELECT {engine.as_list(table.names)} FROM ({numbered}) "  # noqa: S608 - names are quoted
        f"WHERE {row} IN (SELECT row FROM {held.name}) ORDER BY {row}"
    )


def _smallest(table: Table, number: str, wanted: int) -> Table:
    import numpy as np

    with engine.cursor() as found:
        query = " ".join(("SELECT", number, "AS h FROM (", table.query(), ")"))
        numbers = np.asarray(found.execute(query).fetchnumpy()["h"])
    # Rows of one number are equal, or so nearly never not that the first of them may stand for all.
    return rows_at(table, np.argsort(numbers, kind="stable")[:wanted])
