"""Whatever a class of the user's gives, as the outputs of a model."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.models.signature import Field
from mainspring.serving.predictor import ModelError
from mainspring.serving.raw_tensors import DTYPES
from mainspring.serving.tensor_models.reading import datatype_of, fits

OUTPUT = "output"
"""The name of an output that the class does not name."""

PREDICTIONS = "predictions"
"""What classes made for KServe call theirs."""


def outputs_of(value: Any, declared: Sequence[Field], rows: int | None, where: str) -> dict[str, npt.NDArray[Any]]:
    """The outputs, by name.

    Args:
        value: What the class gave.
        declared: What it promised; empty for nothing.
        rows: How many rows each output has to have; ``None`` where that is not known.
        where: The model, for the error.

    Raises:
        ModelError: If that is not what was promised.
    """
    named = _by_name(value, declared)
    if not declared:
        return {name: array_of(one) for name, one in named.items()}
    outputs = {}
    for field in declared:
        if field.name not in named:
            raise ModelError(
                f"the class gave no output {field.name!r}; it gave {', '.join(named)}",
                expected="the outputs that it declares",
                where=where,
            )
        outputs[field.name] = _promised(array_of(named[field.name]), field, rows, where)
    return outputs


def array_of(value: Any) -> npt.NDArray[Any]:
    """A value as an array of one dimension or more: of numbers if it holds nothing else, else of objects."""
    if isinstance(value, np.ndarray):
        return value if value.ndim else value.reshape(1)
    if isinstance(value, list):
        try:
            array = np.asarray(value)
        except ValueError:
            array = np.asarray(None)
        if array.dtype.kind in "biuf":
            return array
        if not any(isinstance(one, list) for one in value):
            return _objects(value)
        try:
            return np.array(value, dtype=object)
        except ValueError:
            return _objects(value)
    if isinstance(value, bool | int | float):
        return np.asarray([value])
    return _objects([value])


def as_one(outputs: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Several outputs as one object by name."""
    return _objects([plain(dict(outputs))])


def as_texts(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """An array of objects with JSON in the place of whatever is neither text nor bytes."""
    if array.dtype != object:
        return array
    values = array.reshape(-1).tolist()
    if all(isinstance(one, str | bytes) for one in values):
        return array
    return _objects([one if isinstance(one, str | bytes) else _json(one) for one in values]).reshape(array.shape)


def as_json_values(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """An array whose objects hold nothing but what JSON has."""
    return array if array.dtype != object or array.ndim != 1 else _objects(plain(array.tolist()))


def plain(value: Any) -> Any:
    """A value as JSON has it: ``None`` for what is not a finite number."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    return value


def _by_name(value: Any, declared: Sequence[Field]) -> dict[str, Any]:
    """Outputs by name: a mapping of arrays or lists is one; so is a list, in the order that was promised."""
    if isinstance(value, Mapping):
        if list(value) == [PREDICTIONS] and [field.name for field in declared] != [PREDICTIONS]:
            return _by_name(value[PREDICTIONS], declared)
        if value and (declared or all(isinstance(one, np.ndarray | list) for one in value.values())):
            return {str(name): one for name, one in value.items()}
    if isinstance(value, list) and len(declared) > 1 and len(value) == len(declared):
        return {field.name: one for field, one in zip(declared, value, strict=True)}
    return {declared[0].name if declared else OUTPUT: value}


def _promised(array: npt.NDArray[Any], field: Field, rows: int | None, where: str) -> npt.NDArray[Any]:
    wanted = DTYPES[field.datatype]
    shape = field.shape if rows is None else (rows, *field.shape[1:])
    if array.shape[1:] == (1,) and len(shape) == 1:
        array = array.reshape(-1)
    if not fits(shape, array.shape):
        raise ModelError(
            f"output {field.name!r} of the class has shape {list(array.shape)}",
            expected=f"shape {list(shape)}, as it declares",
            where=where,
        )
    numbers = array.dtype.kind in "biuf"
    if numbers != (wanted.kind in "biuf") or (wanted.kind in "biu" and array.dtype.kind == "f"):
        raise ModelError(
            f"output {field.name!r} of the class is of {datatype_of(array.dtype)}",
            expected=f"{field.datatype}, as it declares",
            where=where,
        )
    return array.astype(wanted, copy=False)


def _objects(values: list[Any]) -> npt.NDArray[Any]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _json(value: Any) -> str:
    return json.dumps(plain(value), ensure_ascii=False)
