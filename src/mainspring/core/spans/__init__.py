"""Spans: data that comes in stretches of time or deliveries, each in files of its own.

Two rooms read the same text: pipelines, to know which content a run depends on, and data, to read it.

==========================================  ==========================================================
:mod:`~mainspring.core.spans.patterns`      where spans lie: ``data/{YYYY}/{MM}/{DD}/*.csv``
:mod:`~mainspring.core.spans.ranges`        which of them: ``latest``, ``10..20``, ``last 7 skip 1``
:mod:`~mainspring.core.spans.finding`       the files that are there
==========================================  ==========================================================
"""

from mainspring.core.spans.finding import Span, find_spans, settle
from mainspring.core.spans.patterns import Pattern, as_date, as_number, is_pattern, split_location
from mainspring.core.spans.ranges import ALL, LATEST, SpanRange, as_ranges, gaps_between, spans_text

__all__ = [
    "ALL",
    "LATEST",
    "Pattern",
    "Span",
    "SpanRange",
    "as_date",
    "as_number",
    "as_ranges",
    "find_spans",
    "gaps_between",
    "is_pattern",
    "settle",
    "spans_text",
    "split_location",
]
