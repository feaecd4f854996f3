"""Texts that are missing. The protocol has no word for them: a tensor names a text that stands for them.

The parameter ``missing`` of a tensor of BYTES holds that text. A missing number needs none: it is NaN.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

MISSING = "missing"
"""The name of the parameter."""


def without(values: Sequence[Any], mark: object) -> list[Any]:
    """The values with ``None`` in the place of the mark."""
    return [None if value == mark else value for value in values]


def mark_for(values: Collection[Any]) -> str:
    """A text that is none of the values, nor of the bytes that they are sent as."""
    mark = ""
    while mark in values or mark.encode() in values:
        mark += "\0"
    return mark
