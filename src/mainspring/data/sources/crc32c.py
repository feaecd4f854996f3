"""CRC-32C, the checksum of TFRecord files (Castagnoli's polynomial; RFC 3720, appendix B.4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_POLYNOMIAL: Final = 0x82F63B78
_MASK: Final = 0xA282EAD8
_ALL: Final = 0xFFFFFFFF


def _entry(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (_POLYNOMIAL if byte & 1 else 0)
    return byte


_TABLE: Final = tuple(_entry(byte) for byte in range(256))


def crc32c(data: bytes) -> int:
    """The checksum of a few bytes.

    Example:
        >>> hex(crc32c(b"123456789"))
        '0xe3069283'
    """
    state = _ALL
    for byte in data:
        state = _TABLE[(state ^ byte) & 0xFF] ^ state >> 8
    return state ^ _ALL


def crc32c_of_many(texts: Sequence[bytes]) -> list[int]:
    """The checksums of many texts: all together byte after byte, which is fast if there are many."""
    import numpy as np

    table = np.array(_TABLE, dtype=np.uint32)
    # The longest first, so that those still going are always the first ones.
    order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
    lengths = [len(texts[place]) for place in order]
    starts = np.cumsum([0, *lengths[:-1]])
    joined = np.frombuffer(b"".join(texts[place] for place in order), dtype=np.uint8)
    state = np.full(len(texts), _ALL, dtype=np.uint32)
    going = len(texts)
    for step in range(lengths[0] if lengths else 0):
        while lengths[going - 1] <= step:
            going -= 1
        now = state[:going]
        state[:going] = table[(now ^ joined[starts[:going] + step]) & 0xFF] ^ now >> 8
    found = [0] * len(texts)
    for place, value in zip(order, (state ^ np.uint32(_ALL)).tolist(), strict=True):
        found[place] = value
    return found


def masked(checksum: int) -> int:
    """A checksum as TFRecord stores it, so that a checksum of checksums stays a good one."""
    return ((checksum >> 15 | checksum << 17) + _MASK) & _ALL
