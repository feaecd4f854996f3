"""Arrays as they are logged: a few values digit by digit, many as bytes, large ones apart."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from mainspring.models.signature import Field
from mainspring.serving.payloads.blobs import Blobs
from mainspring.serving.payloads.packing import KINDS, LIST, Packed, pack, present

_INLINE_BYTES = 256 << 10
_WIDEST = 8
"""Bytes of the widest number."""


class ArrayWriter:
    """Brings arrays into the form in which they are logged. For one thread.

    Args:
        blobs: Where large values go.
        inline_bytes: A value of a row that is larger is stored apart.
    """

    def __init__(self, blobs: Blobs, inline_bytes: int) -> None:
        self._blobs, self._inline = blobs, inline_bytes
        self._encode = msgspec.json.Encoder(enc_hook=plain_value).encode

    def writer(self, datatype: str, dimensions: int) -> Callable[[npt.NDArray[Any]], list[Any]]:
        """What brings a few rows of a column into plain values, as fast as its data type allows.

        Args:
            datatype: What the column holds.
            dimensions: Of its array.
        """
        if dimensions == 1:
            known = {"FP64": _floats, "INT64": _whole_numbers, "BOOL": _truths, "BYTES": self._texts}
            if datatype in known:
                return known[datatype]
        return lambda array: self.values(array, datatype)

    def is_simple(self, item: Field) -> bool:
        """Whether arrays of a field are written as they are: floats, or small rows of numbers."""
        rest = item.shape[1:]
        if not rest:
            return item.datatype in ("FP64", "FP32")
        return item.datatype != "BYTES" and min(rest) >= 0 and math.prod(rest) * _WIDEST <= self._inline

    def values(self, array: npt.NDArray[Any], datatype: str = "") -> list[Any]:
        """The rows of an array as plain values; of a large one, where its content lies.

        Args:
            array: ``[rows, …]``.
            datatype: What it holds, where floats stand for something else.
        """
        kind = array.dtype.kind
        if array.ndim > 1:
            if kind in "fiub" and array.nbytes > self._inline * len(array):
                return [self._apart(row) for row in array]
        elif kind == "f" and datatype in KINDS:
            return present(array, datatype)
        plain: list[Any] = array.tolist()
        return self._texts(array) if kind == "O" else plain

    def _texts(self, array: npt.NDArray[Any]) -> list[Any]:
        large = self._inline
        return [
            self._apart_text(value) if isinstance(value, str | bytes) and len(value) > large else value
            for value in array.tolist()
        ]

    def many(self, array: npt.NDArray[Any], datatype: str = "") -> list[Any] | npt.NDArray[Any]:
        """The rows of an array: as an array for :meth:`packed`, if they are numbers.

        Args:
            array: ``[rows, …]``.
            datatype: What it holds, where floats stand for something else.
        """
        if array.dtype.kind not in "fiub" or (array.ndim > 1 and array.nbytes > self._inline * len(array)):
            return self.values(array, datatype)
        return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))

    def packed(self, arrays: Mapping[str, tuple[npt.NDArray[Any], str]]) -> dict[str, Packed]:
        """Arrays by name, with their data types: written as bytes, and apart from the record if they are many.

        Args:
            arrays: From :meth:`many`.
        """
        size = sum(array.nbytes for array, _ in arrays.values())
        blob = None
        if size > _INLINE_BYTES:
            blob = self._blobs.bundle([array.data.cast("B") for array, _ in arrays.values()], size)
        if blob is None:
            return {name: pack(array, datatype) for name, (array, datatype) in arrays.items()}
        found, offset = {}, 0
        for name, (array, datatype) in arrays.items():
            found[name] = Packed(dtype=array.dtype.str, shape=array.shape, blob=blob, offset=offset, kind=datatype)
            offset += array.nbytes
        return found

    def listed(self, values: Sequence[Any]) -> Packed | None:
        """Values that are no numbers, stored apart; ``None`` if there is no room."""
        digest = self._blobs.put(self._encode(values))
        return None if digest is None else Packed(dtype=LIST, shape=(len(values),), blob=digest)

    def _apart(self, row: npt.NDArray[Any]) -> dict[str, Any]:
        little = np.ascontiguousarray(row, dtype=row.dtype.newbyteorder("<"))
        return self._stored(little.tobytes(), little.dtype.str, list(little.shape))

    def _apart_text(self, value: str | bytes) -> dict[str, Any]:
        if isinstance(value, bytes):
            return self._stored(value, "bytes", [])
        return self._stored(value.encode(), "str", [])

    def _stored(self, data: bytes, dtype: str, shape: list[int]) -> dict[str, Any]:
        digest = self._blobs.put(data)
        told = {"dtype": dtype, "shape": shape}
        # What does not fit into memory is not kept, rather than that anybody should wait for the disk.
        return {"blob": digest, **told} if digest is not None else {"omitted": len(data), **told}


def _floats(array: npt.NDArray[Any]) -> list[Any]:
    found: list[Any] = array.tolist()
    return found  # missing numbers are NaN, for which JSON has null


def _whole_numbers(array: npt.NDArray[Any]) -> list[Any]:
    # NaN, the missing value, is not equal to itself.
    return [int(value) if value == value else None for value in array.tolist()]


def _truths(array: npt.NDArray[Any]) -> list[Any]:
    return [bool(value) if value == value else None for value in array.tolist()]


def plain_value(value: object) -> object:
    """What JSON has no word for: scalars and arrays of NumPy as what they hold, anything else as text."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return str(value)
