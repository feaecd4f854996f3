"""Tensors as bytes: how the Open Inference Protocol sends them over HTTP and gRPC alike.

Little-endian, row-major, without padding. A ``BOOL`` is one byte, 0 or 1; an element of ``BYTES`` is its length as
four bytes and then the bytes themselves; ``BF16`` is the upper half of an ``FP32``.

Specification: https://kserve.github.io/website (data plane, Binary Tensor Data Extension), and Triton's
``docs/protocol/extension_binary_data.md``.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.serving.problems import MalformedError

Buffer: TypeAlias = bytes | memoryview

DTYPES: Mapping[str, np.dtype[Any]] = {
    "BOOL": np.dtype("?"),
    "INT8": np.dtype("<i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "UINT8": np.dtype("<u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "UINT64": np.dtype("<u8"),
    "FP16": np.dtype("<f2"),
    "FP32": np.dtype("<f4"),
    "FP64": np.dtype("<f8"),
    "BF16": np.dtype("<f4"),
    "BYTES": np.dtype(object),
}
"""The arrays that hold tensors, by datatype. NumPy has no ``BF16``; its values are held as ``FP32``."""

RAW_ONLY = frozenset({"FP16", "BF16"})
"""Datatypes that JSON has no form for."""

_LENGTH = struct.Struct("<I")
_LARGEST = 2**31 - 1


def read_raw(
    data: Buffer, datatype: str, shape: Sequence[int], *, name: str = "", start: int = 0, size: int | None = None
) -> npt.NDArray[Any]:
    """The array that bytes hold. No byte is copied if there is no need to.

    Args:
        data: The bytes, perhaps with others around them.
        datatype: What they are.
        shape: Its dimensions.
        name: Of the tensor, for the error.
        start: Where they begin.
        size: How many there are; by default all the rest.

    Returns:
        An array of the shape, perhaps read-only; an object array of ``bytes`` for ``BYTES``.

    Raises:
        MalformedError: If the datatype is unknown, the shape has a negative dimension, or the bytes do not fit.
    """
    dtype = DTYPES.get(datatype)
    if dtype is None:
        raise MalformedError(f"datatype {datatype!r} of tensor {name!r} is not known", expected=", ".join(DTYPES))
    if shape and not 0 <= min(shape) <= max(shape) <= _LARGEST:
        raise MalformedError(
            f"tensor {name!r} has shape {list(shape)}",
            expected=f"no negative dimension, and none above {_LARGEST}",
        )
    count = math.prod(shape)
    size = len(data) - start if size is None else size
    if datatype == "BYTES":
        return _shaped(_elements(data, start, size, count, name), shape, name)
    width = 2 if datatype == "BF16" else dtype.itemsize
    if size != count * width:
        raise MalformedError(
            f"tensor {name!r} has {size} bytes",
            expected=f"{count * width} bytes for {datatype} of shape {list(shape)}",
        )
    if datatype == "BF16":
        array = (np.frombuffer(data, "<u2", count, start).astype("<u4") << 16).view("<f4")
    elif datatype == "BOOL":
        array = _booleans(np.frombuffer(data, np.uint8, count, start), name)
    else:
        array = np.frombuffer(data, dtype, count, start)
        if not array.flags.aligned:
            array = array.copy()  # runtimes may rely on it
    return _shaped(array, shape, name)


def write_raw(values: npt.NDArray[Any], datatype: str) -> bytes:
    """The bytes of an array, brought into a datatype; ``None`` is an empty element of ``BYTES``."""
    if datatype == "BYTES":
        parts: list[bytes] = []
        for value in values.ravel().tolist():
            element = _bytes(value)
            parts += (_LENGTH.pack(len(element)), element)
        return b"".join(parts)
    if datatype == "BF16":
        return _shortened(np.asarray(values, dtype="<f4")).tobytes()
    return np.asarray(values, dtype=DTYPES[datatype]).tobytes()


def _shaped(array: npt.NDArray[Any], shape: Sequence[int], name: str) -> npt.NDArray[Any]:
    if len(shape) == 1:
        return array
    try:
        return array.reshape(shape)
    except ValueError as error:  # more dimensions than there may be, or nothing of a size beyond all bounds
        raise MalformedError(f"tensor {name!r} has shape {list(shape)}: {error}") from error


def _booleans(array: npt.NDArray[np.uint8], name: str) -> npt.NDArray[np.bool_]:
    if array.size and array.max() > 1:
        raise MalformedError(f"tensor {name!r} holds the byte {array.max()}", expected="0 or 1 for BOOL")
    return array.view(np.bool_)


def _elements(data: Buffer, start: int, size: int, count: int, name: str) -> npt.NDArray[Any]:
    # A shape costs nothing to write: believe it only as far as there are bytes for its lengths.
    elements: list[bytes] = []
    end, place = start + size, start
    if end <= len(data) and size >= count * _LENGTH.size:
        for _ in range(count):
            stop = place + _LENGTH.size
            if stop > end:
                break
            place = stop + _LENGTH.unpack_from(data, place)[0]
            if place > end:
                break
            elements.append(bytes(data[stop:place]))
    if len(elements) != count or place != end:
        raise MalformedError(
            f"tensor {name!r} has {size} bytes, which are not {count} elements of BYTES",
            expected="for each element its length as 4 bytes, little-endian, and then the element",
        )
    array = np.empty(count, dtype=object)
    array[:] = elements
    return array


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    return b"" if value is None else str(value).encode("utf-8", "backslashreplace")


def _shortened(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint16]:
    """The upper halves, rounded to the nearest, to even ones in the middle; not a number stays that."""
    bits = values.view("<u4")
    rounded = ((bits + (0x7FFF + ((bits >> 16) & 1))) >> 16).astype("<u2")
    return np.where(np.isnan(values), np.uint16(0x7FC0), rounded).astype("<u2")
