"""What is counted of the arms of a rollout: by every process in a file of its own, added up by whoever looks.

The files are written in place, through memory that outlives the process: counting costs nanoseconds, and nothing
is lost when one is killed. A process takes the first file that no living one holds (``flock``), and counts on
where its last owner stopped. What was under way there when that died has failed: who kills the process that it is
in shall not look as if nothing had happened.
"""

from __future__ import annotations

import fcntl
import logging
import math
import mmap
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mainspring.core.errors import UnavailableError
from mainspring.serving.rollout.state.board import reserve

SMALLEST: Final = 20e-6
GROWTH: Final = 1.1
BUCKETS: Final = 162
"""Times from 20 microseconds to 100 seconds, in buckets of ten percent."""

REQUESTS: Final = 0
ERRORS: Final = 1
SECONDS: Final = 2
TIMES: Final = 3
"""Where in the row of an arm requests, errors, the sum of times and the buckets are."""

UNDER_WAY: Final = TIMES + BUCKETS
"""Where it is said how many requests are not answered yet."""

WIDTH: Final = UNDER_WAY + 1
"""How many numbers the row of an arm has."""

_LOG = logging.getLogger(__name__)
_WIDER = math.log(GROWTH)
_NUMBER = 8
_PATTERN = "tally.*"


def bound(bucket: int) -> float:
    """The longest time, in seconds, that is counted in a bucket."""
    return SMALLEST * GROWTH**bucket


EDGES: Final = tuple(SMALLEST * GROWTH**bucket for bucket in range(-1, BUCKETS))
"""Where the buckets begin and end, in seconds."""


class Tally:
    """What this process counts. For the thread of the event loop, but for :meth:`began`.

    Args:
        folder: Of the rollout.
        arms: How many arms.

    Attributes:
        slot: The place of this process among those that count.
    """

    def __init__(self, folder: Path, arms: int) -> None:
        size = max(1, arms) * WIDTH * _NUMBER
        folder.mkdir(parents=True, exist_ok=True)
        self._file, self.slot = _taken(folder)
        self._map = _mapped(self._file, size)
        self._numbers = memoryview(self._map).cast("d")
        self._lost()

    def began(self, arm: int) -> None:
        """A request is sent to an arm. Any thread may say so: that two do at once may be counted as one."""
        if self._file >= 0:
            self._numbers[arm * WIDTH + UNDER_WAY] += 1

    def ended(self, arm: int) -> None:
        """It has been answered, somehow."""
        at, numbers = arm * WIDTH + UNDER_WAY, self._numbers
        if self._file >= 0 and numbers[at] > 0:  # it may have begun where another file was held
            numbers[at] -= 1

    def request(self, arm: int, seconds: float, *, failed: bool) -> None:
        """Count a request.

        Args:
            arm: The place of its arm.
            seconds: How long it took.
            failed: Whether it failed through the server's fault.
        """
        numbers, row = self._numbers, arm * WIDTH
        numbers[row] += 1
        if failed:
            numbers[row + ERRORS] += 1
        numbers[row + SECONDS] += seconds
        bucket = math.ceil(math.log(seconds / SMALLEST) / _WIDER) if seconds > SMALLEST else 0
        numbers[row + TIMES + min(bucket, BUCKETS - 1)] += 1

    def close(self) -> None:
        """Let go of the file; what was counted stays."""
        if self._file >= 0:
            for at in range(UNDER_WAY, len(self._numbers), WIDTH):
                self._numbers[at] = 0.0  # nobody waits for it to be counted
            self._numbers.release()
            self._map.close()
            os.close(self._file)
            self._file = -1

    def _lost(self) -> None:
        """Count what the last owner of the file was about when it died."""
        numbers = self._numbers
        for row in range(0, len(numbers) // WIDTH * WIDTH, WIDTH):
            lost = numbers[row + UNDER_WAY]
            if lost > 0:
                numbers[row + UNDER_WAY] = 0.0
                numbers[row + REQUESTS] += lost
                numbers[row + ERRORS] += lost


def total(folder: Path, arms: int) -> tuple[tuple[float, ...], ...]:
    """What all processes counted, living and dead: one row for each arm."""
    rows = [[0.0] * WIDTH for _ in range(arms)]
    for path in folder.glob(_PATTERN):
        data = path.read_bytes()
        numbers = memoryview(data[: len(data) // _NUMBER * _NUMBER]).cast("d")
        if len(numbers) < arms * WIDTH:
            continue  # just being made
        for arm, row in enumerate(rows):
            row[:] = map(float.__add__, row, numbers[arm * WIDTH : (arm + 1) * WIDTH])
    return tuple(map(tuple, rows))


def since(now: Sequence[Sequence[float]], before: Sequence[Sequence[float]]) -> tuple[tuple[float, ...], ...]:
    """What was counted between two looks; with nothing before, all of it."""
    if not before:
        return tuple(map(tuple, now))
    return tuple(tuple(map(float.__sub__, later, earlier)) for later, earlier in zip(now, before, strict=True))


def _mapped(file: int, size: int) -> mmap.mmap:
    """The file as memory. Without room on the disk it is memory alone: to write to a mapped file that has no room
    would kill the process, and requests are answered all the same.
    """
    try:
        if os.fstat(file).st_size != size:
            os.ftruncate(file, size)
        reserve(file, 0, size)
    except (OSError, UnavailableError) as error:
        _LOG.error("what is counted of a rollout is not kept: %s", error)
        return mmap.mmap(-1, size)
    return mmap.mmap(file, size)


def _taken(folder: Path) -> tuple[int, int]:
    """The first file that no living process holds, locked, and its number."""
    slot = 0
    while True:
        file = os.open(folder / f"tally.{slot}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            slot += 1
        else:
            return file, slot
