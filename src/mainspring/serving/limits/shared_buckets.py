"""Token buckets that all processes of a server share.

They lie in a file that each process has in its memory: one place of two words for each bucket, found by the digest
of its key. Nobody waits for anybody: two processes that take from one bucket within the same microsecond may both
get the last token. If a place is needed, the bucket nearest to being full gives up its own: it loses the least.
"""

from __future__ import annotations

import hashlib
import mmap
import os
from pathlib import Path

_PLACES = 1 << 14
_NEAR = 8
"""A bucket is found at one of so many places."""

_ROUNDING = 1e-9


class SharedBuckets:
    """Buckets that are all alike, by key; see :class:`mainspring.serving.limits.buckets.Buckets`.

    Args:
        file: Where they lie; made if it is not there. All who share it give the same figures.
        per_second: Tokens that fall into a bucket in a second.
        burst: Tokens that a full one holds.
        places: How many there is room for.
    """

    __slots__ = ("_full_at", "_keys", "_per_second", "_places", "_room", "burst")

    def __init__(self, file: Path, per_second: float, burst: float, *, places: int = _PLACES) -> None:
        self.burst = burst
        self._per_second, self._room, self._places = per_second, burst / per_second, places
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(descriptor, 16 * places)
            shared = memoryview(mmap.mmap(descriptor, 16 * places))
        finally:
            os.close(descriptor)
        self._keys: memoryview[int] = shared[: 8 * places].cast("Q")
        self._full_at: memoryview[float] = shared[8 * places :].cast("d")

    def wait(self, key: str, tokens: float, now: float) -> float:
        """Seconds until there are so many tokens; 0 if they are there. Takes none."""
        place, number = self._find(key)
        full_at = self._full_at[place] if self._keys[place] == number else now
        late = max(full_at, now) + tokens / self._per_second - now - self._room
        return late if late > _ROUNDING else 0.0

    def take(self, key: str, tokens: float, now: float) -> None:
        """Take tokens that are there."""
        place, number = self._find(key)
        full_at = now
        if self._keys[place] == number:
            full_at = max(self._full_at[place], now)
        else:
            self._keys[place] = number
        self._full_at[place] = full_at + tokens / self._per_second

    def _find(self, key: str) -> tuple[int, int]:
        """Where a bucket lies or may lie, and its number."""
        number = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "little") | 1
        keys, full_at = self._keys, self._full_at
        first = best = number % self._places
        for near in range(_NEAR):
            place = (first + near) % self._places
            if keys[place] == number:
                return place, number
            if full_at[place] < full_at[best]:
                best = place
        return best, number
