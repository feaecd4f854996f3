"""Labelled rows in the order of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.data import Column, ColumnType, Table
from mainspring.data.engine import quote
from mainspring.data.splits.moments import as_moment, check_column
from mainspring.evaluation.reading import check_columns

_MOMENT: Final = "mainspring.moment"
_MICROSECONDS: Final = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """Rows, oldest first, and when each of them was.

    Attributes:
        rows: The rows.
        times: In seconds since the epoch (or in the unit of a column of numbers), ascending, shape ``[rows]``.
    """

    rows: Table
    times: npt.NDArray[np.float64]

    @classmethod
    def of(cls, rows: Table, *, time: str, label: str) -> Self:
        """The rows of a table that have a time and a label, in order; of one time in the order of the table.

        Args:
            rows: The table.
            time: The column that says when: dates, timestamps, ISO 8601 texts, or numbers (seconds).
            label: The column of the truth.

        Raises:
            InputError: If a column does not exist or has no order in time, or no row has both.
        """
        check_columns(rows, [time, label])
        column = Column(time, rows.type_of(time))
        check_column(column)
        moment = quote(_MOMENT)
        wanted = (
            f"SELECT *, ({as_moment(column)})::DOUBLE AS {moment}",
            "FROM this",
            f"WHERE {moment} IS NOT NULL AND {quote(label)} IS NOT NULL",
            f"ORDER BY {moment}, row_number() OVER ()",
        )
        sorted_rows = rows.sql(" ".join(wanted))
        if not sorted_rows.num_rows:
            raise InputError(f"no row has both {time!r} and {label!r}", expected="labelled rows with a time")
        moments = sorted_rows.column(_MOMENT)
        scale = 1.0 if column.type in (ColumnType.INT, ColumnType.FLOAT) else _MICROSECONDS
        return cls(sorted_rows.drop([_MOMENT]), moments / scale)

    def __len__(self) -> int:
        return len(self.times)

    def place(self, moment: float) -> int:
        """How many rows were before a moment."""
        return int(np.searchsorted(self.times, moment, side="left"))

    def between(self, since: float | None, until: float | None) -> Table:
        """The rows from one moment up to and without another."""
        first = 0 if since is None else self.place(since)
        return self.rows.rows(first, len(self) if until is None else self.place(until))
