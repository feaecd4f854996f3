"""Ops as plain values for JSON, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from mainspring.core.errors import InputError
from mainspring.data.transforms.ops.op import Op


def to_json(op: Op) -> dict[str, Any]:
    """The name of the op and its fields; those with the usual value are left out."""
    value: dict[str, Any] = {"op": type(op).__name__}
    for field in fields(op):
        held = getattr(op, field.name)
        if held != field.default:
            value[field.name] = held
    return value


def from_json(value: Mapping[str, Any], known: Mapping[str, type[Op]]) -> Op:
    """The op that :func:`to_json` wrote.

    Raises:
        InputError: If there is no op of that name, or it has other fields.
    """
    name = value["op"]
    if name not in known:
        raise InputError(
            f"no op is called {name!r}", expected=", ".join(known), fix="use the version that wrote the transform"
        )
    arguments = {key: _frozen(held) for key, held in value.items() if key != "op"}
    return known[name](**arguments)


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
