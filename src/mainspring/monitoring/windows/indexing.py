"""Following a log and its feedback, and noting which windows what is new belongs to."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from mainspring.monitoring.windows.cuts import Cut
from mainspring.monitoring.windows.identities import Identities, hashed
from mainspring.monitoring.windows.keeping import Kept
from mainspring.monitoring.windows.outlines import Outline
from mainspring.serving.feedback import Feedback
from mainspring.serving.feedback.log import FOLDER, FORM
from mainspring.serving.payloads.following import Found, JournalFollower

MOVED: Final = "+"
"""In the names of segments that hold a line that was moved, because rows of it were erased."""
_TOGETHER: Final = 100_000
_MOST_PENDING: Final = 10_000


class Index:
    """Knows which windows have changed.

    Args:
        log: The prediction log.
        kept: What is known already; kept up to date.
        identities: Of the windows.
        cut: How windows are cut.
    """

    def __init__(self, log: Path, kept: Kept, identities: Identities, cut: Cut) -> None:
        self._kept, self._identities, self._cut = kept, identities, cut
        self._log: JournalFollower[Any] = JournalFollower(log, cut.form, kept.log)
        self._feedback: JournalFollower[Feedback] = JournalFollower(log / FOLDER, FORM, kept.feedback)
        self._new: dict[int, list[str]] = {}
        self._count = 0

    @property
    def damaged(self) -> int:
        """Segments that were left because a line in them cannot be read."""
        return self._log.damaged + self._feedback.damaged

    def read(self) -> None:
        """Take in what is new."""
        for found in self._log.new():
            if found.record.model == self._cut.model or self._cut.model is None:
                self._take(found)
        self._settle()
        told: list[Found[Feedback]] = []
        for one in self._feedback.new():
            if self._cut.wants(one.record.model):
                told.append(one)
            if len(told) == _TOGETHER:
                self._tell(told)
                told = []
        self._tell(told)
        self._kept.log, self._kept.feedback = self._log.position, self._feedback.position

    def _take(self, found: Found[Any]) -> None:
        record = found.record
        for outline in self._outlines(found):
            outline.add(found.segment, found.line)
            self._new.setdefault(outline.number, []).append(record.id)
            self._count += 1
        if self._count >= _TOGETHER:
            self._settle()

    def _outlines(self, found: Found[Any]) -> Iterator[Outline]:
        """The windows of a record that may still change."""
        kept, record = self._kept, found.record
        if MOVED in found.segment:
            self._settle()
            for outline, _ in self._identities.find(kept.outlines.values(), hashed([record.id])):
                outline.add(found.segment, found.line)
            return
        if self._cut.rows is not None:
            yield self._filled(record)
            return
        for number in self._cut.numbers(record):
            if number in kept.outlines:
                yield kept.outlines[number]
            elif _within(kept.closed, number):
                kept.missed += 1
            else:
                yield kept.outlines.setdefault(number, self._cut.begun(number, record.time))

    def _filled(self, record: Any) -> Outline:
        """The window by count that a record goes into."""
        outlines = self._kept.outlines
        last = max(outlines, default=self._kept.closed[-1][1] if self._kept.closed else -1)
        outline = outlines.get(last)
        if outline is None or outline.full:
            each = 1 if outline is None else outline.each
            outline = outlines.setdefault(last + 1, self._cut.begun(last + 1, record.time))
            outline.each = each
        outline.since, outline.until = min(outline.since, record.time), max(outline.until, record.time)
        outline.count(record)
        outline.full = outline.rows >= (self._cut.rows or 0)
        return outline

    def _settle(self) -> None:
        """Write down the ids that came, and look whether feedback waits for them."""
        pending = self._kept.pending
        waiting = np.array([one[0] for one in pending], dtype=np.uint64)
        found = np.zeros(len(pending), dtype=bool)
        for number, ids in self._new.items():
            outline, hashes = self._kept.outlines[number], hashed(ids)
            self._identities.add(outline, hashes)
            there = np.isin(waiting, hashes)
            for place in np.flatnonzero(there):
                outline.tell(*pending[place][1:])
            found |= there
        if found.any():
            self._kept.pending = [one for one, there in zip(pending, found, strict=True) if not there]
        self._new, self._count = {}, 0

    def _tell(self, told: Sequence[Found[Feedback]]) -> None:
        """Note which windows feedback is about; what is about none yet waits."""
        hashes = hashed(one.record.id for one in told)
        waits = np.ones(len(told), dtype=bool)
        for outline, places in self._identities.find(self._kept.outlines.values(), hashes):
            for place in places.tolist():
                outline.tell(told[place].segment, told[place].line)
            waits[places] = False
        unknown = np.flatnonzero(waits).tolist()
        rest = [(int(hashes[place]), told[place].segment, told[place].line) for place in unknown]
        self._kept.pending = [*self._kept.pending, *rest][-_MOST_PENDING:]


def _within(stretches: Sequence[Sequence[int]], number: int) -> bool:
    """Whether a number lies in one of some stretches in ascending order."""
    place = bisect.bisect_right(stretches, number, key=lambda one: one[0]) - 1
    return place >= 0 and number <= stretches[place][1]


def with_number(stretches: Sequence[Sequence[int]], number: int) -> list[list[int]]:
    """Stretches in ascending order with one more number; those that touch become one.

    Example:
        >>> with_number([[1, 2], [4, 4]], 3)
        [[1, 4]]
    """
    found: list[list[int]] = []
    for first, last in sorted([*((first, last) for first, last in stretches), (number, number)]):
        if found and first <= found[-1][1] + 1:
            found[-1][1] = max(found[-1][1], last)
        else:
            found.append([first, last])
    return found
