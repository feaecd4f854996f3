"""Cells that nobody expects, by the type of their column."""

from __future__ import annotations

import sys
from typing import Any, Final

_LONG: Final = 100_000

NUMBERS: Final[dict[str, Any]] = {
    "a missing number": None,
    "not a number": float("nan"),
    "infinity": float("inf"),
    "minus infinity": float("-inf"),
    "the largest number": sys.float_info.max,
    "the smallest number": 5e-324,
    "a huge negative number": -1e300,
    "minus zero": -0.0,
}

WHOLE: Final[dict[str, Any]] = {
    "a missing number": None,
    "the largest whole number": 2**63 - 1,
    "the smallest whole number": -(2**63) + 1,
    "zero": 0,
    "minus one": -1,
}

TRUTHS: Final[dict[str, Any]] = {"a missing truth value": None, "true": True, "false": False}

TEXTS: Final[dict[str, Any]] = {
    "a missing text": None,
    "an empty text": "",
    "blanks": " \t\n",
    "a very long text": "x" * _LONG,
    "a text never seen": "\N{REPLACEMENT CHARACTER}\N{PILE OF POO}",
    "text from right to left": "\N{RIGHT-TO-LEFT OVERRIDE}abc\N{ZERO WIDTH SPACE}",
    "many combining marks": "e" + "\N{COMBINING ACUTE ACCENT}" * 1000,
    "a text that looks like a number": "1e999",
    "a text that looks like nothing": "NaN",
    "a text that looks like code": "'; DROP TABLE rows; --",
    "a text that looks like markup": "<script>alert(1)</script>",
    "a quote and a backslash": '"\\',
}


def hostile_to(kind: str) -> dict[str, Any]:
    """What to put into a column of that type, by what it is called.

    Example:
        >>> sorted(hostile_to("BOOL"))
        ['a missing truth value', 'false', 'true']
    """
    return {"FLOAT": NUMBERS, "INT": WHOLE, "BOOL": TRUTHS}.get(kind, TEXTS)
