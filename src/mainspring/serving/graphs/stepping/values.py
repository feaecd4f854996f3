"""Values of a step's function as arrays by name, and back."""

from __future__ import annotations

import json
import typing
from collections.abc import Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.models.signature import Datatype
from mainspring.serving.graphs.stepping.spec import Column, Form, Given
from mainspring.serving.tensor_models.reading import datatype_of

OUTPUT: Final = "output"
"""The name of what a function gives without a name."""

SPLIT: Final = "request"
"""The split that the rows of a request are, for a function of examples."""

_TABLE, _EXAMPLES = "mainspring.Table", "mainspring.Examples"
_SCALARS = (str, int, float, bool, bytes)


def form_of(annotation: Any) -> Form | None:
    """What an argument with this annotation takes for data; ``None`` if it takes no data."""
    plain = stripped(annotation)
    kind = getattr(plain, "ARTIFACT_TYPE", None)
    if kind == _TABLE:
        return "table"
    if kind == _EXAMPLES:
        return "examples"
    origin = typing.get_origin(plain) or plain
    if origin is np.ndarray:
        return "array"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "columns"
    if isinstance(origin, type) and issubclass(origin, Sequence) and not issubclass(origin, str | bytes):
        return "list"
    return None


def stripped(annotation: Any) -> Any:
    """An annotation without ``| None``."""
    if typing.get_origin(annotation) in (typing.Union, UnionType):
        members = [one for one in typing.get_args(annotation) if one is not NoneType]
        return members[0] if len(members) == 1 else annotation
    return annotation


def columns_in(value: Any, name: str = OUTPUT) -> dict[str, Any]:
    """What a function gave, as lists or arrays by name.

    Args:
        value: A table, examples of one split, a mapping, a named tuple of lists, an array, or a list.
        name: What a list or an array is called.

    Raises:
        InputError: If it is nothing of that.
    """
    splits = getattr(value, "splits", None)
    if isinstance(splits, Mapping):
        if len(splits) != 1:
            raise InputError(
                f"the step gives examples with the splits {', '.join(splits)}", expected="as many as it was given"
            )
        value = next(iter(splits.values()))
    if hasattr(value, "to_columns"):
        return dict(value.to_columns())
    if isinstance(value, Mapping):
        return {str(key): one for key, one in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return dict(zip(value._fields, value, strict=True))
    if isinstance(value, np.ndarray | list | tuple):
        return {name: value}
    raise InputError(
        f"the step gives a {type(value).__name__}", expected="a list, an array, lists by column, or a table"
    )


def described(name: str, values: Any) -> Column:
    """What an output or input is, from values of it.

    Example:
        >>> described("n", [1, 2]).datatype, described("t", [["a"], []]).packed
        ('INT64', True)
    """
    if isinstance(values, np.ndarray) and values.dtype != object:
        kind = "BYTES" if values.dtype.kind in "US" else datatype_of(values.dtype)
        return Column(name=name, datatype=cast("Datatype", kind), shape=(-1, *values.shape[1:]))
    cells = [one for one in values if one is not None]
    nulls = len(cells) < len(values)
    kinds = {type(one) for one in cells}
    if kinds and kinds <= {bool}:
        return Column(name=name, datatype="BYTES" if nulls else "BOOL", packed=nulls, nulls=nulls)
    if kinds and kinds <= {int}:
        return Column(name=name, datatype="FP64" if nulls else "INT64", nulls=nulls)
    if kinds and kinds <= {int, float}:
        return Column(name=name, datatype="FP64", nulls=nulls)
    if kinds and kinds <= {list, tuple}:
        lengths = {len(one) for one in cells}
        inner = {type(cell) for one in cells for cell in one}
        if len(lengths) == 1 and inner and inner <= {int, float} and not nulls:
            return Column(name=name, datatype="FP64", shape=(-1, lengths.pop()))
    packed = not kinds <= {str}
    return Column(name=name, packed=packed, nulls=nulls)


def array_in(values: Any, column: Column) -> npt.NDArray[Any]:
    """Values as the array that goes along an edge."""
    if column.datatype != "BYTES":
        array = np.asarray(values, dtype=_DTYPES[column.datatype])  # ``None`` becomes NaN
        return array.reshape(len(array), *column.shape[1:])
    cells = values.tolist() if isinstance(values, np.ndarray) else list(values)
    array = np.empty(len(cells), dtype=object)
    array[:] = [_packed(one) for one in cells] if column.packed else cells
    return array


def value_for(given: Given, arrays: Mapping[str, npt.NDArray[Any]], annotation: Any) -> Any:
    """Arrays as what an argument takes.

    Raises:
        InputError: If one is missing, or holds no JSON where it should.
    """
    missing = [one.name for one in given.columns if one.name not in arrays]
    if missing:
        raise InputError(f"{', '.join(missing)} is missing", expected=", ".join(one.name for one in given.columns))
    if given.form == "array":
        [only] = given.columns
        return arrays[only.name]
    lists = {one.name: _cells(arrays[one.name], one) for one in given.columns}
    if given.form == "list":
        return next(iter(lists.values()))
    if given.form == "columns":
        return lists
    # Imported here: functions of lists need no tables.
    from mainspring.data import Examples, Table

    types = {one.name: _TYPES[one.datatype] for one in given.columns if one.datatype in _TYPES}
    rows = [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
    table = Table.from_rows(rows, types) if rows else Table.from_columns(lists)
    return table if form_of(annotation) == "table" else Examples(splits={SPLIT: table})


_DTYPES: Mapping[str, str] = {
    "BOOL": "bool",
    "INT8": "int8",
    "INT16": "int16",
    "INT32": "int32",
    "INT64": "int64",
    "UINT8": "uint8",
    "UINT16": "uint16",
    "UINT32": "uint32",
    "UINT64": "uint64",
    "FP16": "float16",
    "FP32": "float32",
    "FP64": "float64",
}
_TYPES: Mapping[str, str] = {"BYTES": "STRING", "INT64": "INT", "FP64": "FLOAT", "BOOL": "BOOL"}


def _packed(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"a {type(value).__name__} cannot go along an edge")


def _cells(array: npt.NDArray[Any], column: Column) -> list[Any]:
    cells: list[Any] = array.tolist()
    if column.packed:
        try:
            return [None if one is None else json.loads(one) for one in cells]
        except (TypeError, ValueError) as error:
            raise InputError(
                f"a value of {column.name} is not JSON: {error}", expected="a list or an object as a text of JSON"
            ) from error
    if column.datatype == "BYTES":
        return [one.decode() if isinstance(one, bytes) else one for one in cells]
    if column.nulls:
        return [one if one == one else None for one in cells]
    return cells
