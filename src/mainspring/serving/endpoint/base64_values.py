"""Bytes in plain JSON, as TensorFlow Serving has them: ``{"b64": "…"}``.

Specification: ``g3doc/api_rest.md`` of TensorFlow Serving, "Encoding binary values".
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import numpy.typing as npt

from mainspring.models.signature import Field
from mainspring.serving.problems import MalformedError

MARK = b'"b64"'
"""What a body with such a value holds somewhere."""

_KEY = "b64"
_SUFFIX = "_bytes"


def decoded(value: Any) -> Any:
    """A JSON value with the bytes in it as ``bytes``.

    Raises:
        MalformedError: If something is not base64, or nested too deeply.
    """
    try:
        return _decoded(value)
    except RecursionError as error:
        raise MalformedError("the JSON is nested too deeply") from error


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.keys() != {_KEY}:
        return {name: _decoded(one) for name, one in value.items()}
    try:
        return base64.b64decode(value[_KEY], validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise MalformedError(f"the value of {_KEY!r} is not base64: {error}", expected="text in base64") from error


def encoded(values: npt.NDArray[Any], field: Field) -> list[Any]:
    """The values of an output, row by row, in the form of JSON: whole numbers as such, bytes as text or base64.

    An output whose name ends in ``_bytes`` is always base64, any other only if it is no text.
    """
    rows: list[Any] = values.tolist()
    if field.datatype == "BYTES":
        always = field.name.endswith(_SUFFIX)
        return [_element(one, always=always) for one in rows] if always or _holds_bytes(values) else rows
    if values.dtype.kind == "f" and "INT" in field.datatype:
        return _whole(rows)
    return rows


def _holds_bytes(values: npt.NDArray[Any]) -> bool:
    return bytes in set(map(type, values.ravel().tolist()))


def _element(value: Any, *, always: bool) -> Any:
    if isinstance(value, list):
        return [_element(one, always=always) for one in value]
    if value is None:
        return None
    if isinstance(value, bytes) and not always:
        try:
            return value.decode()
        except UnicodeDecodeError:
            pass
    data = value if isinstance(value, bytes) else str(value).encode()
    return {_KEY: base64.b64encode(data).decode("ascii")} if always or isinstance(value, bytes) else value


def _whole(rows: list[Any]) -> list[Any]:
    return [_whole(one) if isinstance(one, list) else int(one) if one == one else None for one in rows]
