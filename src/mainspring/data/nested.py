"""Lists and mappings of Python values as values of the engine, with one type for all of a column."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.celltypes import ENGINE_TYPES, ColumnType
from mainspring.data.scalars import scalar_type, text_of

Shape = ColumnType | list[Any] | dict[str, Any] | None
"""The type of values: one of scalars, ``[shape]`` of a list, names to shapes of a mapping, ``None`` if unknown."""


def shape_of(name: str, values: Sequence[Any]) -> Shape:
    """The shape that holds all values, most of them lists or mappings.

    Raises:
        InputError: If values mix types, or names differ in upper and lower case alone.
    """
    found: Shape = None
    for value in values:
        found = _joined(name, found, _shape(name, value))
    return found


def texts_of(values: Sequence[Any]) -> list[str | None]:
    """Values as JSON in which every scalar is a text."""
    return [None if value is None else json.dumps(_plain(value), ensure_ascii=False) for value in values]


def pick_nested(cell: str, shape: Shape) -> str:
    """SQL: the value of a text that :func:`texts_of` wrote."""
    texts = engine.literal(json.dumps(_described(shape), ensure_ascii=False))
    return f"CAST(from_json(CAST({cell} AS VARCHAR), {texts}) AS {_engine_type(shape)})"


def _shape(name: str, value: Any) -> Shape:
    if value is None:
        return None
    if isinstance(value, Mapping):
        lower = [str(key).lower() for key in value]
        if len(set(lower)) < len(lower) or not value:
            raise InputError(
                f"column {name!r} holds a mapping "
                + ("whose names differ in upper and lower case alone" if value else "without names"),
                expected="mappings with different names",
            )
        return {str(key): _shape(name, inner) for key, inner in value.items()}
    if _is_list(value):
        found: Shape = None
        for inner in value:
            found = _joined(name, found, _shape(name, inner))
        return [found]
    return scalar_type(name, value)


def _joined(name: str, one: Shape, other: Shape) -> Shape:
    if one is None or other is None:
        return other if one is None else one
    if isinstance(one, list) and isinstance(other, list):
        return [_joined(name, one[0], other[0])]
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: _joined(name, one.get(key), other.get(key)) for key in one | other}
    kinds = {_kind(one), _kind(other)}
    if len(kinds) == 1:
        return one
    for wide, narrow in ((ColumnType.FLOAT, ColumnType.INT), (ColumnType.TIMESTAMP, ColumnType.DATE)):
        if kinds == {wide, narrow}:
            return wide
    raise InputError(
        f"column {name!r} mixes " + " and ".join(sorted(kinds)),
        expected="values of one type",
        fix="convert the values, for example all to text",
    )


def _kind(shape: Shape) -> ColumnType:
    if isinstance(shape, list):
        return ColumnType.LIST
    return ColumnType.STRUCT if isinstance(shape, dict) else shape or ColumnType.STRING


def _plain(value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if _is_list(value):
        return [_plain(inner) for inner in value]
    if isinstance(value, bytes):
        return "".join(f"\\x{byte:02X}" for byte in value)
    scalar = value.item() if hasattr(value, "item") else value
    return text_of(scalar, scalar_type("", scalar))


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple) or getattr(value, "ndim", 0) > 0


def _described(shape: Shape) -> Any:
    """The shape with text for every scalar."""
    if isinstance(shape, list):
        return [_described(shape[0])]
    if isinstance(shape, dict):
        return {key: _described(inner) for key, inner in shape.items()}
    return "VARCHAR"


def _engine_type(shape: Shape) -> str:
    if isinstance(shape, list):
        return _engine_type(shape[0]) + "[]"
    if isinstance(shape, dict):
        fields = ", ".join(f"{engine.quote(key)} {_engine_type(one)}" for key, one in shape.items())
        return f"STRUCT({fields})"
    return ENGINE_TYPES[shape or ColumnType.STRING]
