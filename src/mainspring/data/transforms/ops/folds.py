"""Which fold a row is in: decided by what it holds, so that it is the same in any order and in any selection."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np

_MISSING: Final = 0x9E3779B97F4A7C15


def folds_of(columns: Mapping[str, np.ndarray], folds: int) -> np.ndarray:
    """The fold of each row, int64 ``[n]`` from 0 on; rows that are equal in all columns are in one.

    Args:
        columns: Raw columns in the form of ``Table.column``; their order does not matter.
        folds: How many folds there are.
    """
    import numpy as np

    total: np.ndarray | None = None
    for name, values in columns.items():
        bits = _bits(values) ^ np.uint64(zlib.crc32(name.encode("utf-8", "surrogatepass")) << 32)
        mixed = _mixed(bits)
        total = mixed if total is None else total + mixed
    if total is None:
        raise ValueError("no columns")
    return (_mixed(total) % np.uint64(folds)).astype(np.int64)


def _bits(values: np.ndarray) -> np.ndarray:
    import numpy as np

    if values.dtype == object:
        known = {word: zlib.crc32(str(word).encode("utf-8", "surrogatepass")) for word in set(values.tolist())}
        known[None] = _MISSING
        return np.fromiter(map(known.__getitem__, values.tolist()), dtype=np.uint64, count=len(values))
    # Adding 0.0 makes one zero of the two.
    numbers = np.asarray(values, dtype=np.float64) + 0.0
    return np.where(np.isnan(numbers), np.uint64(_MISSING), numbers.view(np.uint64))


def _mixed(bits: np.ndarray) -> np.ndarray:
    """SplitMix64's finalizer (Steele, Lea, Flood 2014)."""
    import numpy as np

    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    found: np.ndarray = bits ^ (bits >> np.uint64(31))
    return found
