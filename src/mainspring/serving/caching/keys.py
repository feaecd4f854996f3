"""One key for each question to one version of a model."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from mainspring.serving.batching.joining import Kind, kind_of
from mainspring.serving.prediction import Inputs

_SIZE = 16
"""Bytes of a key: two questions out of 2**60 share one with a chance of 2**-9 (BLAKE2b, RFC 7693)."""

_LAYOUTS = 256
"""So many layouts of columns are remembered."""

_encode = msgspec.msgpack.Encoder().encode


class Keys:
    """The keys of one version of a model.

    Two questions have the same key only if they are the same: names, data types, shapes, values and missing
    values. Keys of other models, versions and packages are different ones.

    Args:
        model: Its name.
        version: Its version.
        digest: What it was loaded from, by content. Without it, keys are good for this object alone: a package of
            the same name and version may be another one.
    """

    def __init__(self, model: str, version: str, digest: str = "") -> None:
        self._begun = hashlib.blake2b(digest_size=_SIZE)
        self._begun.update(_encode([model, version, digest or os.urandom(16)]))
        self._layouts: dict[Kind, bytes] = {}

    def of(self, inputs: Inputs) -> bytes | None:
        """The key of a question; ``None`` if there is none, because it holds what cannot be written down."""
        told = self._begun.copy()
        told.update(self._layout(inputs))
        parts = []
        for array in inputs.columns.values():
            if not array.dtype.hasobject:
                parts.append(array.tobytes())
                continue
            try:
                text = _encode(array.tolist())
            except (TypeError, ValueError, OverflowError, RecursionError):
                return None
            parts += [len(text).to_bytes(8, "little"), text]
        told.update(b"".join(parts))
        return told.digest()

    def _layout(self, inputs: Inputs) -> bytes:
        kind = kind_of(inputs)
        layout = self._layouts.get(kind)
        if layout is None:
            if len(self._layouts) >= _LAYOUTS:
                self._layouts.clear()
            columns = inputs.columns.items()
            told: Sequence[object] = [(name, array.dtype.str, array.shape[1:]) for name, array in columns]
            layout = self._layouts[kind] = _encode([told, kind[-1]])
        return layout + inputs.rows.to_bytes(8, "little")


def digest_of(place: Path) -> str:
    """The digest of a file, or of a folder with everything in it: names and bytes, and nothing else.

    Raises:
        OSError: If something cannot be read.
    """
    told = hashlib.blake2b(digest_size=_SIZE)
    files = [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())
    for path in files:
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "blake2b").digest()
        told.update(_encode([str(path.relative_to(place)), content]))
    return told.hexdigest()
