"""Reading columns at a glance: the usual request, checked as a whole instead of value by value.

``Signature.columns`` looks at every value and can explain every problem. Most requests have none, and then the
types alone, one look per column, and one array for all numbers say the same at a fraction of the cost. Whatever
is unusual here is left to it: this module never refuses, and where it answers, it answers the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.models.signature import Signature

_EXACT = 2.0**53
"""Whole numbers below this are the same as floats."""

_KINDS: Mapping[str, frozenset[type]] = {
    "FP64": frozenset({float, int}),
    "INT64": frozenset({int}),
    "BOOL": frozenset({bool}),
    "BYTES": frozenset({str}),
}


class Glance:
    """Reads the columns of one signature. Safe for threads."""

    def __init__(self, signature: Signature) -> None:
        none, nothing = frozenset({type(None)}), frozenset[type]()
        kinds = {
            item.name: _KINDS[item.datatype] | (none if item.nullable else nothing) for item in signature.inputs
        }
        self._size = len(kinds)
        self._kinds = kinds
        self._text = [item.name for item in signature.inputs if item.datatype == "BYTES"]
        numbers = [item for item in signature.inputs if item.datatype != "BYTES"]
        self._numbers = [item.name for item in numbers]
        self._whole = [place for place, item in enumerate(numbers) if item.datatype == "INT64"]
        self._present = [place for place, item in enumerate(numbers) if not item.nullable]

    def of_rows(self, rows: Sequence[Any]) -> dict[str, npt.NDArray[Any]] | None:
        """The columns of rows by name; ``None`` if they need a closer look."""
        names = self._kinds.keys()
        for row in rows:
            if type(row) is not dict or row.keys() != names:
                return None
        return self.of_lists({name: [row[name] for row in rows] for name in names})

    def of_lists(self, lists: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]] | None:
        """The columns given as lists; ``None`` if they need a closer look."""
        if len(lists) != self._size:
            return None
        rows = -1
        for name, kinds in self._kinds.items():
            values = lists.get(name)
            if type(values) is not list or not _only(values, kinds):
                return None
            if rows not in (-1, len(values)):
                return None
            rows = len(values)
        columns = self._matrix(lists)
        if columns is None:
            return None
        for name in self._text:
            column = np.empty(rows, dtype=object)
            column[:] = lists[name]
            columns[name] = column
        return columns

    def _matrix(self, lists: Mapping[str, list[Any]]) -> dict[str, npt.NDArray[Any]] | None:
        """The columns of numbers, as views of one array."""
        if not self._numbers:
            return {}
        try:
            matrix = np.array([lists[name] for name in self._numbers], dtype=np.float64)
        except OverflowError:
            return None
        if np.isfinite(matrix).all() or not (np.isinf(matrix).any() or np.isnan(matrix[self._present]).any()):
            if self._whole and not np.nanmax(np.abs(matrix[self._whole]), initial=0.0) < _EXACT:
                return None
            return dict(zip(self._numbers, matrix, strict=True))
        return None


def _only(values: list[Any], kinds: frozenset[type]) -> bool:
    if len(values) == 1:
        return type(values[0]) in kinds
    return set(map(type, values)) <= kinds
