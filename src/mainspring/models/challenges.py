"""The rows on which a package must answer as the model does: real ones, and those that break converters.

Kinds of rows: ``real``; ``missing`` (one column after the other without a value, and all of them); ``unseen`` (a
category that was not there in training); ``boundary`` (values at the thresholds of trees and one step to either
side, in float64 and in float32).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.data import Numeric, Transform
from mainspring.models.signature import Signature, empty_column

UNSEEN = "\u2047 never seen in training"
"""A category that no training data holds."""

ROWS_PER_COLUMN = 200
"""How many real rows are changed in each column."""

THRESHOLDS_PER_COLUMN = 60
"""How many thresholds of each column are tried, spread evenly over all."""

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
    for name, values in _raw_boundaries(transform, boundaries).items():
        repeated = {other: np.resize(column, len(values)) for other, column in some.items()}
        found.append(Challenge("boundary", {**repeated, name: values}))
    return [challenge for challenge in found if len(challenge)]


def _first(columns: Columns) -> Columns:
    return {name: column[:1] for name, column in columns.items()}


def _raw_boundaries(
    transform: Transform, boundaries: Mapping[int, npt.NDArray[np.float64]]
) -> dict[str, npt.NDArray[np.float64]]:
    """By raw column: values that the transform brings to a threshold, or next to one."""
    found: dict[str, npt.NDArray[np.float64]] = {}
    place = 0
    for step in transform.steps:
        thresholds = boundaries.get(place)
        place += len(step.outputs)
        if not isinstance(step, Numeric) or thresholds is None or not len(thresholds):
            continue
        chosen = np.unique(np.linspace(0, len(thresholds) - 1, THRESHOLDS_PER_COLUMN).astype(np.int64))
        raw = thresholds[chosen] * step.scale + step.shift
        near = [raw, np.nextafter(raw, np.inf), np.nextafter(raw, -np.inf)]
        with np.errstate(over="ignore"):
            single = raw.astype(np.float32)
        near += [np.nextafter(single, np.float32(way)).astype(np.float64) for way in (np.inf, -np.inf)]
        values = np.unique(np.concatenate([*near, single.astype(np.float64)]))
        found[step.column] = values[np.isfinite(values)]
    return found
