"""Following a log: every record once, from where one was, across restarts, rotations and compaction."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Generic

from mainspring.core.errors import IntegrityError
from mainspring.serving.payloads.journal_reading import Form, Place, T, entries
from mainspring.serving.payloads.position import Position
from mainspring.serving.payloads.reading import RECORDS
from mainspring.serving.payloads.record import LogRecord
from mainspring.serving.payloads.segments import OPEN, segments, stem

_STAMP = "%Y%m%dT%H%M%S"
_LENGTH = len("20260101T000000")
_MARGIN = timedelta(hours=1)
"""Segments that began no longer than this before the newest finished one are remembered one by one: the clocks of
machines that share a log may differ."""


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A record, and where it was.

    Attributes:
        record: The record.
        segment: The segment that it is in.
        line: Its number there.
    """

    record: T
    segment: str
    line: int


class JournalFollower(Generic[T]):
    """Reads what is new in a journal. For one thread.

    Args:
        folder: Of the journal.
        form: What its lines are.
        position: Where to begin; by default with everything that is there.

    Attributes:
        damaged: Segments that were left because a line in them is not a record.
    """

    def __init__(self, folder: Path, form: Form[T], position: Position | None = None) -> None:
        position = position or Position()
        self._folder, self._form, self._before = folder, form, position.before
        self._finished = set(position.finished)
        self._places = {name: Place(line=line) for name, line in position.lines.items()}
        self.damaged = 0

    def new(self) -> Iterator[Found[T]]:
        """What was written since, oldest segment first. A segment that cannot be read is left where it fails.

        A record counts as read when the next one is asked for, or the end is reached.
        """
        for segment in segments(self._folder):
            name = stem(segment)
            if name <= self._before or name in self._finished:
                continue
            place = self._places.setdefault(name, Place())
            growing = segment.name.endswith(OPEN)
            try:
                for line, record in entries(segment, self._form, place=place):
                    yield Found(record, name, line)
            except IntegrityError as error:
                print(f"what follows in this segment is not followed: {error}", file=sys.stderr)
                self.damaged += 1
                growing = False
            if not growing:
                self._finish(name)

    @property
    def position(self) -> Position:
        """Where it is."""
        return Position(
            before=self._before,
            lines={name: place.line for name, place in self._places.items()},
            finished=tuple(sorted(self._finished)),
        )

    def _finish(self, name: str) -> None:
        del self._places[name]
        self._finished.add(name)
        newest = max(self._finished)
        for old in sorted(self._finished):
            if (self._places and old > min(self._places)) or not _long_before(old, newest):
                break
            self._finished.discard(old)
            self._before = old


class Follower(JournalFollower[LogRecord]):
    """Reads what is new in a payload log. For one thread.

    Args:
        folder: The log.
        position: Where to begin; by default with everything that is there.
    """

    def __init__(self, folder: Path, position: Position | None = None) -> None:
        super().__init__(folder, RECORDS, position)


def _long_before(old: str, new: str) -> bool:
    """Whether a segment began so long before another one that no other will come before it."""
    try:
        began, later = (datetime.strptime(name[:_LENGTH], _STAMP).replace(tzinfo=UTC) for name in (old, new))
    except ValueError:
        return False
    return later - began > _MARGIN
