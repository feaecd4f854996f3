"""Many numbers in few microseconds: arrays of a large request are written as bytes, not digit by digit.

A record of many rows has its numbers in ``packed_columns`` and ``packed_outputs``, by name, and an empty list
where they belong. :func:`decoded` brings them back: whoever reads a log sees plain values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, cast

import msgspec
import numpy as np
import numpy.typing as npt

from mainspring.core.errors import NotFoundError
from mainspring.serving.payloads.record import LogRecord

ROWS = 64
"""Fewer rows than this are written digit by digit."""

LIST = "json"
"""The ``dtype`` of values that are no numbers: they lie apart, as JSON."""

KINDS: Mapping[str, type] = {"INT64": np.int64, "BOOL": np.bool_}
"""Data types for which floats may stand, so that NaN can be among them."""

_FEW: Mapping[str, type] = {"INT64": int, "BOOL": bool}

Fetch: TypeAlias = Callable[[str], bytes]
"""Gives what is stored under a name."""

_MARK = b'"packed_'
_NONE: Mapping[str, Any] = {}


class Packed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An array of numbers.

    Attributes:
        dtype: Of its elements, as NumPy writes it.
        shape: Its dimensions.
        data: Its elements, in row-major order, unless they lie apart.
        blob: The name under which they lie apart.
        offset: Where they begin there, in bytes.
        kind: The data type that they stand for, where the array has another one so that it can hold NaN.
    """

    dtype: str
    shape: tuple[int, ...]
    data: bytes = b""
    blob: str = ""
    offset: int = 0
    kind: str = ""

    @property
    def nbytes(self) -> int:
        """How many bytes its elements take."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize


class Line(LogRecord, frozen=True, kw_only=True, omit_defaults=True):
    """A record as it is written.

    Attributes:
        packed_columns: Arrays of columns by name.
        packed_outputs: Arrays of outputs by name.
    """

    packed_columns: Mapping[str, Packed] = _NONE
    packed_outputs: Mapping[str, Packed] = _NONE


_PLAIN = msgspec.json.Decoder(LogRecord)
_LINE = msgspec.json.Decoder(Line)
_FIELDS = LogRecord.__struct_fields__


Unpack: TypeAlias = Callable[[Packed, bytes], Sequence[Any]]
"""Makes values of a packed array."""


def decoded(line: bytes, fetch: Fetch, *, arrays: bool = False) -> LogRecord:
    """The record of a line.

    Args:
        line: As it was written.
        fetch: Finds what lies apart.
        arrays: Whether packed numbers stay arrays, where that says all of them, instead of plain values.

    Raises:
        msgspec.DecodeError: If it is no record.
        UnicodeDecodeError: If it is not even text.
    """
    if _MARK not in line:
        return _PLAIN.decode(line)
    return plain(_LINE.decode(line), fetch, unpack_array if arrays else unpack)


def plain(line: Line, fetch: Fetch, unpacked: Unpack) -> LogRecord:
    """A record with plain values alone, or what ``unpacked`` makes of packed ones."""
    fields: dict[str, Any] = {name: getattr(line, name) for name in _FIELDS}
    fields["columns"] = _filled(line.columns, line.packed_columns, fetch, unpacked)
    fields["outputs"] = _filled(line.outputs, line.packed_outputs, fetch, unpacked)
    return LogRecord(**fields)


def pack(array: npt.NDArray[Any], kind: str = "") -> Packed:
    """A contiguous array of numbers, ready to be written."""
    return Packed(dtype=array.dtype.str, shape=array.shape, data=array.tobytes(), kind=kind)


def unpack(packed: Packed, data: bytes) -> list[Any]:
    """Its values as plain ones, with ``None`` for NaN."""
    if packed.dtype == LIST:
        return msgspec.json.decode(data, type=list[Any])
    array = np.frombuffer(data, dtype=np.dtype(packed.dtype)).reshape(packed.shape)
    if array.dtype.kind == "f":
        return present(array, packed.kind)
    found: list[Any] = array.tolist()
    return found


def unpack_array(packed: Packed, data: bytes) -> Sequence[Any]:
    """Its values as an array of whole numbers, or of floats with NaN for missing, where that says all of them;
    else as :func:`unpack` does.
    """
    dtype = None if packed.dtype == LIST else np.dtype(packed.dtype)
    if dtype is None or dtype.kind not in "fiu" or len(packed.shape) != 1 or packed.kind == "BOOL":
        return unpack(packed, data)
    array = np.frombuffer(data, dtype=dtype)
    if dtype.kind == "f" and packed.kind == "INT64":
        if np.isnan(array).any():
            return unpack(packed, data)
        return cast("Sequence[Any]", array.astype(np.int64))
    if dtype == np.uint64:
        return unpack(packed, data)
    return cast("Sequence[Any]", array.astype(np.float64 if dtype.kind == "f" else np.int64))


def present(array: npt.NDArray[Any], kind: str) -> list[Any]:
    """Floats as plain values of a data type, with ``None`` for NaN."""
    if array.size < ROWS and array.ndim == 1:
        as_kind = _FEW.get(kind, float)
        return [as_kind(value) if value == value else None for value in array.tolist()]
    missing = np.isnan(array)
    if kind not in KINDS and not missing.any():
        floats: list[Any] = array.tolist()
        return floats
    cells = array.astype(object)
    if kind in KINDS:
        cells[~missing] = array[~missing].astype(KINDS[kind]).tolist()
    cells[missing] = None
    found: list[Any] = cells.tolist()
    return found


def _filled(
    lists: Mapping[str, Sequence[Any]], packed: Mapping[str, Packed], fetch: Fetch, unpacked: Unpack
) -> dict[str, Sequence[Any]]:
    found = dict(lists)
    name, content = "", b""
    for column, one in packed.items():
        if not one.blob:
            found[column] = unpacked(one, one.data)
            continue
        if one.blob != name:  # those of one record lie together
            name, content = one.blob, _fetched(one.blob, fetch)
        part = content if one.dtype == LIST else content[one.offset : one.offset + one.nbytes]
        # Somebody may have removed it; the rest of the log can be read all the same.
        found[column] = unpacked(one, part) if content else [None] * one.shape[0]
    return found


def _fetched(name: str, fetch: Fetch) -> bytes:
    try:
        return fetch(name)
    except NotFoundError:
        return b""
