"""Blocks of a stream: what detectors do alike when they take many items at once, and with their state."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.core.records import Value

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SMALLEST = 128
LARGEST = 16_384
"""Items in a block: it doubles from the smallest on, so that frequent alarms do not make work be done twice."""

T = TypeVar("T")


def numbers(values: npt.ArrayLike) -> Floats:
    """Items as an array.

    Raises:
        InputError: If it is not one row of finite numbers; the place of the first other item is told.
    """
    given = _flat(values)
    bad = ~np.isfinite(given)
    if bad.any():
        raise _refused(given, bad, "a finite number")
    return given


def mistakes(values: npt.ArrayLike) -> Ints:
    """Items that are 0 or 1.

    Raises:
        InputError: If one is neither.
    """
    given = _flat(values)
    bad = (given != 0) & (given != 1)
    if bad.any():
        raise _refused(given, bad, "1 for a mistake, 0 for a right answer")
    return given.astype(np.int64)


def shares(values: npt.ArrayLike) -> Floats:
    """Items between 0 and 1.

    Raises:
        InputError: If one is not.
    """
    given = _flat(values)
    bad = ~((given >= 0) & (given <= 1))
    if bad.any():
        raise _refused(given, bad, "a number from 0 to 1")
    return given


def no_mistake(value: object) -> InputError:
    """What is raised for an item that is neither 0 nor 1."""
    return InputError(f"the item is {value}", expected="1 for a mistake, 0 for a right answer")


def share(value: float) -> float:
    """One item that is a number from 0 to 1.

    Raises:
        InputError: If it is not.
    """
    try:
        known = 0 <= value <= 1
    except TypeError:
        known = False
    if not known:
        raise InputError(f"the item is {value!r}", expected="a number from 0 to 1")
    return float(value)


def number(value: float) -> float:
    """One item that is a finite number.

    Raises:
        InputError: If it is not.
    """
    try:
        known = math.isfinite(value)
    except (TypeError, OverflowError):
        known = False
    if not known:
        raise InputError(f"the item is {value!r}", expected="a finite number")
    return float(value)


def walk(values: npt.NDArray[Any], scan: Callable[[Any], int | None]) -> Ints:
    """Take items by blocks.

    Args:
        values: All items.
        scan: Takes a block up to its first alarm, leaves the detector as if it had taken those items one by one,
            and gives the place of the alarm in the block.

    Returns:
        The places of the alarms, from 0.
    """
    alarms, begin, size = [], 0, SMALLEST
    while begin < len(values):
        block = values[begin : begin + size]
        found = scan(block)
        if found is None:
            begin += len(block)
            size = min(2 * size, LARGEST)
        else:
            alarms.append(begin + found)
            begin += found + 1
            size = SMALLEST
    return np.array(alarms, dtype=np.int64)


def first(alarmed: npt.NDArray[np.bool_]) -> int | None:
    """The place of the first one that is true."""
    if not alarmed.any():
        return None
    return int(alarmed.argmax())


def last_least(levels: Floats, before: float) -> Ints:
    """For each place that of the smallest level up to it, the last one among equals; -1 for ``before`` itself."""
    least = np.minimum.accumulate(np.concatenate([[before], levels]))[:-1]
    return np.maximum.accumulate(np.where(levels <= least, np.arange(levels.size), -1))


def at(values: Floats, places: Ints, before: float) -> Floats:
    """The values at those places; ``before`` at -1."""
    return np.where(places < 0, before, values[places])


def as_plain(detector: Any) -> dict[str, Value]:
    """The fields of a detector as plain JSON; what is not known yet (infinity) is ``None``."""
    kept = {field.name: getattr(detector, field.name) for field in fields(detector)}
    return {name: _plain(value) for name, value in kept.items()}


def from_plain(cls: type[T], value: Mapping[str, Value], *, unknown: tuple[str, ...] = ()) -> T:
    """The inverse of :func:`as_plain`; ``unknown`` names the fields that are infinite while they are ``None``.

    Raises:
        InputError: If a field is missing, or one is there that the detector does not have.
    """
    kind: Any = cls
    names = [field.name for field in fields(kind)]
    if set(names) != set(value):
        wrong = sorted(set(names) ^ set(value))
        raise InputError(
            f"the state of {cls.__name__} does not fit: {', '.join(wrong)}", expected=f"what as_dict gave: {names}"
        )
    known: dict[str, Any] = {name: deepcopy(one) if isinstance(one, list) else one for name, one in value.items()}
    for name in unknown:
        known[name] = math.inf if known[name] is None else known[name]
    made: T = kind(**known)
    return made


def require(ok: bool, name: str, value: object, expected: str) -> None:
    """Refuse a setting.

    Raises:
        InputError: If it is not ok.
    """
    if not ok:
        raise InputError(f"{name} is {value}", expected=expected)


def require_levels(drift: float, warning: float, below: float = 1) -> None:
    """Refuse levels of an alarm and of a warning that do not go together.

    Raises:
        InputError: If they do not.
    """
    require(0 < drift <= warning < below, "drift", drift, f"above 0, at most warning ({warning}) < {below}")


def require_deviations(min_items: int, warning: float, drift: float) -> None:
    """Refuse deviations of a warning and of an alarm that do not go together, and a beginning without items.

    Raises:
        InputError: If they do not.
    """
    require(min_items >= 1, "min_items", min_items, "at least 1")
    require(0 < warning <= drift, "warning", warning, f"above 0, at most {drift} (drift)")


def require_direction(direction: str) -> None:
    """Refuse what is no direction.

    Raises:
        InputError: If it is none.
    """
    require(direction in ("up", "down", "both"), "direction", direction, "up, down or both")


def _flat(values: npt.ArrayLike) -> Floats:
    try:
        given = np.asarray(values)
        if given.dtype.kind in "US":
            raise TypeError("they are texts")
        given = given.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"the items are no numbers: {error}", expected="one row of numbers") from error
    if given.ndim != 1:
        raise InputError(f"the items have the shape {given.shape}", expected="one row of numbers")
    return given


def _refused(given: Floats, bad: npt.NDArray[np.bool_], expected: str) -> InputError:
    place = int(bad.argmax())
    return InputError(f"item {place} is {given[place]}", expected=expected)


def _plain(value: Any) -> Value:
    plain: Value = deepcopy(value) if isinstance(value, list) else value
    return None if isinstance(value, float) and math.isinf(value) else plain
