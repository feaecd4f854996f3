"""Cutting rows into slices: what can be sliced by, and who cuts a table or its chunks."""

from mainspring.evaluation.slicing.coding import MOST_NUMBERS, number_text
from mainspring.evaluation.slicing.slicer import MIN_SLICE_SIZE, MOST_SLICES, Sliced, Slicer, slice_rows
from mainspring.evaluation.slicing.specs import (
    CROSS,
    MISSING,
    RARE,
    Part,
    Range,
    SliceForm,
    SliceSpec,
    parse_specs,
    ranges,
)

__all__ = [
    "CROSS",
    "MIN_SLICE_SIZE",
    "MISSING",
    "MOST_NUMBERS",
    "MOST_SLICES",
    "Part",
    "RARE",
    "Range",
    "SliceForm",
    "SliceSpec",
    "Sliced",
    "Slicer",
    "number_text",
    "parse_specs",
    "ranges",
    "slice_rows",
]
