"""Answers kept in the memory of this process."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy.typing as npt

from mainspring.serving.caching.ports import Arrays, StoreCounts

_ENTRY = 400
"""Bytes of an entry besides its arrays: the key, the dictionary and its place in the order (measured)."""

_ARRAY = 180
"""Bytes of an array besides its data: the object and its name."""

_OBJECT = 56
"""Bytes of a text besides its characters."""


@dataclass(slots=True)
class _Entry:
    outputs: Arrays
    size: int
    until: float


class MemoryCache:
    """A :class:`mainspring.serving.caching.ports.ResponseCache` of a size; the least recently used goes first.

    Args:
        max_bytes: Its size.
        clock: Seconds that only grow.
    """

    def __init__(self, max_bytes: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = max_bytes, clock
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()
        self.counts = StoreCounts()

    async def get(self, key: bytes) -> Arrays | None:
        """The outputs kept under a key."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.until <= self._clock():
            self._forget(key)
            self.counts.expired += 1
            return None
        self._entries.move_to_end(key)
        return entry.outputs

    def put(self, key: bytes, outputs: Arrays, ttl: float) -> None:
        """Keep a copy of outputs."""
        size = size_of(outputs)
        if size is None or size > self._most:
            self.counts.refused += 1
            return
        if key in self._entries:
            self._forget(key)
        while self.counts.bytes + size > self._most:
            self._forget(next(iter(self._entries)))
            self.counts.evicted += 1
        kept = {name: _copy(array) for name, array in outputs.items()}
        self._entries[key] = _Entry(kept, size, self._clock() + ttl if ttl else math.inf)
        self.counts.entries += 1
        self.counts.bytes += size

    async def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self.counts.entries = self.counts.bytes = 0

    async def close(self) -> None:
        """Forget everything."""
        await self.clear()

    def _forget(self, key: bytes) -> None:
        self.counts.bytes -= self._entries.pop(key).size
        self.counts.entries -= 1


def size_of(outputs: Arrays) -> int | None:
    """Bytes that outputs take, about; ``None`` if they hold what cannot be counted."""
    size = _ENTRY
    for array in outputs.values():
        size += _ARRAY + array.nbytes
        if array.dtype.hasobject:
            try:
                size += len(msgspec.msgpack.encode(array.tolist())) + _OBJECT * array.size
            except (TypeError, ValueError, OverflowError, RecursionError):
                return None
    return size


def _copy(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    kept = array.copy()
    kept.setflags(write=False)
    return kept
