"""How fast requests are being finished."""

from __future__ import annotations

import math

_SPAN = 10.0
"""Seconds that count: what was finished longer ago weighs less than a third."""


class Flow:
    """Requests finished per second, of late (an exponentially weighted count)."""

    __slots__ = ("_began", "_count", "_last")

    def __init__(self, now: float) -> None:
        self._began = self._last = now
        self._count = 0.0

    def finished(self, now: float) -> None:
        """One more."""
        self._count = self._count * math.exp((self._last - now) / _SPAN) + 1.0
        self._last = now

    def per_second(self, now: float) -> float:
        """The rate; 0 if nothing was ever finished."""
        seen = 1.0 - math.exp((self._began - now) / _SPAN)
        if not self._count or seen <= 0.0:
            return 0.0
        return self._count * math.exp((self._last - now) / _SPAN) / (_SPAN * seen)

    def drain(self, requests: int, now: float) -> float:
        """Seconds in which so many requests are finished, from 0.1 to 60; 1 if the rate is not known."""
        rate = self.per_second(now)
        return min(max(requests / rate, 0.1), 60.0) if rate else 1.0
