"""Digests: the names that content gives itself. Always ``sha256:`` and 64 hexadecimal digits."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

PREFIX = "sha256:"


def digest_bytes(data: bytes | bytearray | memoryview) -> str:
    """Digest of bytes.

    Example:
        >>> digest_bytes(b"")[:15]
        'sha256:e3b0c442'
    """
    return PREFIX + hashlib.sha256(data).hexdigest()


def digest_text(text: str) -> str:
    """Digest of a text in UTF-8."""
    return digest_bytes(text.encode("utf-8"))


def digest_file(path: Path) -> str:
    """Digest of a file's bytes, read piece by piece."""
    with path.open("rb") as file:
        return PREFIX + hashlib.file_digest(file, "sha256").hexdigest()


def canonical_json(value: Any) -> str:
    """One text per JSON value: sorted keys, no spaces, non-finite numbers refused.

    Raises:
        TypeError: If the value holds something that JSON cannot.
        ValueError: If it holds NaN or an infinity.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest_json(value: Any) -> str:
    """Digest of a JSON value, independent of the order of its keys."""
    return digest_text(canonical_json(value))
