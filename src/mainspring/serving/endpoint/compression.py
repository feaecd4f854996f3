"""Compressing answers for callers who accept it, where it is worth the time.

Callers such as ``requests`` and ``curl --compressed`` accept gzip without having thought of it. On a fast network
a small answer is sent sooner than it is compressed, and arrays of floats hardly shrink at all: both are left as
they are.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

LEAST = 8_192
"""Bytes below which a body is not compressed."""

_LEVEL = 1
_SAMPLE = 2_048
_WORTH = 0.8

_WINDOWS: Mapping[str, int] = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


def accepted(header: bytes | None) -> str | None:
    """The encoding that a caller wants most, of those known here: ``"gzip"``, ``"deflate"`` or ``None``.

    Args:
        header: ``Accept-Encoding`` (RFC 9110, section 12.5.3); ``None`` if there is none.
    """
    if not header:
        return None
    weights = dict(map(_weighted, header.decode("latin-1").lower().split(",")))
    rest = weights.get("*", 0.0)
    best = max(_WINDOWS, key=lambda name: weights.get(name, rest))
    weight = weights.get(best, rest)
    return best if weight > 0 and weight >= weights.get("identity", 0.0) else None


def compressed(body: bytes, encoding: str) -> bytes | None:
    """The body, compressed; ``None`` if it would hardly be smaller."""
    if len(body) < LEAST:
        return None
    middle = len(body) // 2
    if len(zlib.compress(body[middle : middle + _SAMPLE], _LEVEL)) > _WORTH * _SAMPLE:
        return None
    writer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOWS[encoding])
    return writer.compress(body) + writer.flush()


def _weighted(part: str) -> tuple[str, float]:
    name, _, parameter = part.partition(";")
    key, _, value = parameter.strip().partition("=")
    if key.strip() != "q":
        return name.strip(), 1.0
    try:
        return name.strip(), float(value)
    except ValueError:
        return name.strip(), 0.0
