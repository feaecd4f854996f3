"""Computing statistics of tables: :func:`summarize` and what it is made of."""

from mainspring.data.profiling.building import StatisticsBuilder, summarize_parts
from mainspring.data.profiling.numbers import numbers_of
from mainspring.data.profiling.options import Options
from mainspring.data.profiling.summarizing import summarize, summarize_table

__all__ = ["Options", "StatisticsBuilder", "numbers_of", "summarize", "summarize_parts", "summarize_table"]
