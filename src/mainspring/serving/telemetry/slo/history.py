"""How much was good of how much, over the last minutes, hours and days: rings of sums that processes share.

A ring has a place for every 10 seconds of the last hour, one for every minute of the last 6 hours, one for every
10 minutes of the last 3 days, and one for every 3 hours of the last 90 days. Every sum is added to all of them,
and a question is answered from the finest that goes back far enough. It takes 45 KiB, in memory or in a file that
several processes map.

Of a process that is killed while it adds, at most this one sum is missing.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from pathlib import Path
from typing import Final, NamedTuple

from mainspring.serving.telemetry.slo.counting import Counted


class _Ring(NamedTuple):
    """Sums of equal stretches of time, ``places`` of ``step`` seconds, from the word ``at`` on.

    First the numbers of the stretches, from 1 so that 0 is a place never used; then what was good, and what there
    was.
    """

    step: float
    places: int
    at: int

    def column(self, number: int) -> slice:
        """Where numbers (0), what was good (1) or what there was (2) lie."""
        return slice(self.at + number * self.places, self.at + (number + 1) * self.places)


_HEAD: Final = 8  # the run, what was good and what there was in all of it when it was last looked at, and when


def _rings() -> tuple[_Ring, ...]:
    found, at = [], _HEAD
    for step, places in ((10.0, 361), (60.0, 361), (600.0, 433), (10_800.0, 721)):
        found.append(_Ring(step, places, at))
        at += 3 * places
    return tuple(found)


RINGS: Final = _rings()

SIZE: Final = 8 * RINGS[-1].column(2).stop
"""Bytes of a history."""

STEP: Final = RINGS[0].step
"""Seconds of the finest sums: to look more often says no more."""


class History:
    """The sums of one objective.

    Args:
        path: The file that processes share; ``None`` for memory of this process.
        run: A number of this run of the server. What is counted begins with 0 in every run.
    """

    def __init__(self, path: Path | None = None, *, run: float = 0.0) -> None:
        self._run, self._file = run, -1
        if path is None:
            whole = memoryview(bytearray(SIZE))
        else:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            if os.fstat(self._file).st_size < SIZE:
                os.pwrite(self._file, bytes(SIZE), 0)
            fcntl.flock(self._file, fcntl.LOCK_UN)
            whole = memoryview(mmap.mmap(self._file, SIZE))
        self._words: memoryview[float] = whole.cast("d")

    def look(self, counted: Counted, moment: float) -> bool:
        """Take in what was counted since the server started. Only one process at a time does.

        Args:
            counted: Since the start.
            moment: Now, in seconds since the epoch.

        Returns:
            Whether it was taken in; ``False`` if another process is at it.
        """
        if self._file < 0:
            self._take(counted, moment)
            return True
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        try:
            self._take(counted, moment)
            return True
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    @property
    def looked(self) -> float:
        """When any process looked last, in seconds since the epoch; 0 if none did in this run."""
        return self._words[3] if self._words[0] == self._run else 0.0

    def over(self, seconds: float, moment: float) -> Counted:
        """What was counted in the last so many seconds."""
        ring = next((ring for ring in RINGS if ring.step * (ring.places - 1) >= seconds), RINGS[-1])
        last = int(moment // ring.step) + 1
        first = last - round(seconds / ring.step) + 1
        numbers, goods, totals = (self._words[ring.column(part)].tolist() for part in range(3))
        inside = [place for place, number in enumerate(numbers) if first <= number <= last]
        return Counted(sum(goods[place] for place in inside), sum(totals[place] for place in inside))

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _take(self, counted: Counted, moment: float) -> None:
        words = self._words
        before = Counted(words[1], words[2]) if words[0] == self._run else Counted(0.0, 0.0)
        good, total = counted.good - before.good, counted.total - before.total
        words[0], words[1], words[2], words[3] = self._run, counted.good, counted.total, moment
        if total < 0 or good < 0 or good > total:
            return  # series were forgotten in between; what is left of this step cannot be told
        if total:
            for ring in RINGS:
                self._add(ring, int(moment // ring.step), good, total)

    def _add(self, ring: _Ring, number: int, good: float, total: float) -> None:
        words, place = self._words, number % ring.places
        at_number, at_good, at_total = (ring.column(part).start + place for part in range(3))
        if words[at_number] != number + 1:
            words[at_number] = words[at_good] = words[at_total] = 0.0
            words[at_number] = number + 1
        words[at_good] += good
        words[at_total] += total
