"""Many numbers in few microseconds: arrays of a large request are written as bytes, not digit by digit.

A record of many rows has its numbers in ``packed_columns`` and ``packed_outputs``, by name, and an empty list
where they belong. :func:`decoded` brings them back: whoever reads a log sees plain values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from mainspring.serving.payloads.record import LogRecord

ROWS = 64
"""Fewer rows than this are written digit by digit."""

_MARK = b'"packed_'
_NONE: Mapping[str, Any] = {}


class Packed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An array of numbers.

    Attributes:
        dtype: Of its elements, as NumPy writes it.
        shape: Its dimensions.
        data: Its elements, in row-major order.
        kind: The data type that they stand for, where the array has another one so that it can hold NaN.
    """

    dtype: str
    shape: tuple[int, ...]
    data: bytes
    kind: str = ""


class Line(LogRecord, frozen=True, kw_only=True, omit_defaults=True):
    """A record as it is written.

    Attributes:
        packed_columns: Arrays of columns by name.
        packed_outputs: Arrays of outputs by name.
    """

    packed_columns: Mapping[str, Packed] = _NONE
    packed_outputs: Mapping[str, Packed] = _NONE


def pack(values: npt.NDArray[Any], kind: str = "") -> Packed | None:
    """An array ready to be written; ``None`` for one that does not hold numbers."""
    if values.dtype.kind not in "fiub":
        return None
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return Packed(dtype=little.dtype.str, shape=little.shape, data=little.tobytes(), kind=kind)


def unpack(packed: Packed) -> list[Any]:
    """Its values as plain ones, with ``None`` for NaN."""
    array = np.frombuffer(packed.data, dtype=np.dtype(packed.dtype)).reshape(packed.shape)
    kind = {"INT64": int, "BOOL": bool}.get(packed.kind)
    if array.dtype.kind != "f":
        plain: list[Any] = array.tolist()
        return plain
    missing = np.isnan(array)
    if kind is None and not missing.any():
        found: list[Any] = array.tolist()
        return found
    cells = array.astype(object)
    cells[missing] = None
    if kind is not None:
        cells[~missing] = [kind(value) for value in array[~missing].tolist()]
    result: list[Any] = cells.tolist()
    return result


_PLAIN = msgspec.json.Decoder(LogRecord)
_LINE = msgspec.json.Decoder(Line)


def decoded(line: bytes) -> LogRecord:
    """The record of a line.

    Raises:
        msgspec.DecodeError: If it is none.
        UnicodeDecodeError: If it is not even text.
    """
    if _MARK not in line:
        return _PLAIN.decode(line)
    found = _LINE.decode(line)
    fields: dict[str, Any] = {name: getattr(found, name) for name in LogRecord.__struct_fields__}
    return LogRecord(
        **fields
        | {
            "columns": _filled(found.columns, found.packed_columns),
            "outputs": _filled(found.outputs, found.packed_outputs),
        }
    )


def _filled(lists: Mapping[str, Sequence[Any]], packed: Mapping[str, Packed]) -> dict[str, Sequence[Any]]:
    return dict(lists) | {name: unpack(one) for name, one in packed.items()}
