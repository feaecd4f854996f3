"""Whether a model is asked where the request is, or in a thread: measured before it is served, and while it is."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

QUICK_SECONDS = 0.001
"""A model that answers one row in this time is run where the request is; handing it to a thread costs 0.1 ms."""

FEW_ROWS = 64
"""A quick model is asked where the request is for so many rows, and in a thread for more."""

_RUNS = 20
_LONGEST_MEASURING = 0.25
_WINDOW = 64
_TOO_MANY = 7
"""More than a tenth of a window."""

_FAR_TOO_SLOW = 20 * QUICK_SECONDS
_WEIGHT = 3
"""One answer that is far too slow weighs as much as so many: on a busy machine that happens to any model."""

_MOST_EXCUSES = 4

_SHORTEST_PAUSE, _LONGEST_PAUSE = 512, 4_096


class Quickness:
    """What is known of how quick a model is. The counts need no lock: one more or less does not matter.

    A model counts as quick while no more than a tenth of its answers takes longer than :data:`QUICK_SECONDS`. One
    that became slow stays in threads for a number of calls, which doubles every time that happens; afterwards it
    is tried again, if it was quick at least once meanwhile.

    Attributes:
        quick: Whether it is quick at the moment.
        seconds: What nine of ten answers took at most when it was measured last; NaN before.
    """

    __slots__ = ("_ask", "_asking", "_best", "_calls", "_excused", "_left", "_pause", "_slow", "quick", "seconds")

    def __init__(self, *, quick: bool = True) -> None:
        self.quick, self.seconds = quick, math.nan
        self._calls = self._slow = self._left = 0
        self._pause, self._best = _SHORTEST_PAUSE, math.inf
        self._ask: Callable[[], float] | None = None
        self._excused = 0
        self._asking = False

    def measure(self, ask: Callable[[], float]) -> None:
        """Ask up to 20 times: quick is what answers nine times of ten in :data:`QUICK_SECONDS`.

        A model that takes long is asked less often, but three times at least; the first time does not count if it
        is slower than all the others, since that is when much is loaded.

        Args:
            ask: Asks once; gives the seconds that the model took.
        """
        self._ask = ask
        until = time.perf_counter() + _LONGEST_MEASURING
        taken: list[float] = []
        while len(taken) < _RUNS and (len(taken) < 3 or time.perf_counter() < until):
            taken.append(self._asked(ask))
        if taken[0] == max(taken):
            del taken[0]
        self.seconds = sorted(taken)[math.ceil(0.9 * len(taken)) - 1]
        self.quick = self.seconds <= QUICK_SECONDS
        self._left = 0 if self.quick else self._pause

    def note(self, seconds: float, rows: int) -> None:
        """Take another answer into account; many rows at a time are allowed a little more each."""
        if rows > FEW_ROWS or self._asking:
            return
        if self.quick:
            self._calls += 1
            if seconds > QUICK_SECONDS * (1 + rows / 16):
                self._slow += 1 if seconds <= _FAR_TOO_SLOW else _WEIGHT
                if self._slow >= _TOO_MANY and not self._excuse():
                    self._became_slow()
            elif self._calls >= _WINDOW:
                self._calls = self._slow = 0
                self._excused -= self._excused > 0
        elif self._left:
            self._best = min(self._best, seconds)
            self._left -= 1
            if not self._left:
                self._try_again()

    def _excuse(self) -> bool:
        """Whether it was the machine: the model is as quick as ever with the question that it was measured with.

        Not for long: it may be slow with what it is asked now.
        """
        if self._ask is None or self._excused >= _MOST_EXCUSES:
            return False
        self._excused += 1
        ask = self._ask
        if all(self._asked(ask) > QUICK_SECONDS for _ in range(3)):
            return False
        self._calls = self._slow = 0
        return True

    def _asked(self, ask: Callable[[], float]) -> float:
        """Ask, and take no note of it: a slow model would be asked again and again whether it is slow."""
        self._asking = True
        try:
            return ask()
        finally:
            self._asking = False

    def _became_slow(self) -> None:
        self.quick, self._calls, self._slow = False, 0, 0
        self._left, self._best = self._pause, math.inf
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)

    def _try_again(self) -> None:
        if self._best <= QUICK_SECONDS:
            self.quick = True
        else:
            self._left, self._best = self._pause, math.inf
