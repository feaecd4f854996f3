"""The inputs and outputs that a class of the user's declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from mainspring.core.errors import InputError
from mainspring.models.signature import Field
from mainspring.serving.components.options import TensorSpec

ANYTHING = frozenset({"jsonData", "strData", "binData", "customData", "any"})
"""Kinds of messages of Seldon that say nothing of tensors."""

MATRIX = "X"
"""The name of an input that is declared in Seldon's form, which has none."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What one side of a class is.

    Attributes:
        fields: Its tensors; empty for anything.
        binary: Those of ``BYTES`` that are not text.
        names: Names of the columns of its only matrix, where they are known.
    """

    fields: tuple[Field, ...] = ()
    binary: frozenset[str] = frozenset()
    names: tuple[str, ...] | None = None


def declared(given: Sequence[TensorSpec], told: Sequence[Mapping[str, Any]], where: str) -> Declared:
    """What somebody said of one side of a class: whoever serves it, or else the class.

    The class says it in the form of the Open Inference Protocol (``name``, ``datatype``, ``shape``) or of Seldon
    (``messagetype`` and ``schema`` with ``names`` and ``shape``).

    Raises:
        InputError: If it is in neither.
    """
    names: tuple[str, ...] | None = None
    if not given and told:
        if any("messagetype" in one for one in told):
            if len(told) > 1 or told[0]["messagetype"] in ANYTHING:
                return Declared()
            schema = told[0].get("schema") or {}
            if not isinstance(schema, Mapping):
                raise _wrong(told[0], where)
            names = tuple(map(str, schema.get("names") or ())) or None
            shape = schema.get("shape") or ([len(names)] if names else [])
            told = [{"name": MATRIX, "shape": [-1, *shape]}]
        given = [_spec(one, where) for one in told]
    fields = tuple(one.field for one in given)
    if len({field.name for field in fields}) < len(fields):
        raise InputError("two inputs or outputs of the class have the same name", where=where)
    return Declared(fields, frozenset(one.name for one in given if one.binary), names)


def _spec(told: Mapping[str, Any], where: str) -> TensorSpec:
    known = {key: value for key, value in told.items() if key in TensorSpec.__struct_fields__}
    try:
        return msgspec.convert(known, TensorSpec)
    except msgspec.ValidationError as error:
        raise _wrong(told, where) from error


def _wrong(told: Mapping[str, Any], where: str) -> InputError:
    return InputError(
        f"the class declares {dict(told)!r}",
        expected="name, datatype and shape, as the Open Inference Protocol has them",
        where=where,
    )
