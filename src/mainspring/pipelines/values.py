"""What the record can keep of values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

KEEPABLE = "whole numbers of 64 bits at most, and texts without NUL and half characters"


def can_be_kept(value: Any) -> bool:
    """Whether every database can keep a JSON value.

    Example:
        >>> can_be_kept({"a": [1, "b"]}), can_be_kept(2**70), can_be_kept(chr(0))
        (True, False, False)
    """
    if isinstance(value, str):
        return "\x00" not in value and (value.isascii() or not any("\ud800" <= one <= "\udfff" for one in value))
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    if isinstance(value, Mapping):
        return all(can_be_kept(key) and can_be_kept(item) for key, item in value.items())
    return all(map(can_be_kept, value)) if isinstance(value, list | tuple) else True
