"""The same arm for the same caller: a key is hashed to a number, and the number says which share it falls in."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from mainspring.serving.prediction import Inputs

COLUMN = "column:"
"""How ``sticky`` begins where it names a column and not a header."""

_SPAN = 2.0**64


def place_on_line(key: bytes, salt: bytes) -> float:
    """Where a key lies between 0 and 1: evenly spread over keys, and independent of it under another salt.

    A share that grows keeps the keys that it had, since a key's place is the same for every share.

    Args:
        key: Of a caller.
        salt: Of whoever asks; at most 16 bytes of it count, so hash a longer one first.
    """
    return int.from_bytes(blake2b(key, digest_size=8, salt=salt[:16]).digest(), "big") / _SPAN


def name_of(key: bytes, salt: bytes) -> str:
    """What a key is called in logs: 16 hexadecimal digits, others under another salt."""
    return blake2b(key, digest_size=8, salt=salt[:16], person=b"name").hexdigest()


def salted(*parts: str) -> bytes:
    """A salt that stands for these texts."""
    return blake2b("\0".join(parts).encode(), digest_size=16).digest()


def column_key(inputs: Inputs, column: str) -> bytes | None:
    """The key that a column of the first row holds; ``None`` if it is missing there."""
    values = inputs.columns.get(column)
    if values is None or not len(values):
        return None
    value: Any = values[0]
    value = value.item() if hasattr(value, "item") else value
    if value is None or value != value:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # whole numbers that came as floats are the same keys
    return value if isinstance(value, bytes) else str(value).encode()
