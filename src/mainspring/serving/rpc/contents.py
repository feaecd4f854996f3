"""The values of tensors in the messages of the protocol: typed, or raw."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.models.signature import Problem
from mainspring.serving.problems import MalformedError
from mainspring.serving.raw_tensors import DTYPES, RAW_ONLY, read_raw
from mainspring.serving.rpc.messages import Message

_FIELDS: Mapping[str, str] = {
    "BOOL": "bool_contents",
    "INT8": "int_contents",
    "INT16": "int_contents",
    "INT32": "int_contents",
    "INT64": "int64_contents",
    "UINT8": "uint_contents",
    "UINT16": "uint_contents",
    "UINT32": "uint_contents",
    "UINT64": "uint64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}
"""Where the values of a datatype are, if they are typed."""

_NARROW = frozenset({"INT8", "INT16", "UINT8", "UINT16"})
"""Datatypes whose field holds more than they do."""

_LETTERS: Mapping[str, str] = {"FP64": "d", "FP32": "f", "INT64": "q", "INT32": "i", "UINT64": "Q", "UINT32": "I"}

_FEW = 16
"""Up to so many numbers are quicker read one by one than as an array."""


def layout_of(datatype: str, shape: Sequence[int]) -> struct.Struct | None:
    """What reads the bytes of a tensor of a few numbers, quicker than as an array; ``None`` for any other."""
    if datatype not in _LETTERS or len(shape) != 1 or not 0 <= shape[0] <= _FEW:
        return None
    return struct.Struct(f"<{shape[0]}{_LETTERS[datatype]}")


def typed_values(tensor: Message, shape: Sequence[int], problems: list[Problem]) -> list[Any] | npt.NDArray[Any]:
    """The values of a typed tensor: a flat list, or for BYTES an array; what is wrong goes to the problems."""
    name, datatype = tensor.name, tensor.datatype
    field = _FIELDS.get(datatype)
    if field is None:
        expected = "raw_input_contents" if datatype in RAW_ONLY else "a datatype among " + ", ".join(DTYPES)
        problems.append(Problem("WRONG_DATATYPE", expected, column=name, value=f"contents of {datatype!r}"))
        return []
    values = list(getattr(tensor.contents, field))
    count = math.prod(shape)
    if len(values) != count:
        strange = [found.name for found, _ in tensor.contents.ListFields() if found.name != field]
        found = f"{len(values)} values in {field}" + (f", and some in {', '.join(strange)}" if strange else "")
        problems.append(Problem("WRONG_LENGTH", f"{count} values, as its shape says", column=name, value=found))
        return []
    if datatype in _NARROW and values:
        bounds = np.iinfo(DTYPES[datatype])
        if min(values) < bounds.min or max(values) > bounds.max:
            expected = f"values from {bounds.min} to {bounds.max}, as {datatype} holds"
            problems.append(Problem("WRONG_VALUE", expected, column=name, value="one outside of them"))
    return _objects(values, shape) if datatype == "BYTES" else values


def array_of(tensor: Message, raw: bytes | None) -> npt.NDArray[Any]:
    """The array that a tensor of an answer holds.

    Args:
        tensor: The tensor.
        raw: Its bytes, if they stand outside of it.

    Returns:
        An array of its shape; for BYTES an object array of text, or of ``bytes`` if one of them is none.

    Raises:
        MalformedError: If the values do not fit the datatype and the shape.
    """
    shape, problems = tuple(tensor.shape), list[Problem]()
    if raw is None:
        values = np.asarray(typed_values(tensor, shape, problems), dtype=DTYPES.get(tensor.datatype))
    else:
        values = read_raw(raw, tensor.datatype, shape, name=tensor.name)
    if problems:
        raise MalformedError(f"tensor {tensor.name!r} holds {problems[0].value}", expected=problems[0].expected)
    return _texts(values) if tensor.datatype == "BYTES" else _shaped(values, shape)


def fill(tensor: Message, values: npt.NDArray[Any]) -> None:
    """Put values into a typed tensor whose datatype is set; ``None`` is an empty element of BYTES."""
    contents = getattr(tensor.contents, _FIELDS[tensor.datatype])
    if tensor.datatype == "BYTES":
        contents.extend([_bytes(value) for value in values.ravel().tolist()])
    else:
        contents.extend(values.ravel().astype(DTYPES[tensor.datatype], copy=False).tolist())


def _objects(values: list[Any], shape: Sequence[int]) -> npt.NDArray[Any]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return _shaped(array, shape)


def _shaped(array: npt.NDArray[Any], shape: Sequence[int]) -> npt.NDArray[Any]:
    try:
        return array.reshape(shape)
    except ValueError as error:  # more dimensions than there may be, or nothing of a size beyond all bounds
        raise MalformedError(f"a tensor has shape {list(shape)}: {error}") from error


def _texts(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Bytes as texts; as they are, if one of them is none, such as an image."""
    try:
        return _objects([value.decode("utf-8") for value in array.ravel().tolist()], array.shape)
    except UnicodeDecodeError:
        return array


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    return b"" if value is None else str(value).encode("utf-8", "backslashreplace")
