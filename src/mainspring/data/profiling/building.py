"""Statistics of rows that come in parts: windows of a stream, files, spans, what other processes found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mainspring.core.errors import InputError
from mainspring.data.profiling.options import Options
from mainspring.data.profiling.summarizing import summarize_table
from mainspring.data.statistics import TableStatistics, check_mergeable, merge_all
from mainspring.data.tables import Table

_TOGETHER: Final = 32


class StatisticsBuilder:
    """Statistics of rows that come bit by bit, at any time those of the rows so far.

    Counts, moments and extremes are those of one pass over all rows. Estimates stay in
    their bounds however many bits there are: parts are merged thirty-two at a time, not one after the other.
    Not for several threads at once; give each a builder of its own and merge what they found.

    Example:
        >>> builder = StatisticsBuilder()
        >>> for window in ([1.0, 2.0], [3.0]):
        ...     builder.update(Table.from_columns({"fare": window}))
        >>> builder.statistics.feature("fare").numbers.mean
        2.0
    """

    def __init__(self, options: Options | None = None) -> None:
        self._options = options or Options()
        self._parts: list[list[TableStatistics]] = []
        self._rows = 0

    @property
    def num_examples(self) -> int:
        """Rows so far."""
        return self._rows

    @property
    def statistics(self) -> TableStatistics:
        """The statistics of the rows so far.

        Raises:
            InputError: If there was no table yet, not even one without rows.
        """
        if not self._parts:
            raise InputError("no rows came yet", expected="a table, given to update()")
        return merge_all([part for parts in reversed(self._parts) for part in parts])

    def update(self, table: Table) -> None:
        """Take in some rows.

        Raises:
            InputError: If the columns are not those of the rows before; nothing is taken in then.
        """
        import numpy as np

        origin = np.arange(self._rows + 1, self._rows + table.num_rows + 1)
        self.add(summarize_table(table, origin=origin, options=self._options))

    def add(self, statistics: TableStatistics) -> None:
        """Take in the statistics of some rows.

        Raises:
            InputError: If the columns are not those of the rows before; nothing is taken in then.
        """
        known = next((part for parts in self._parts for part in parts), None)
        if known is not None:
            check_mergeable(known, statistics)
        self._rows += statistics.num_examples
        self._carry(statistics, 0)

    def _carry(self, statistics: TableStatistics, level: int) -> None:
        if level == len(self._parts):
            self._parts.append([])
        self._parts[level].append(statistics)
        if len(self._parts[level]) == _TOGETHER:
            whole = merge_all(self._parts[level])
            self._carry(whole, level + 1)
            self._parts[level] = []


def summarize_parts(tables: Iterable[Table], *, options: Options | None = None) -> TableStatistics:
    """The statistics of many tables as of one: files, spans or windows with the same columns.

    Each is described and let go before the next is asked for.

    Raises:
        InputError: If there is no table, or their columns differ.

    Example:
        >>> files = (Table.from_columns({"x": [day, day + 1]}) for day in range(3))
        >>> summarize_parts(files).feature("x").numbers.mean
        1.5
    """
    builder = StatisticsBuilder(options)
    for table in tables:
        builder.update(table)
    return builder.statistics
