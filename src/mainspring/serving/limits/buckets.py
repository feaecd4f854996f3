"""Token buckets, one for each of many callers.

A bucket is one number: when it will be full again (the generic cell rate algorithm, ITU-T I.371). A bucket that is
full need not be kept.
"""

from __future__ import annotations

_MOST = 20_000
"""So many buckets are kept. Beyond that, the half that is nearest to being full is taken to be full."""

_ROUNDING = 1e-9


class Buckets:
    """Buckets that are all alike, by key.

    Args:
        per_second: Tokens that fall into a bucket in a second.
        burst: Tokens that a full one holds.
        most: How many are kept.
    """

    __slots__ = ("_full_at", "_most", "_per_second", "_room", "burst")

    def __init__(self, per_second: float, burst: float, *, most: int = _MOST) -> None:
        self.burst = burst
        self._per_second, self._room, self._most = per_second, burst / per_second, most
        self._full_at: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._full_at)

    def wait(self, key: str, tokens: float, now: float) -> float:
        """Seconds until there are so many tokens; 0 if they are there. Takes none.

        Args:
            key: Whose bucket.
            tokens: At most ``burst``; more there never are.
            now: The present, by a clock that only goes on.
        """
        late = max(self._full_at.get(key, now), now) + tokens / self._per_second - now - self._room
        return late if late > _ROUNDING else 0.0

    def take(self, key: str, tokens: float, now: float) -> None:
        """Take tokens that are there."""
        self._full_at[key] = max(self._full_at.get(key, now), now) + tokens / self._per_second
        if len(self._full_at) > self._most:
            self._sweep(now)

    def _sweep(self, now: float) -> None:
        kept = sorted(((at, key) for key, at in list(self._full_at.items()) if at > now), reverse=True)
        self._full_at = {key: at for at, key in kept[: self._most // 2]}
