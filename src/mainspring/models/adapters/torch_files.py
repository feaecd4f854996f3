"""Arrays by name as one file in the safetensors form: a JSON header and plain numbers, no code.

The form is public (https://github.com/huggingface/safetensors#format): eight bytes with the length of the header,
the header, and the bytes of all arrays, little-endian. The same arrays give the same bytes.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError, IntegrityError

KINDS: Final[Mapping[str, str]] = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "|i1",
    "U8": "|u1",
    "BOOL": "|b1",
}
"""Types of numbers, by their name in the header."""

NAMES: Final = {np.dtype(kind): name for name, kind in KINDS.items()}
LONGEST_HEADER: Final = 100_000_000


def write_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """The bytes of a safetensors file, arrays in the order of their names.

    Raises:
        InputError: For an array of a type that the form does not know.

    Example:
        >>> read_arrays(write_arrays({"weight": np.array([[1.0, 2.0]])}))["weight"].tolist()
        [[1.0, 2.0]]
    """
    header: dict[str, Any] = {}
    parts: list[bytes] = []
    start = 0
    for name in sorted(arrays):
        array = np.asarray(arrays[name])
        kind = NAMES.get(array.dtype.newbyteorder("<"))
        if kind is None:
            raise InputError(f"{name!r} holds {array.dtype}", expected="one of " + ", ".join(KINDS))
        part = np.ascontiguousarray(array, dtype=KINDS[kind]).tobytes()
        header[name] = {
            "dtype": kind,
            "shape": list(array.shape),
            "data_offsets": [start, start + len(part)],
        }
        parts.append(part)
        start += len(part)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([struct.pack("<Q", len(text)), text, *parts])


def read_arrays(data: bytes) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a safetensors file; they can be written to.

    Raises:
        IntegrityError: If it is none, or an array does not lie inside.
    """
    try:
        (size,) = struct.unpack_from("<Q", data)
        if size > min(LONGEST_HEADER, len(data) - 8):
            raise ValueError("the header is longer than the file")
        header = json.loads(data[8 : 8 + size])
        header.pop("__metadata__", None)
        return {name: _array(data, 8 + size, **told) for name, told in header.items()}
    except (struct.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IntegrityError(f"the file of weights cannot be read: {error}", expected="safetensors") from error


def _array(data: bytes, origin: int, *, dtype: str, shape: list[int], data_offsets: list[int]) -> npt.NDArray[Any]:
    start, stop = data_offsets
    kind = np.dtype(KINDS[dtype])
    count = int(np.prod(shape, dtype=np.int64))
    if not 0 <= start <= stop <= len(data) - origin or stop - start != count * kind.itemsize:
        raise ValueError("an array does not lie inside the file")
    return np.frombuffer(data, kind, count, origin + start).reshape(shape).copy()
