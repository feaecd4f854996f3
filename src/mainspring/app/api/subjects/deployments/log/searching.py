"""The wanted requests of a whole log, the newest first, page by page."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mainspring.app.api.subjects.deployments.log.backwards import Backwards, Patience, began, last_moment
from mainspring.app.api.subjects.deployments.log.conditions import Conditions
from mainspring.core.errors import InputError
from mainspring.serving.payloads.record import LogRecord
from mainspring.serving.payloads.segments import COMPACT, segments

_TOGETHER: Final = 8
"""So many segments at most are read side by side: several processes write segments whose times overlap."""

_MARGIN: Final = 5.0
_END: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ends.

    Attributes:
        time: All requests that are later were shown, or are not wanted,
        shown: and so were these of this time.
    """

    time: float = _END
    shown: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "" if self.time == _END else "~".join((repr(self.time), *self.shown))

    @classmethod
    def read(cls, text: str) -> Cursor:
        """The inverse of ``str``; the beginning for an empty text.

        Raises:
            InputError: If it is none.
        """
        if not text:
            return cls()
        moment, *shown = text.split("~")
        try:
            return cls(float(moment), tuple(shown))
        except ValueError as error:
            raise InputError(f"{text!r} is no place in the log", expected="what the page before said") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some requests.

    Attributes:
        records: They, the newest first.
        earlier: Where to go on; ``None`` at the end of the log.
        looked: How many requests were looked at.
        hurried: Whether the time was over before the page was full.
    """

    records: Sequence[LogRecord]
    earlier: Cursor | None
    looked: int
    hurried: bool


def search(
    folder: Path,
    wanted: Conditions,
    *,
    cursor: Cursor = Cursor(),
    limit: int = 50,
    seconds: float = 1.0,
    suits: Callable[[Sequence[LogRecord]], Sequence[bool]] | None = None,
) -> Page:
    """Requests of a log, the newest first.

    Args:
        folder: The log.
        wanted: Which.
        cursor: Where the page before ended.
        limit: At most so many.
        seconds: Look for no longer than that; what was found until then is given.
        suits: Says of many requests at once which of them are wanted, by what is not in the log itself.
    """
    wanted.check()
    patience, most = Patience(seconds), 1 if wanted.exact else limit + 1  # an id is looked for once
    reading = _Reading(folder, wanted, cursor, patience)
    found: list[LogRecord] = []
    stream = iter(reading)
    while len(found) < most:
        part = list(itertools.islice(stream, most - len(found) if suits is None else max(4 * limit, 200)))
        if not part:
            break
        kept = part if suits is None else [one for one, fits in zip(part, suits(part), strict=True) if fits]
        found += kept
        if patience.spent():
            break
    full = len(found) > limit
    records = found[:limit]
    if full:
        earlier: Cursor | None = _after(records, cursor)
    else:
        earlier = _stopped(reading, records, cursor) if patience.over else None
    return Page(records=records, earlier=earlier, looked=patience.looked, hurried=patience.over and not full)


class _Reading:
    """All segments side by side, as far as their times overlap."""

    def __init__(self, folder: Path, wanted: Conditions, cursor: Cursor, patience: Patience) -> None:
        self._wanted, self._cursor, self._patience = wanted, cursor, patience
        self._until = cursor.time if wanted.until is None else min(cursor.time, wanted.until)
        self._waiting = [one for one in reversed(segments(folder)) if began(one) <= self._until + _MARGIN]
        self._heap: list[tuple[float, int, LogRecord, Backwards, Iterator[LogRecord]]] = []
        self._numbers = itertools.count()
        self.unread: float = -_END

    def __iter__(self) -> Iterator[LogRecord]:
        while True:
            self._open()
            if not self._heap:
                return
            negative, _, record, source, rest = heapq.heappop(self._heap)
            if not (-negative == self._cursor.time and record.id in self._cursor.shown):
                yield record
            self._push(source, rest)

    def _open(self) -> None:
        """Open the segments that may hold something newer than what is known."""
        while self._waiting and len(self._heap) < _TOGETHER and not self._patience.over:
            newest = -self._heap[0][0] if self._heap else -_END
            place = next(
                (
                    place
                    for place, one in enumerate(self._waiting[:_TOGETHER])
                    if not self._heap or _ended(one) >= newest
                ),
                None,
            )
            if place is None:
                return
            segment = self._waiting.pop(place)
            if self._wanted.since is not None and _ended(segment) < self._wanted.since:
                continue
            source = Backwards(segment, self._wanted, self._until, self._patience)
            self._push(source, iter(source))
        if self._patience.over and self._waiting:
            self.unread = max(self.unread, *(min(_ended(one), self._until) for one in self._waiting))

    def _push(self, source: Backwards, rest: Iterator[LogRecord]) -> None:
        record = next(rest, None)
        if record is not None:
            heapq.heappush(self._heap, (-record.time, next(self._numbers), record, source, rest))
        elif self._patience.over:
            self.unread = max(self.unread, source.at)

    @property
    def pending(self) -> float:
        """The time of the newest request that was read and not given; no time if there is none."""
        return -self._heap[0][0] if self._heap else -_END


def _after(records: Sequence[LogRecord], before: Cursor) -> Cursor:
    """The place behind the last of some requests."""
    last = records[-1].time
    shown = tuple(one.id for one in records if one.time == last)
    return Cursor(last, (*before.shown, *shown) if last == before.time else shown)


def _stopped(reading: _Reading, records: Sequence[LogRecord], before: Cursor) -> Cursor | None:
    """The place where reading was stopped because the time was over."""
    at = max(reading.pending, reading.unread)
    if at == -_END:
        return None
    if records and records[-1].time <= at:
        return _after(records, before)
    return Cursor(at, before.shown if at == before.time else ())


def _ended(segment: Path) -> float:
    """No request of a segment is later than that."""
    try:
        if not segment.name.endswith(COMPACT):
            return segment.stat().st_mtime + _MARGIN
        return last_moment(segment)
    except FileNotFoundError:
        return _END  # it took another form since it was listed
