"""ADWIN: a window that is as long as nothing changes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import numpy.typing as npt

from mainspring.monitoring.detectors.blocks import Floats, Ints, number, numbers, require
from mainspring.monitoring.detectors.blockwise import Kept
from mainspring.monitoring.ports import DetectorState

_CHECKS = 256
"""Checks that are made at once."""

_SURE = 1 - 1e-6
"""Leaves room for rounding where a test is to let nothing through that a finer one would catch."""

Coming = list[float] | Floats


@dataclass(slots=True, kw_only=True)
class ADWIN(Kept):
    """Keeps a window of items, and drops its older part, with an alarm, when the means of two parts differ.

    Items are kept as sums in buckets of 1, 2, 4, 8, ... items, at most ``buckets`` of each size, so that a window
    of a million items takes a hundred sums. Every ``clock`` items the window is cut at each bucket, and the means
    on both sides are compared with a bound that takes the variance into account. The bound is that of the paper
    for items between 0 and 1, and is of use for any others whose unit is not far from it.

    References:
        A. Bifet, R. Gavaldà, "Learning from time-changing data with adaptive windowing", SIAM International
        Conference on Data Mining 2007 (ADWIN2).

    Args:
        delta: The chance of a false alarm at a check is at most so much; 0.002, as in MOA and river.
        clock: Items between two checks; 32, as in the paper.
        buckets: Of each size at most so many; 5, as in the paper.
        least: No part of the window is shorter; 5.
        min_items: No cut in windows that are not longer; 10.

    Example:
        >>> detector = ADWIN()
        >>> detector.update_many([item % 10 == 0 for item in range(1000)] + [item % 2 == 0 for item in range(200)])
        array([1055, 1087, 1119])
        >>> detector.window, round(detector.mean, 2)
        (272, 0.39)
    """

    delta: float = 0.002
    clock: int = 32
    buckets: int = 5
    least: int = 5
    min_items: int = 10

    items: int = 0
    origin: float = 0.0
    sums: list[list[float]] = field(default_factory=list)
    squares: list[list[float]] = field(default_factory=list)
    pending: list[float] = field(default_factory=list)
    """Sums of the buckets (less the first item), a row for each size, oldest first; items since the last check."""

    def __post_init__(self) -> None:
        """Check the settings."""
        require(0 < self.delta < 1, "delta", self.delta, "above 0 and below 1")
        require(self.clock >= 1, "clock", self.clock, "at least 1")
        require(self.buckets >= 2, "buckets", self.buckets, "at least 2")
        require(self.least >= 1, "least", self.least, "at least 1")
        require(self.min_items >= 2, "min_items", self.min_items, "at least 2")

    @property
    def window(self) -> int:
        """Items in the window."""
        return self._length() + len(self.pending)

    @property
    def mean(self) -> float:
        """The mean of the window; 0 if it is empty."""
        if not self.window:
            return 0.0
        kept = math.fsum(chain.from_iterable(self.sums)) + math.fsum(item - self.origin for item in self.pending)
        return self.origin + kept / self.window

    def update(self, value: float) -> DetectorState:
        """Take one item.

        Raises:
            InputError: If it is not a finite number.
        """
        value = number(value)
        self.pending.append(value)
        if len(self.pending) < self.clock:
            return DetectorState.STABLE
        if not self.items:
            self.origin = self.pending[0]
        off = [item - self.origin for item in self.pending]
        self.items += self.clock
        self.pending = []
        self._put(off, [item * item for item in off])
        return DetectorState.DRIFT if self._cut() else DetectorState.STABLE

    def update_many(self, values: npt.ArrayLike) -> Ints:
        """Take items one after the other, and give the places of the alarms.

        Raises:
            InputError: If one of them is not a finite number; then none has been taken.
        """
        given = numbers(values)
        waiting = np.concatenate([self.pending, given])
        offset, alarms, begin, checks = given.size - waiting.size, [], 0, 4
        while waiting.size - begin >= self.clock:
            whole = min((waiting.size - begin) // self.clock, checks)
            found, taken = self._checks(waiting[begin : begin + whole * self.clock])
            begin += taken
            checks = min(2 * checks, _CHECKS)
            if found is not None:
                alarms.append(offset + found + begin - taken)
                checks = 4
        self.pending = waiting[begin:].tolist()
        return np.array(alarms, dtype=np.int64)

    def _length(self) -> int:
        return sum(len(sums) << row for row, sums in enumerate(self.sums))

    def _put(self, sums: Coming, squares: Coming) -> None:
        _put(self.sums, sums, self.buckets)
        _put(self.squares, squares, self.buckets)

    def _cut(self) -> bool:
        """Drop the oldest buckets as long as two parts of the window differ, and say whether there were any."""
        cut = False
        while self._differs():
            cut = True
            for rows in (self.sums, self.squares):
                del rows[-1][0]
                while not rows[-1]:
                    rows.pop()
        return cut

    def _differs(self) -> bool:
        length = self._length()
        if length <= self.min_items:
            return False
        total, squares = sum(map(sum, self.sums)), sum(map(sum, self.squares))
        log = math.log(2 * math.log(max(length, 3)) / self.delta)
        spread = 2 * max(0.0, squares / length - (total / length) ** 2) * log
        older, part, least, root, log = 0, 0.0, self.least, math.sqrt, log * 2 / 3
        # What is nearer than this differs in no way; see _suspected.
        near, far = length * log, _SURE * spread * length
        for row in range(len(self.sums) - 1, -1, -1):
            size = 1 << row
            for one in self.sums[row]:
                older += size
                part += one
                newer = length - older
                if newer < least:
                    return False
                off = part * length - total * older
                off = off - near if off > 0 else -off - near
                if off > 0 and off * off > far * older * newer and older >= least:
                    each = 1 / (older - least + 1) + 1 / (newer - least + 1)
                    if abs(part / older - (total - part) / newer) > root(each * spread) + each * log:
                        return True
        return False

    def _checks(self, block: Floats) -> tuple[int | None, int]:
        """Take items up to the first check that alarms: the place of the alarm, and how many were taken.

        Where buckets begin depends on the number of items alone. So all cuts of all checks are known beforehand as
        long as nothing is dropped, and the sums on both sides are differences of running sums.
        """
        if not self.items:
            self.origin = float(block[0])
        off = block - self.origin
        kept, size = self._length(), block.size // self.clock
        sizes = [1 << row for row in range(len(self.sums) - 1, -1, -1) for _ in self.sums[row]]
        known = len(sizes)
        begins = np.concatenate([[0], np.cumsum(sizes)])
        sums = np.cumsum(np.concatenate([[0.0], *self.sums[::-1], off]))
        squares = np.cumsum(np.concatenate([[0.0], *self.squares[::-1], off * off]))

        added = self.clock * np.arange(1, size + 1)
        fresh = self._cuts(added, kept)
        suspected = self._suspected(
            kept + added,
            sums[added + known],
            squares[added + known],
            ((begins[1:], sums[1 : known + 1]), (fresh, sums[fresh - kept + known])),
        )
        found = None
        for one in np.flatnonzero(suspected).tolist():
            added_one = added[one : one + 1]
            cuts = self._cuts(added_one)
            # The running sum at each cut: old buckets are looked up, each new item has its own.
            place = np.where(cuts > kept, cuts - kept + known, np.searchsorted(begins, cuts))
            ends = added_one + known
            if self._differ(cuts, kept + added_one, sums[place], sums[ends], squares[ends])[0]:
                found = one
                break
        taken = self.clock * (size if found is None else found + 1)
        self.items += taken
        self._put(off[:taken], off[:taken] ** 2)
        return (None, taken) if found is None or not self._cut() else (taken - 1, taken)

    def _suspected(
        self, length: Ints, total: Floats, squares: Floats, groups: Sequence[tuple[Ints, Floats]]
    ) -> npt.NDArray[np.bool_]:
        """Which of the checks may find a cut whose parts differ; of the others it is sure that they do not.

        With parts of *a* and *b* items, *e = 1 / (a - least + 1) + 1 / (b - least + 1)* is at least *(a + b) / a
        b*. A gap that is past the bound *sqrt(e s) + e l* is past that with this in its place, which takes no root
        and no division for each cut.

        Args:
            length: ``[checks]``: items in the window.
            total: Their sums.
            squares: The sums of their squares.
            groups: Where cuts may be, ``[cuts]`` for all checks or ``[checks, cuts]``, with the sums before them.
        """
        log = np.log(2 * np.log(np.maximum(length, 3)) / self.delta)
        spread = 2 * np.maximum(0.0, squares / length - (total / length) ** 2) * log
        near, far = (length * log * 2 / 3)[:, None], (_SURE * spread * length)[:, None]
        suspected = np.zeros(length.size, dtype=bool)
        whole, total = length.astype(np.float64)[:, None], total[:, None]
        for cuts, sums in groups:
            older = cuts.astype(np.float64)
            off = sums * whole
            off -= total * older
            np.abs(off, out=off)
            off -= near
            np.maximum(off, 0.0, out=off)
            off *= off
            room = whole - older
            room *= older
            room *= far
            suspected |= (off > room).any(axis=1)
        return suspected

    def _cuts(self, added: Ints, after: int = -1) -> Ints:
        """Where buckets begin after so many more items, from the newest on: a row for each number of items.

        Buckets that begin before ``after`` are left out where all do, and said to begin there where some do.
        """
        cuts, end, coming, row = [], self._length() + added, added, 0
        slots = np.arange(1, self.buckets + 1)
        while (row < len(self.sums) or coming.any()) and end[-1] > after:
            there = coming + (len(self.sums[row]) if row < len(self.sums) else 0)
            coming = np.maximum(0, (there - self.buckets + 1) // 2)
            there = there - 2 * coming
            cuts.append(end[:, None] - (np.minimum(slots, there[:, None]) << row))
            end = end - (there << row)
            row += 1
        found: Ints = np.maximum(np.concatenate(cuts, axis=1), after)
        return found

    def _differ(
        self, cuts: Ints, length: Ints, sums: Floats, total: Floats, squares: Floats
    ) -> npt.NDArray[np.bool_]:
        """Whether some cut of each row parts the window into two that differ."""
        older, newer = cuts.astype(np.float64), (length[:, None] - cuts).astype(np.float64)
        allowed = (older >= self.least) & (newer >= self.least) & (length > self.min_items)[:, None]
        np.maximum(older, self.least, out=older)
        np.maximum(newer, self.least, out=newer)
        log = np.log(2 * np.log(np.maximum(length, 3)) / self.delta)
        spread = 2 * np.maximum(0.0, squares / length - (total / length) ** 2) * log
        each = 1 / (older - (self.least - 1)) + 1 / (newer - (self.least - 1))
        bound = np.sqrt(each * spread[:, None])
        each *= (log * 2 / 3)[:, None]
        bound += each
        gap = np.abs(sums / older - (total[:, None] - sums) / newer)
        differs: npt.NDArray[np.bool_] = (allowed & (gap > bound)).any(axis=1)
        return differs


def _put(rows: list[list[float]], coming: Coming, most: int) -> None:
    """Put buckets of one item behind the others; of those that are too many the oldest are joined by twos.

    A sum is always that of two halves, so that it does not matter how many items are put at once.
    """
    row = 0
    while len(coming):
        if row == len(rows):
            rows.append([])
        if isinstance(coming, list):
            there = rows[row]
            there.extend(coming)
            joined = (len(there) - most + 1) // 2 * 2
            if joined <= 0:
                return
            coming = [there[place] + there[place + 1] for place in range(0, joined, 2)]
            del there[:joined]
        else:
            many = np.concatenate([rows[row], coming])
            joined = 2 * max(0, (many.size - most + 1) // 2)
            rows[row] = many[joined:].tolist()
            coming = many[:joined:2] + many[1:joined:2]
        row += 1
