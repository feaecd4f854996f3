"""The rows on which a package must answer as the model does: real ones, and those that break converters.

Kinds of rows: ``real``; ``missing`` (one column after the other without a value, and all of them); ``unseen`` (a
category that was not there in training); ``odd`` (zeros of both signs, tiny and huge numbers, texts that are
empty, long, of spaces or of other alphabets); ``boundary`` (values at the thresholds of trees and the edges of
buckets, and one step to either side, in float64 and in float32).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.data import Transform
from mainspring.models.boundaries import raw_boundaries
from mainspring.models.signature import Signature, empty_column

UNSEEN = "\u2047 never seen in training"
"""A category that no training data holds."""

ROWS_PER_COLUMN = 200
"""How many real rows are changed in each column."""

ODD_NUMBERS = {
    "FP64": (0.0, -0.0, 5e-324, 1e-300, -1e-300, 0.1, float(np.float32(0.1)), 2.0**53 + 2, 1e18, -1e18),
    "INT64": (0.0, -1.0, 1.0, 2.0**31, 2.0**53 + 2, -(2.0**62)),
    "BOOL": (0.0, 1.0),
}
"""Numbers that converters stumble over, by data type."""

MOST_WHOLE = 2.0**62
"""Whole numbers beyond this are not tried: they come close to the end of 64 bits."""

ODD_WORDS = (
    "",
    " ",
    "0",
    "nan",
    "None",
    "Ä É Ж",
    " a  b ",
    "a\tb",
    "a\u00a0b",
    "\u65e5\u672c",
    "e\u0301",
    "x" * 1000,
)
"""Texts that converters stumble over."""

Columns = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Challenge:
    """Rows of one kind, as raw columns."""

    kind: str
    columns: Columns

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))


def challenges(
    columns: Columns,
    signature: Signature,
    transform: Transform,
    boundaries: Mapping[int, npt.NDArray[np.float64]],
) -> list[Challenge]:
    """All challenges that these real rows give rise to.

    Args:
        columns: Real rows.
        signature: Says which columns may be missing, and which hold categories.
        transform: Says how a threshold of the matrix reads in a raw column.
        boundaries: Thresholds by column of the matrix.
    """
    some = {name: column[:ROWS_PER_COLUMN] for name, column in columns.items()}
    rows = len(next(iter(some.values())))
    nothing = {field.name: empty_column(field, rows) for field in signature.inputs if field.nullable}
    found = [Challenge("real", columns)]
    found += [Challenge("missing", {**some, name: column}) for name, column in nothing.items()]
    if nothing:
        found.append(Challenge("missing", _first({**some, **nothing})))
    strange = np.full(rows, UNSEEN, dtype=object)
    words = [field.name for field in signature.inputs if field.datatype == "BYTES"]
    found += [Challenge("unseen", {**some, name: strange}) for name in words]
    if words:
        found.append(Challenge("unseen", _first({**some, **dict.fromkeys(words, strange)})))
    for field in signature.inputs:
        odd = np.array(ODD_NUMBERS[field.datatype]) if field.datatype in ODD_NUMBERS else _words(ODD_WORDS)
        found.append(Challenge("odd", {**_repeated(some, len(odd)), field.name: odd}))
    types = {field.name: field.datatype for field in signature.inputs}
    for name, near in raw_boundaries(transform, columns, boundaries).items():
        values = _allowed(near, types[name])
        found.append(Challenge("boundary", {**_repeated(some, len(values)), name: values}))
    return [challenge for challenge in found if len(challenge)]


def _first(columns: Columns) -> Columns:
    return {name: column[:1] for name, column in columns.items()}


def _allowed(values: npt.NDArray[np.float64], datatype: str) -> npt.NDArray[np.float64]:
    """The values that a caller may send: whole numbers to either side where fractions are refused."""
    if datatype == "FP64":
        return values
    whole = np.unique(np.concatenate([np.floor(values), np.ceil(values)]))
    kept = (whole == 0.0) | (whole == 1.0) if datatype == "BOOL" else np.abs(whole) <= MOST_WHOLE
    return np.asarray(whole[kept], dtype=np.float64)


def _repeated(columns: Columns, rows: int) -> Columns:
    return {name: np.resize(column, rows) for name, column in columns.items()}


def _words(words: Sequence[str]) -> npt.NDArray[Any]:
    found = np.empty(len(words), dtype=object)
    found[:] = words
    return found
