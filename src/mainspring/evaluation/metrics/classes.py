"""Names of classes that are meant by value: ``1`` is ``1.0`` and ``true``, and 2 comes before 10."""

from __future__ import annotations

import math

_TRUTHS = {"true": 1.0, "false": 0.0}


def number_in(text: str) -> float | None:
    """The finite number that a text stands for, if it does; truth is 1.

    Example:
        >>> number_in("1e3"), number_in("True"), number_in("cat"), number_in("nan")
        (1000.0, 1.0, None, None)
    """
    try:
        number = _TRUTHS[text.lower()] if text.lower() in _TRUTHS else float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def natural(name: str) -> tuple[int, float, str]:
    """What classes are sorted by: numbers by value, then texts. Texts of the same value have the same key."""
    text = str(name)
    number = number_in(text)
    return (1, 0.0, text) if number is None else (0, number, "")


def class_name(value: str | float) -> str:
    """The name of a label as a class."""
    return f"{value:g}" if isinstance(value, float) else str(value)
