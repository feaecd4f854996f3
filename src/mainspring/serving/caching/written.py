"""Outputs as bytes and back, bit for bit. Reading runs no code, whatever the bytes are."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from mainspring.serving.caching.ports import Arrays

_FORMAT = 1
_PLAIN = "biufcSU"
"""Kinds of data types whose bytes say all; the others are objects: text, bytes and missing values."""

_DATATYPE = re.compile(r"[<>|][biufcSU]\d{1,9}")


class _Column(msgspec.Struct, array_like=True):
    name: str
    datatype: str
    shape: tuple[int, ...]
    data: bytes | list[Any]


class _Columns(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    form: int
    columns: list[_Column]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Columns)


def write(outputs: Arrays) -> bytes | None:
    """Outputs as bytes (MessagePack); ``None`` if they hold what cannot be written down."""
    columns = []
    for name, array in outputs.items():
        if array.dtype.kind in _PLAIN:
            columns.append(_Column(name, array.dtype.str, array.shape, array.tobytes()))
            continue
        values = array.ravel().tolist()
        if not all(value is None or type(value) in (str, bytes, bool, int, float) for value in values):
            return None
        columns.append(_Column(name, "O", array.shape, values))
    try:
        return _encoder.encode(_Columns(_FORMAT, columns))
    except (ValueError, OverflowError):  # half a character, or an integer beyond 64 bits
        return None


def read(data: bytes) -> Arrays:
    """Outputs from bytes.

    Raises:
        ValueError: If these are not what :func:`write` wrote.
    """
    try:
        found = _decoder.decode(data)
    except msgspec.DecodeError as error:
        raise ValueError(f"these are no outputs: {error}") from error
    if found.form != _FORMAT:
        raise ValueError(f"form {found.form} is not known")
    return {column.name: _array(column) for column in found.columns}


def _array(column: _Column) -> npt.NDArray[Any]:
    if isinstance(column.data, bytes):
        if not _DATATYPE.fullmatch(column.datatype):
            raise ValueError(f"bytes cannot be of type {column.datatype}")
        datatype = np.dtype(column.datatype)
        if datatype.itemsize == 0:  # text of no character
            array = np.zeros(column.shape, dtype=datatype)
        else:
            array = np.frombuffer(column.data, dtype=datatype).reshape(column.shape)
    else:
        array = np.empty(len(column.data), dtype=object)
        array[:] = column.data
        array = array.reshape(column.shape)
    array.setflags(write=False)
    return array
