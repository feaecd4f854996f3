"""What a node may carry: checks its texts and properties against its type, and gives their stored form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from mainspring.core.errors import InputError
from mainspring.core.records import NodeType, PropertyType, Value

MAX_NAME: Final = 255
"""The longest name, type name or external id, in characters."""

MAX_ADDRESS: Final = 2048
"""The longest uri, in characters."""

MAX_INT: Final = 2**63 - 1

MAX_DEPTH: Final = 100
"""How deep JSON may nest."""


def _plain(value: Any) -> Any:
    """The built-in value for one of a derived class, such as a float of numpy or a read-only mapping."""
    if isinstance(value, float):
        return float(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{value!r:.60} is a {type(value).__qualname__}")


_encode = msgspec.json.Encoder(enc_hook=_plain).encode
_decode = msgspec.json.Decoder().decode

_EXPECTED: Final[Mapping[PropertyType, str]] = {
    PropertyType.INT: "a whole number that fits 64 bits",
    PropertyType.DOUBLE: "a number",
    PropertyType.STRING: "a text",
    PropertyType.BOOLEAN: "true or false",
    PropertyType.STRUCT: "a JSON object or list",
}


def encode(values: Mapping[str, Value]) -> str:
    """The stored form of properties: JSON, in which a number that is not finite is ``null``.

    Raises:
        InputError: If a value is not a JSON value.
    """
    if not values:
        return "{}"
    try:
        text = _encode(values).decode()
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise _unsound(values) from error
    if "\\u0000" in text or not _sound(values):
        raise _unsound(values)
    return text


def decode(text: str) -> dict[str, Value]:
    """The inverse of :func:`encode`."""
    found: dict[str, Value] = {} if text == "{}" else _decode(text)
    return found


def check(node_type: NodeType, properties: Mapping[str, Value]) -> Mapping[str, Value]:
    """Properties as their type declares them: whole numbers become floats where DOUBLE is declared.

    Args:
        node_type: The type with its inherited properties filled in.

    Raises:
        InputError: For every undeclared property and every one with another type, all at once.
    """
    if not properties:
        return properties
    declared = node_type.properties
    checked: dict[str, Value] = {}
    problems = []
    for name, value in properties.items():
        wanted = declared.get(name)
        if wanted is None:
            problems.append(f"{name!r} is not declared")
        elif value is None:
            checked[name] = None
        elif not _fits(value, wanted):
            problems.append(f"{name!r} holds {value!r:.60}, not {_EXPECTED[wanted]}")
        else:
            checked[name] = float(value) if wanted is PropertyType.DOUBLE else value  # type: ignore[arg-type] # fits
    if problems:
        raise InputError(
            "; ".join(problems),
            expected=f"the properties of type {node_type.name}: {_described(declared)}",
            fix="declare them with put_type, or put free properties into custom",
        )
    return checked


def is_keepable(value: object, longest: int = MAX_NAME) -> bool:
    """Whether every database can keep a text: a quick answer before :func:`check_text` explains."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= longest
        and "\x00" not in value
        and (value.isascii() or _encodable(value))
    )


def check_text(value: str | None, what: str, where: str, longest: int = MAX_NAME) -> None:
    """Refuse texts that not every database can keep.

    Raises:
        InputError: For an empty or too long text, NUL characters, lone surrogates, or another type.
    """
    if value is None:
        return
    if not isinstance(value, str):
        raise InputError(f"{what} is {value!r:.60}", expected="a text", where=where)
    if not value or len(value) > longest:
        raise InputError(f"{what} has {len(value)} characters", expected=f"1 to {longest}", where=where)
    if "\x00" in value or not _encodable(value):
        raise InputError(
            f"{what} {value!r:.60} holds NUL or half a character", expected="valid Unicode", where=where
        )


def _described(declared: Mapping[str, PropertyType]) -> str:
    return ", ".join(f"{name} ({kind.value})" for name, kind in sorted(declared.items())) or "none"


def _fits(value: Value, wanted: PropertyType) -> bool:
    match wanted:
        case PropertyType.INT:
            return type(value) is int and -MAX_INT - 1 <= value <= MAX_INT
        case PropertyType.DOUBLE:
            return isinstance(value, int | float) and not isinstance(value, bool)
        case PropertyType.STRING:
            return isinstance(value, str)
        case PropertyType.BOOLEAN:
            return isinstance(value, bool)
        case PropertyType.STRUCT:
            return isinstance(value, Mapping | list | tuple)


def _sound(value: Any, depth: int = 0) -> bool:
    """Whether whole numbers fit, texts are Unicode and keys are texts, all the way down."""
    if value is None or type(value) is float:
        return True
    if isinstance(value, str):
        return "\x00" not in value and (value.isascii() or _encodable(value))
    if isinstance(value, int):
        return -MAX_INT - 1 <= value <= MAX_INT
    if depth > MAX_DEPTH:
        return False
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _sound(key) and _sound(part, depth + 1) for key, part in value.items())
    if isinstance(value, list | tuple):
        return all(_sound(part, depth + 1) for part in value)
    return isinstance(value, float)


def _unsound(values: Mapping[str, Value]) -> InputError:
    names = ", ".join(sorted(repr(name) for name, value in values.items() if not (_sound(name) and _sound(value))))
    return InputError(
        f"the properties {names} hold what not every database can keep",
        expected=f"JSON of at most {MAX_DEPTH} levels, whole numbers of 64 bits, texts without NUL characters",
    )


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
