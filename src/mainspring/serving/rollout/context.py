"""What a contextual bandit knows of a request: the columns of its row, as features by name.

A constant is 1 for every row. A number is itself (policies standardise numbers when they solve, see
:func:`mainspring.serving.rollout.policies.linear.solve`); a truth is 1 or 0. A text becomes ``column=text``, which
is 1. Of a missing value, ``column=`` is 1. Every other feature is 0, and is not written down.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mainspring.serving.rollout.policies.knowledge import LARGEST
from mainspring.serving.rollout.policies.linear import CONSTANT

MOST_FEATURES = 64
"""How many features a bandit tells apart; texts that would be more are all ``column=…``."""

OTHER = "…"


def features(columns: Iterable[str], row: Mapping[str, Any]) -> dict[str, float]:
    """The features of a row.

    Args:
        columns: Those that the choice depends on.
        row: Values by name; numpy's scalars are as good as Python's. A number that is not finite is missing.

    Example:
        >>> features(["age", "city"], {"age": 40, "city": "Rome", "other": 1})
        {'1': 1.0, 'age': 40.0, 'city=Rome': 1.0}
    """
    found = {CONSTANT: 1.0}
    for name in columns:
        value: Any = row.get(name)
        kind = type(value)
        if kind is float or kind is int:
            if -LARGEST <= value <= LARGEST:
                found[name] = float(value)
            else:
                found[f"{name}="] = 1.0
        elif kind is str:
            found[f"{name}={value}"] = 1.0
        else:
            _other(name, value, found)
    return found


def within(context: Mapping[str, float], known: Callable[[str], bool], room: int) -> dict[str, float]:
    """Features of which no more are new than there is room for: further texts are ``column=…``.

    Args:
        context: The features of a row.
        known: Whether a feature is known already.
        room: How many may be new.
    """
    kept: dict[str, float] = {}
    for name, value in context.items():
        column, sign, text = name.partition("=")
        if sign and text and not known(name):
            kept[name if room > 0 else f"{column}={OTHER}"] = value
            room -= 1
        else:
            kept[name] = value
    return kept


def _other(name: str, value: Any, found: dict[str, float]) -> None:
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, int | float) and math.isfinite(value) and abs(value) <= LARGEST:
        found[name] = float(value)
    elif value is None or isinstance(value, int | float):
        found[f"{name}="] = 1.0
    else:
        found[f"{name}={value}"] = 1.0
