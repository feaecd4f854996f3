"""Pixels as a PNG file, with nothing but the standard library."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]


def png(pixels: Bytes) -> bytes:
    r"""Red, green and blue, ``[h, w, 3]``, as a PNG file.

    Example:
        >>> png(np.zeros((2, 3, 3), dtype=np.uint8))[:4]
        b'\x89PNG'
    """
    high, wide, _ = pixels.shape
    # Every line begins with the number of its filter: 0, none.
    lines = np.concatenate((np.zeros((high, 1), np.uint8), pixels.reshape(high, wide * 3)), axis=1)
    head = struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)
    body = zlib.compress(np.ascontiguousarray(lines).tobytes(), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def as_address(pixels: Bytes) -> str:
    """The picture as a ``data:`` address."""
    return "data:image/png;base64," + base64.b64encode(png(pixels)).decode()


def as_bytes(image: npt.NDArray[np.float64], low: float, high: float) -> Bytes:
    """An image of grey ``[h, w]`` or colours ``[h, w, c]`` as bytes ``[h, w, 3]``; of more, the first three."""
    span = high - low if high > low else 1.0
    scaled = np.clip((np.nan_to_num(image, nan=low) - low) / span * 255, 0, 255).round().astype(np.uint8)
    if scaled.ndim == 2 or scaled.shape[2] < 3:
        grey = scaled if scaled.ndim == 2 else scaled[:, :, 0]
        return np.repeat(grey[:, :, None], 3, axis=2)
    return scaled[:, :, :3]


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
