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
INPUT: Final = "input."
"""Before the names of inputs that would be taken for something else, as one called ``request.time``."""

_TAKEN: Final = (OUTPUT, REQUEST, "feedback.")

Cells: TypeAlias = list[Any] | npt.NDArray[Any]
"""The values of a column: plain ones, with ``None`` for missing, or an array of numbers, with NaN."""

_ENCODE = msgspec.json.Encoder().encode
_NONE: Final = type(None)


def cells_of(records: Iterable[LogRecord]) -> dict[str, Cells]:
    """The columns of the table of a log; see :func:`mainspring.serving.payloads.table`."""
    told: list[tuple[str, float, str, str]] = []
    places: list[Sequence[int]] = []
    columns: dict[str, _Parts] = {}
    total = 0
    for record in records:
        count = record.rows if record.error is None or record.blocked else 0
        if not count:
            continue
        rows = _places(record, count)
        for prefix, given in (("", record.columns), (OUTPUT, record.outputs)):
            for name, values in given.items():
                if len(values) != count:
                    continue  # what is not one value per row has no place in a table of rows
                called = INPUT + name if not prefix and name.startswith(_TAKEN) else prefix + name
                column = columns.get(called)
                if column is None:
                    column = columns[called] = _Parts()
                column.add(picked(values, rows) if record.erased else values, total)
        told.append((record.id, record.time, record.model, record.version))
        places.append(rows)
        total += len(rows)
    ids, times, models, versions = zip(*told, strict=True) if told else ((), (), (), ())
    sizes = [len(rows) for rows in places]
    return {
        f"{REQUEST}id": _repeated(ids, sizes),
        f"{REQUEST}time": np.repeat(np.array(times, dtype=np.float64), sizes),
        f"{REQUEST}model": _repeated(models, sizes),
        f"{REQUEST}version": _repeated(versions, sizes),
        f"{REQUEST}row": np.fromiter(itertools.chain.from_iterable(places), dtype=np.int64, count=total),
        **{name: column.joined(total) for name, column in columns.items()},
    }


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


class _Parts:
    """The values of a column, record by record: arrays, lists that grow, and how many are missing between."""

    __slots__ = ("_grows", "_parts", "_size")

    def __init__(self) -> None:
        self._parts: list[Cells | int] = []
        self._grows: list[Any] | None = None
        self._size = 0

    def add(self, values: Sequence[Any] | npt.NDArray[Any], before: int) -> None:
        """The values of a record that has so many rows before it."""
        if self._size < before:
            self._parts.append(before - self._size)
            self._grows = None
        if isinstance(values, np.ndarray):
            self._parts.append(values)
            self._grows = None
        else:
            if self._grows is None:
                self._grows = []
                self._parts.append(self._grows)
            self._grows.extend(values)
        self._size = before + len(values)

    def joined(self, total: int) -> Cells:
        """All values; missing in the records that do not have the column."""
        if self._size < total:
            self._parts.append(total - self._size)
        kinds = {part.dtype.kind if isinstance(part, np.ndarray) else type(part).__name__ for part in self._parts}
        if kinds <= {"i", "f", "int"} and (kinds == {"i"} or "f" in kinds):
            return np.concatenate([np.full(one, np.nan) if isinstance(one, int) else one for one in self._parts])
        return _as_array(list(itertools.chain.from_iterable(map(_plain_part, self._parts))))


def _plain_part(part: Cells | int) -> Iterable[Any]:
    return itertools.repeat(None, part) if isinstance(part, int) else plain(part)


def _as_array(values: list[Any]) -> Cells:
    """Numbers as an array, if that says all of them; what is no single value as text."""
    kinds = set(map(type, values))
    if dict in kinds or list in kinds:
        return alike([_cell(value) for value in values])
    if float in kinds and kinds <= {float, int, _NONE}:
        return np.array(values, dtype=np.float64)
    if int in kinds and kinds <= {int, _NONE}:
        return _whole(values, kinds)
    return values if len(kinds - {_NONE}) <= 1 else alike(values)


def alike(values: Sequence[Any]) -> list[Any]:
    """Values of one type: texts, if they have several, as somebody sends a word where a number belongs."""
    kinds = set(map(type, values)) - {_NONE}
    if kinds <= {int, float} or (len(kinds) == 1 and not kinds & {list, dict}):
        return list(values)
    return [value if value is None or isinstance(value, str) else _ENCODE(value).decode() for value in values]


def _whole(values: list[Any], kinds: set[type]) -> Cells:
    """Whole numbers; those that are too large for eight bytes as floating ones, and beyond these as text."""
    try:
        found = np.array([0 if value is None else value for value in values], dtype=np.int64)
    except OverflowError:
        with contextlib.suppress(OverflowError):
            return np.array([np.nan if value is None else float(value) for value in values])
        return [None if value is None else str(value) for value in values]
    return found if _NONE not in kinds else values


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return value["blob"] if "blob" in value else _ENCODE(value).decode()
    return _ENCODE(value).decode() if isinstance(value, list) else value
