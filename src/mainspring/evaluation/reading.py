"""Reading a table to judge it: the columns that it must have, and the answers to it, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mainspring.core import InputError
from mainspring.evaluation.predictions import Predictions

if TYPE_CHECKING:
    from mainspring.data import Table
    from mainspring.evaluation.ports import Predictor


def check_columns(table: Table, needed: Sequence[str], *, fix: str = "") -> None:
    """Refuse a table that lacks columns.

    Raises:
        InputError: With those that it lacks, and those that it has.
    """
    missing = [name for name in needed if name not in table.names]
    if missing:
        raise InputError(
            f"no column {', '.join(map(repr, missing))} in the table",
            expected="one of " + ", ".join(table.names),
            fix=fix,
        )


def check_length(predictor: Predictor | Predictions, table: Table) -> None:
    """Refuse predictions that were made for other rows; what has yet to predict is right for any.

    Raises:
        InputError: If there are more or fewer of them than rows.
    """
    if isinstance(predictor, Predictions) and len(predictor) != table.num_rows:
        raise InputError(
            f"{len(predictor)} predictions for {table.num_rows} rows",
            expected="one prediction per row, in the order of the rows",
        )


def answered(
    predictor: Predictor | Predictions, table: Table, chunk_rows: int
) -> Iterator[tuple[int, Predictions, Table]]:
    """The pieces of a table, each with the number of its first row and the answers to it.

    Raises:
        InputError: If there is not one prediction per row, or the predictor cannot read the rows.
    """
    check_length(predictor, table)
    start = 0
    for chunk in table.chunks(chunk_rows):
        stop = start + chunk.num_rows
        found = predictor.rows(start, stop) if isinstance(predictor, Predictions) else predictor.predict(chunk)
        check_length(found, chunk)
        yield start, found, chunk
        start = stop
