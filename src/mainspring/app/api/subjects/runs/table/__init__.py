"""All runs as one table: states, times, models, parameters and metrics, kept in memory and on disk.

A run that is complete never changes, so it is read once. What was touched since the last look is read again.
"""

from mainspring.app.api.subjects.runs.table.columns import Column, columns_of, shown_first
from mainspring.app.api.subjects.runs.table.expressions import Filter
from mainspring.app.api.subjects.runs.table.keeping import RunTable, table_of
from mainspring.app.api.subjects.runs.table.rows import Row

__all__ = ["Column", "Filter", "Row", "RunTable", "columns_of", "shown_first", "table_of"]
