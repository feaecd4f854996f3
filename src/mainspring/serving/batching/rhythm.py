"""Whether to wait for more requests before a batch is computed, and for how long.

While a batch is computed, requests gather for the next one by themselves, and if they come independently of each
other, waiting any longer makes every answer slower, whatever the load. Callers that ask again as soon as they are
answered are another matter: of 32 that are answered at once, the first to come back would be computed alone,
and from then on the 32 come in two halves, each of which waits for the other. There it pays to wait until
all are back.

Which of the two it is cannot be told from the gaps between requests alone, so it is tried: for a few batches
without waiting and for a few with waiting, whatever made answers faster goes on, and the other is tried again from
time to time, ever more rarely while it loses.

Each of those who are missing saves the time of a batch if it is waited for, and each of those who wait loses
what they wait. So waiting pays if the next one is likely to come soon enough, or all of them are, and it ends when
half of what could be won is lost.
"""

from __future__ import annotations

from collections import deque

_TRIAL = 16
"""Batches of which the mean answer time is taken."""

_SETTLING = 4
"""Batches before that, after a change, which do not count."""

_BETTER = 0.97
"""Waiting has to make answers faster by this factor."""

_RAREST = 64
"""At least every so many trials the other way is tried again."""

_WEIGHT = 0.125
"""Of the newest gap in the mean of gaps, as TCP weighs round trips (RFC 6298)."""


class Rhythm:
    """How the requests for one model come. Knows no clock: every time is given, in seconds."""

    __slots__ = (
        "_answers", "_arrived", "_batches", "_best", "_finished", "_fresh", "_gap", "_means", "_next", "_pause",
        "_peak", "_peaks", "_seconds", "_trials", "_turn", "waiting",
    )  # fmt: skip

    def __init__(self) -> None:
        self._gap = self._turn = 0.0
        self._arrived = self._finished = 0.0
        self._fresh = False
        self._peak = 0
        self._peaks: deque[int] = deque(maxlen=8)
        self.waiting = True
        """Whether it pays at the moment to wait."""
        self._means: dict[bool, float] = {}
        self._batches = self._answers = self._trials = 0
        self._seconds = 0.0
        self._best: bool | None = None
        self._next, self._pause = 0, 4

    def arrived(self, now: float, present: int, cost: float) -> None:
        """A request came.

        Args:
            now: When.
            present: How many requests wait or are computed, this one included.
            cost: Seconds that a batch takes. Longer gaps all mean the same: that waiting does not pay.
        """
        gap = min(now - max(self._arrived, self._finished), 2 * cost)
        if self._fresh:
            self._turn += _WEIGHT * (gap - self._turn)
            self._fresh = False
        elif self._arrived:
            self._gap += _WEIGHT * (gap - self._gap)
        self._arrived = now
        self._peak = max(self._peak, present)

    def started(self, present: int) -> None:
        """A batch is computed from now on."""
        self._peaks.append(max(self._peak, present))
        self._peak = present

    def finished(self, now: float, answers: int, seconds: float) -> None:
        """A batch was computed.

        Args:
            now: When.
            answers: How many requests were answered.
            seconds: The sum of the times that these were under way.
        """
        self._finished, self._fresh = now, True
        self._batches += 1
        if self._batches > _SETTLING:
            self._answers += answers
            self._seconds += seconds
        if self._batches >= _TRIAL + _SETTLING:
            self._judge()

    def expected(self) -> int:
        """How many requests are likely to come together: as many as were there together lately."""
        return max(self._peak, max(self._peaks, default=0))

    def wait_until(self, now: float, waiting: int, cost: float) -> float:
        """Until when to wait for the next request; ``now`` or before if it does not pay.

        Args:
            now: The present.
            waiting: How many requests wait.
            cost: Seconds that computing them takes.
        """
        missing = self.expected() - waiting
        if not self.waiting or missing <= 0:
            return now
        gap = self._turn if self._fresh else self._gap
        saved = cost * missing / (waiting + missing)
        one_pays = gap * (waiting + 1) <= cost
        all_pay = gap + (missing - 1) * self._gap <= saved
        if not (one_pays or all_pay):
            return now
        return max(self._arrived, self._finished) + 0.5 * saved

    def hurried(self, cost: float) -> bool:
        """Whether the next request is likely to come before this one could be computed alone."""
        return 2 * (self._turn if self._fresh else self._gap) < cost

    def _judge(self) -> None:
        mean = self._seconds / self._answers if self._answers else 0.0
        before = self._means.get(self.waiting, mean)
        self._means[self.waiting] = (before + mean) / 2
        self._batches = self._answers = 0
        self._seconds = 0.0
        self._trials += 1
        if len(self._means) < 2:
            self.waiting = not self.waiting
            return
        best = self._means[True] < self._means[False] * _BETTER
        self.waiting = best
        if self._trials >= self._next:
            self._pause = min(2 * self._pause, _RAREST) if best is self._best else 4
            self._best = best
            self._next = self._trials + self._pause
            self.waiting = not best
