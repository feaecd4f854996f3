"""Computing statistics of tables: :func:`summarize` and what it is made of."""

from mainspring.data.profiling.tables import numbers_of, summarize, summarize_table

__all__ = ["numbers_of", "summarize", "summarize_table"]
