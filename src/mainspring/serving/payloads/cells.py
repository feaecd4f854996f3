"""The values of many records, column by column: as arrays where they are numbers, so that millions are quick."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from mainspring.serving.payloads.record import LogRecord

OUTPUT: Final = "output."
REQUEST: Final = "request."

Cells: TypeAlias = list[Any] | npt.NDArray[Any]
"""The values of a column: plain ones, with ``None`` for missing, or an array of numbers, with NaN."""
Part: TypeAlias = Sequence[Any] | npt.NDArray[Any] | None
"""The values of a column in one record; ``None`` if it does not have the column."""

_ENCODE = msgspec.json.Encoder().encode
_NONE: Final = type(None)


def cells_of(records: Iterable[LogRecord]) -> dict[str, Cells]:
    """The columns of the table of a log; see :func:`mainspring.serving.payloads.table`."""
    answered = [record for record in records if record.error is None or record.blocked]
    counts = [record.rows for record in answered]
    if not all(counts):
        answered, counts = [one for one in answered if one.rows], [count for count in counts if count]
    places = [_places(record, count) for record, count in zip(answered, counts, strict=True)]
    sizes = [len(rows) for rows in places]
    found: dict[str, Cells] = {
        f"{REQUEST}id": _repeated([record.id for record in answered], sizes),
        f"{REQUEST}time": np.repeat(np.array([record.time for record in answered], dtype=np.float64), sizes),
        f"{REQUEST}model": _repeated([record.model for record in answered], sizes),
        f"{REQUEST}version": _repeated([record.version for record in answered], sizes),
        f"{REQUEST}row": np.fromiter(itertools.chain.from_iterable(places), dtype=np.int64, count=sum(sizes)),
    }
    parts: dict[str, list[Part]] = {}
    for place, (record, count) in enumerate(zip(answered, counts, strict=True)):
        for prefix, given in (("", record.columns), (OUTPUT, record.outputs)):
            for name, values in given.items():
                if len(values) != count:
                    continue  # what is not one value per row has no place in a table of rows
                of_column = parts.setdefault(prefix + name, [])
                if len(of_column) < place:
                    of_column.extend([None] * (place - len(of_column)))
                of_column.append(values if not record.erased else picked(values, places[place]))
    return found | {name: _column(of_column, sizes) for name, of_column in parts.items()}


def picked(values: Sequence[Any] | npt.NDArray[Any], rows: Sequence[int]) -> Cells:
    """Some values of a column."""
    if isinstance(values, np.ndarray):
        return values[np.asarray(rows, dtype=np.intp)]
    return [values[row] for row in rows]


def plain(values: Cells) -> list[Any]:
    """The values of a column one by one, ``None`` where one is missing."""
    if not isinstance(values, np.ndarray):
        return values
    found: list[Any] = values.tolist()
    return [None if value != value else value for value in found] if values.dtype.kind == "f" else found


def _places(record: LogRecord, count: int) -> Sequence[int]:
    """The rows of a record that were not erased."""
    return [row for row in range(count) if row not in record.erased] if record.erased else range(count)


def _repeated(values: Sequence[str], sizes: Sequence[int]) -> list[Any]:
    return list(itertools.chain.from_iterable(map(itertools.repeat, values, sizes)))


def _column(parts: Sequence[Part], sizes: Sequence[int]) -> Cells:
    """The values of a column in all records; missing in those that do not have it."""
    parts = [*parts, *[None] * (len(sizes) - len(parts))]
    arrays = [part for part in parts if isinstance(part, np.ndarray)]
    gaps = any(part is None for part in parts)
    if len(arrays) + sum(part is None for part in parts) == len(parts):
        kinds = {array.dtype.kind for array in arrays}
        if kinds <= {"i", "f"} and ("f" in kinds or not gaps):
            filled = (
                np.full(size, np.nan) if one is None else one for one, size in zip(parts, sizes, strict=True)
            )
            return np.concatenate(list(filled))
    found = list(itertools.chain.from_iterable(map(_plain_part, parts, sizes)))
    return _as_array(found)


def _plain_part(part: Part, size: int) -> Iterable[Any]:
    if part is None:
        return itertools.repeat(None, size)
    return plain(part) if isinstance(part, np.ndarray) else part


def _as_array(values: list[Any]) -> Cells:
    """Numbers as an array, if that says all of them; what is no single value as text."""
    kinds = set(map(type, values))
    if dict in kinds or list in kinds:
        return [_cell(value) for value in values]
    if float in kinds and kinds <= {float, int, _NONE}:
        return np.array(values, dtype=np.float64)
    if kinds == {int}:
        with contextlib.suppress(OverflowError):
            return np.array(values, dtype=np.int64)
    return values


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return value["blob"] if "blob" in value else _ENCODE(value).decode()
    return _ENCODE(value).decode() if isinstance(value, list) else value
