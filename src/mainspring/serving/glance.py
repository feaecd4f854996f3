"""Reading columns at a glance: the usual request, checked as a whole instead of value by value.

``Signature.columns`` looks at every value and can explain every problem. Most requests have none, and then the
types alone, one look per column, and one array for all numbers say the same at a fraction of the cost. Whatever
is unusual here is left to it: this module never refuses, and where it answers, it answers the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.models.signature import Signature

_EXACT = 2.0**53
"""Whole numbers below this are the same as floats."""

_ARRAYS: Mapping[str, str] = {"FP64": "fiu", "INT64": "iuf", "BOOL": "b", "BYTES": "O"}
"""Kinds of arrays that may hold a column."""

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
        self._arrays = {item.name: _ARRAYS[item.datatype] for item in signature.inputs}
        self._text = [item.name for item in signature.inputs if item.datatype == "BYTES"]
        numbers = [item for item in signature.inputs if item.datatype != "BYTES"]
        self._numbers = [item.name for item in numbers]
        self._whole = [place for place, item in enumerate(numbers) if item.datatype == "INT64"]
        self._truths = [place for place, item in enumerate(numbers) if item.datatype == "BOOL"]
        self._present = [place for place, item in enumerate(numbers) if not item.nullable]
        self._by_name = picked([item.name for item in signature.inputs])
        places = {item.name: place for place, item in enumerate(signature.inputs)}
        self._pick_numbers = picked([places[name] for name in self._numbers])
        self._text_places = [places[name] for name in self._text]
        self._groups = [
            (picked([place for place, item in enumerate(signature.inputs) if kinds[item.name] == kind]), kind)
            for kind in set(kinds.values())
        ]
        self._alike = self._groups[0][1] if len(self._groups) == 1 and not self._text else None

    def of_rows(self, rows: Sequence[Any]) -> dict[str, npt.NDArray[Any]] | None:
        """The columns of rows by name; ``None`` if they need a closer look."""
        names = self._kinds.keys()
        if len(rows) == 1:
            row = rows[0]
            return self.of_one(self._by_name(row)) if type(row) is dict and row.keys() == names else None
        for row in rows:
            if type(row) is not dict or row.keys() != names:
                return None
        return self.of_lists({name: [row[name] for row in rows] for name in names})

    def of_one(self, values: Sequence[Any]) -> dict[str, npt.NDArray[Any]] | None:
        """The columns of one row, as values in the order of the signature; ``None`` if they need a closer look.

        One row is what most requests ask for. A look at each column would take longer than the rest of it.
        """
        if len(values) != self._size:
            return None
        if self._alike is not None:  # numbers of one kind, which need not be picked out
            return self._of_numbers(values) if set(map(type, values)) <= self._alike else None
        for pick, kinds in self._groups:
            if not set(map(type, pick(values))) <= kinds:
                return None
        columns: dict[str, npt.NDArray[Any]] = {}
        if self._numbers:
            numbers = self._pick_numbers(values)
            found = self._of_numbers(numbers)
            if found is None:
                return None
            columns = found
        for name, place in zip(self._text, self._text_places, strict=True):
            column = columns[name] = np.empty(1, dtype=object)
            column[0] = values[place]
        return columns

    def _of_numbers(self, numbers: Sequence[Any]) -> dict[str, npt.NDArray[Any]] | None:
        try:
            matrix = np.array(numbers, dtype=np.float64)[:, None]
            # The sum of finite numbers is seldom infinite, and a tenth of the time to ask than each of them.
            plain = math.isfinite(sum(numbers)) and not self._whole
        except TypeError:  # a value is missing
            plain = False
        except OverflowError:
            return None
        return dict(zip(self._numbers, matrix, strict=True)) if plain else self._checked(matrix, arrays=False)

    def of_lists(self, lists: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]] | None:
        """The columns given as lists or as arrays of one dimension; ``None`` if they need a closer look."""
        if len(lists) != self._size:
            return None
        rows, arrays = -1, False
        for name, kinds in self._kinds.items():
            values = lists.get(name)
            if type(values) is list:
                if not _only(values, kinds):
                    return None
            elif type(values) is np.ndarray and values.ndim == 1 and values.dtype.kind in self._arrays[name]:
                arrays = True
            else:
                return None
            if rows not in (-1, len(values)):
                return None
            rows = len(values)
        columns = self._numbers_of(lists, arrays=arrays)
        if columns is None:
            return None
        for name in self._text:
            values = lists[name]
            if type(values) is not list:
                values = _texts(values)
                if values is None or not _only(values, self._kinds[name]):
                    return None
            column = np.empty(rows, dtype=object)
            column[:] = values
            columns[name] = column
        return columns

    def of_matrix(self, matrix: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]] | None:
        """The columns of a matrix of numbers ``[rows, columns]``, in the order of the signature.

        Truth is 1 and falsehood 0. ``None`` if they need a closer look, or a column is no number.
        """
        if self._text or matrix.ndim != 2 or matrix.shape[1] != self._size or matrix.dtype.kind not in "fiu":
            return None
        numbers = np.ascontiguousarray(matrix.T, dtype=np.float64)
        if self._truths:
            truths = numbers[self._truths]
            if not ((truths == 0) | (truths == 1) | np.isnan(truths)).all():
                return None
        return self._checked(numbers, arrays=True)

    def _numbers_of(self, lists: Mapping[str, Any], *, arrays: bool) -> dict[str, npt.NDArray[Any]] | None:
        """The columns of numbers, as views of one array."""
        if not self._numbers:
            return {}
        try:
            matrix = np.array([lists[name] for name in self._numbers], dtype=np.float64)
        except OverflowError:
            return None
        return self._checked(matrix, arrays=arrays)

    def _checked(self, matrix: npt.NDArray[np.float64], *, arrays: bool) -> dict[str, npt.NDArray[Any]] | None:
        if not np.isfinite(matrix).all() and (np.isinf(matrix).any() or np.isnan(matrix[self._present]).any()):
            return None
        if self._whole:
            whole = matrix[self._whole]
            if not np.nanmax(np.abs(whole), initial=0.0) < _EXACT:
                return None
            # The values of lists were seen to be whole by their type.
            if arrays and not ((whole == np.floor(whole)) | np.isnan(whole)).all():
                return None
        return dict(zip(self._numbers, matrix, strict=True))


def picked(keys: Sequence[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """Gives the values under these keys, in their order."""
    return itemgetter(*keys) if len(keys) > 1 else lambda values: tuple(values[key] for key in keys)


def _texts(values: npt.NDArray[Any]) -> list[Any] | None:
    try:
        return [value.decode() if type(value) is bytes else value for value in values.tolist()]
    except UnicodeDecodeError:
        return None


def _only(values: list[Any], kinds: frozenset[type]) -> bool:
    if len(values) == 1:
        return type(values[0]) in kinds
    return set(map(type, values)) <= kinds
