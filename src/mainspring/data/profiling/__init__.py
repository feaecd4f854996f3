"""Computing statistics of tables: :func:`summarize` and what it is made of."""

from mainspring.data.profiling.building import StatisticsBuilder, summarize_parts
from mainspring.data.profiling.generators import Generator, register
from mainspring.data.profiling.numbers import numbers_of
from mainspring.data.profiling.options import Options
from mainspring.data.profiling.recognition import recognise
from mainspring.data.profiling.sampling import rows_at, sample_rows, spread_rows
from mainspring.data.profiling.slices import slice_tables
from mainspring.data.profiling.summarizing import described, summarize, summarize_table
from mainspring.data.profiling.text import Vocabulary

__all__ = [
    "Generator",
    "Options",
    "StatisticsBuilder",
    "Vocabulary",
    "described",
    "numbers_of",
    "recognise",
    "register",
    "rows_at",
    "sample_rows",
    "slice_tables",
    "spread_rows",
    "summarize",
    "summarize_parts",
    "summarize_table",
]
