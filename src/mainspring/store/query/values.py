"""Which values a field may be compared with, and the form in which they are compared."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from mainspring.core.errors import InputError
from mainspring.core.records import ArtifactState, ExecutionState, Kind
from mainspring.store.query.syntax import Field, Operator, Scalar, holds

_MAX_INT: Final = 2**63 - 1
_STATES: Final[Mapping[Kind, frozenset[str]]] = {
    Kind.ARTIFACT: frozenset(state.value for state in ArtifactState),
    Kind.EXECUTION: frozenset(state.value for state in ExecutionState),
}


def in_range(text: str) -> int | float:
    """A number as written; whole numbers beyond 64 bits become floats."""
    try:
        whole = int(text)
    except ValueError:
        return float(text)
    return whole if -_MAX_INT - 1 <= whole <= _MAX_INT else float(whole)


def check_value(value: object, field: Field, operator: Operator) -> Scalar:
    """The value in the form in which it is compared: times become microseconds since the epoch.

    Raises:
        InputError: If the field can never hold such a value.
    """
    if operator in (Operator.LIKE, Operator.NOT_LIKE):
        return _pattern(value)
    match holds(field):
        case "id":
            if isinstance(value, bool) or not isinstance(value, int):
                raise InputError(f"{field.text} is compared with {value!r:.60}", expected="a whole number")
            return in_range(str(value))
        case "text":
            if not isinstance(value, str):
                raise InputError(f"{field.text} is compared with {value!r:.60}", expected="a 'text'")
            return _text(value)
        case "time":
            return _microseconds(value, field)
        case "state":
            states = _STATES[field.kind]
            if not isinstance(value, str) or value not in states:
                raise InputError(f"{value!r:.60} is no state", expected="one of " + ", ".join(sorted(states)))
            return str(value)
        case _:
            return _json(value, field, operator)


def _json(value: object, field: Field, operator: Operator) -> Scalar:
    if isinstance(value, bool):
        if operator not in (Operator.EQ, Operator.NE, Operator.IN, Operator.NOT_IN):
            raise InputError("TRUE and FALSE have no order", expected="=, != or IN")
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float) and math.isfinite(value):
        return value if isinstance(value, float) else in_range(str(value))
    raise InputError(
        f"{field.text} is compared with {value!r:.60}", expected="a finite number, a 'text', TRUE or FALSE"
    )


def _microseconds(value: object, field: Field) -> int:
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError as error:
            raise InputError(
                f"{value!r:.60} is no time", expected="seconds since the epoch, or such as '2030-01-31T12:00:00Z'"
            ) from error
        value = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        raise InputError(f"{field.text} is compared with {value!r:.60}", expected="a time")
    return round(value * 1e6)


def _pattern(value: object) -> str:
    if not isinstance(value, str):
        raise InputError(f"LIKE compares with {value!r:.60}", expected="a 'text'")
    if (len(value) - len(value.rstrip("\\"))) % 2:
        raise InputError("the pattern ends in a single \\", expected="\\\\ for the character itself")
    return _text(value)


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{value!r:.60} holds half a character", expected="valid Unicode") from error
    if "\x00" in value:
        raise InputError(f"{value!r:.60} holds a NUL character", expected="a text without")
    return str(value)
