"""What a noun of the schema says beyond its defaults, as plain values: the ground of every written form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar

from mainspring.data.schema.feature import Feature

_T = TypeVar("_T")


def said(noun: Any) -> dict[str, Any]:
    """The fields of a noun that differ from their defaults, by name, as dicts, lists and scalars."""
    found = {}
    for field in fields(noun):
        value = getattr(noun, field.name)
        usual = field.default_factory() if field.default_factory is not MISSING else field.default
        if usual is MISSING or value != usual:
            found[field.name] = plain(value)
    return found


def feature_from(name: str, keys: Mapping[str, Any]) -> Feature:
    """The feature that a plain form describes.

    Raises:
        msgspec.ValidationError: If a key does not hold what it should.
    """
    return convert({**keys, "name": name}, Feature)


def convert(given: Any, type_: type[_T]) -> _T:
    """A noun of its plain form.

    Raises:
        msgspec.ValidationError: If it is none.
    """
    import msgspec

    return msgspec.convert(given, type_)


def plain(value: Any) -> Any:
    """A value as dicts, lists and scalars; of nouns only what differs from their defaults."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        return said(value)
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in sorted(value.items())}
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    return value
