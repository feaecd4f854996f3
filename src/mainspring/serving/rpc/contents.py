"""The values of tensors in the messages of the protocol: typed, or raw."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.models.signature import Problem
from mainspring.serving.problems import MalformedError
from mainspring.serving.raw_tensors import DTYPES, RAW_ONLY, read_raw
from mainspring.serving.rpc.messages import Message

Values: TypeAlias = Sequence[Any] | npt.NDArray[Any]
"""Values as JSON has them, flat, or an array."""

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


def raw_values(data: bytes, datatype: str, shape: Sequence[int], name: str) -> Values:
    """The values of a raw tensor: a list of texts, or an array of the shape.

    Raises:
        MalformedError: If the bytes do not fit the datatype and the shape.
    """
    array = read_raw(data, datatype, shape, name=name)
    return _texts(array.ravel().tolist(), shape) if datatype == "BYTES" else array


def layout_of(datatype: str, shape: Sequence[int]) -> struct.Struct | None:
    """What reads the bytes of a tensor of a few numbers, quicker than as an array; ``None`` for any other."""
    if datatype not in _LETTERS or len(shape) != 1 or not 0 <= shape[0] <= _FEW:
        return None
    return struct.Struct(f"<{shape[0]}{_LETTERS[datatype]}")


def typed_values(tensor: Message, shape: Sequence[int], problems: list[Problem]) -> Values:
    """The values of a typed tensor, flat; what is wrong goes to the problems."""
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
    return _texts(values, shape) if datatype == "BYTES" else values


def array_of(tensor: Message, raw: bytes | None) -> npt.NDArray[Any]:
    """The array that a tensor holds; for BYTES an object array of text, or of ``bytes`` if one of them is none.

    Raises:
        MalformedError: If the values do not fit the datatype and the shape.
    """
    shape, problems = tuple(tensor.shape), list[Problem]()
    if raw is None:
        values = typed_values(tensor, shape, problems)
    else:
        values = raw_values(raw, tensor.datatype, shape, tensor.name)
    if problems:
        raise MalformedError(f"tensor {tensor.name!r} holds {problems[0].value}", expected=problems[0].expected)
    if isinstance(values, np.ndarray):
        return values
    array = np.empty(len(values), dtype=DTYPES[tensor.datatype])
    array[:] = values
    return array.reshape(shape)


def fill(tensor: Message, values: npt.NDArray[Any]) -> None:
    """Put values into a typed tensor whose datatype is set; ``None`` is an empty element of BYTES."""
    contents = getattr(tensor.contents, _FIELDS[tensor.datatype])
    if tensor.datatype == "BYTES":
        contents.extend([_bytes(value) for value in values.ravel().tolist()])
    else:
        contents.extend(values.ravel().astype(DTYPES[tensor.datatype], copy=False).tolist())


def _texts(values: list[bytes], shape: Sequence[int]) -> Values:
    """Texts as JSON has them; as they are, if one of them is none, such as an image."""
    try:
        return [value.decode("utf-8") for value in values]
    except UnicodeDecodeError:
        array = np.empty(len(values), dtype=object)
        array[:] = values
        return array.reshape(shape)


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    return b"" if value is None else str(value).encode("utf-8", "backslashreplace")
