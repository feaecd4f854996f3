"""Reading tensors of numbers at a glance: the usual question, checked as a whole.

What is unusual is left to :class:`mainspring.serving.tensor_models.reading.TensorReader`, which can explain every
problem: this module never refuses, and where it answers, it answers the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.models.signature import Field
from mainspring.serving.prediction import Inputs
from mainspring.serving.question import Tensor

_EXACT = 2.0**53
"""Whole numbers below this are the same as floats."""

_FLOATS_ALONE, _WITH_INTEGERS = {float}, ({float, int}, {int})
_DOUBLE = np.dtype(np.float64)
_FLOATS: Mapping[str, np.dtype[Any]] = {"FP64": _DOUBLE, "FP32": np.dtype(np.float32)}


@dataclass(frozen=True, slots=True)
class _Usual:
    """What is known of an input: its floats, its dimensions after the first, and how many values these hold."""

    datatype: str
    dtype: np.dtype[Any]
    tail: list[int]
    size: int


class TensorGlance:
    """Reads inputs of floats whose first dimension alone is free. Safe for threads.

    Args:
        fields: What the model asks for.
    """

    def __init__(self, fields: Sequence[Field]) -> None:
        self._size = len(fields)
        self._usual = {
            field.name: _Usual(
                field.datatype, _FLOATS[field.datatype], list(field.shape[1:]), math.prod(field.shape[1:])
            )
            for field in fields
            if field.datatype in _FLOATS and field.shape[:1] == (-1,) and min(field.shape[1:], default=0) >= 0
        }

    def read(self, tensors: Sequence[Tensor]) -> Inputs | None:
        """The arrays of a question; ``None`` if it needs a closer look."""
        if len(tensors) != self._size:
            return None
        columns: dict[str, npt.NDArray[Any]] = {}
        rows = -1
        for tensor in tensors:
            usual, shape = self._usual.get(tensor.name), tensor.shape
            if usual is None or tensor.datatype != usual.datatype or tensor.parameters or not shape:
                return None
            array = _array(tensor.data, usual.dtype)
            if array is None or shape[1:] != usual.tail or array.size != shape[0] * usual.size:
                return None
            if shape[0] != rows and rows != -1:
                return None
            rows = shape[0]
            columns[tensor.name] = array.reshape(shape)
        return Inputs(columns, rows) if len(columns) == self._size and rows > 0 else None


def _array(data: Any, dtype: np.dtype[Any]) -> npt.NDArray[Any] | None:
    if type(data) is not list:
        return data if isinstance(data, np.ndarray) and data.dtype == dtype else None
    kinds = set(map(type, data))
    if kinds != _FLOATS_ALONE and kinds not in _WITH_INTEGERS:
        return None
    try:
        array = np.array(data, dtype=np.float64)
    except OverflowError:
        return None
    if kinds != _FLOATS_ALONE and not np.abs(array).max() < _EXACT:
        return None
    if dtype is _DOUBLE:
        return array
    with np.errstate(over="ignore"):
        narrow = array.astype(dtype)
    return narrow if np.isfinite(narrow).all() else None
