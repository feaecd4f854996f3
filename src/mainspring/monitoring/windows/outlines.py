"""Where the requests of a window lie in the log, and what was given of it: all that is kept of a window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self


@dataclass(slots=True)
class Outline:
    """A window, without its rows.

    Attributes:
        number: Its number.
        since: Where it begins.
        until: Where it ends.
        log: The first and the last line of its requests in each segment of the log; others may lie between.
        feedback: The same of what became known of them.
        runs: The files of the hashes of its requests' ids.
        rows: Rows that were asked for, in windows by count.
        each: The rows of its last request that could be read, in windows by count.
        full: Whether it has all rows that it may have, in windows by count.
        changes: How often something was added or erased.
        given: The changes that there were when it was given; -1 if it was not yet.
        given_at: When it was given, in seconds since the epoch.
        revision: How often it was given again.
        first: The last line in each segment when it was given for the first time: what lies behind came late.
        counted: Requests and erased rows when it was given.
    """

    number: int
    since: float
    until: float
    log: dict[str, list[int]] = field(default_factory=dict)
    feedback: dict[str, list[int]] = field(default_factory=dict)
    runs: list[int] = field(default_factory=list)
    rows: int = 0
    each: int = 1
    full: bool = False
    changes: int = 0
    given: int = -1
    given_at: float = 0.0
    revision: int = 0
    first: dict[str, int] = field(default_factory=dict)
    counted: list[int] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether it was given and has changed since."""
        return 0 <= self.given < self.changes

    def add(self, segment: str, line: int) -> None:
        """A request lies in a line of a segment."""
        _stretch(self.log, segment, line)
        self.changes += 1

    def count(self, record: Any) -> None:
        """The rows of a request, in a window by count. One that could not be read counts as many as the last one
        that could: a window is full, too, if nothing is answered any more.
        """
        self.each = record.rows or self.each
        self.rows += record.rows or (self.each if record.error is not None else 0)

    def tell(self, segment: str, line: int) -> None:
        """Something that became known lies in a line of a segment of the feedback."""
        _stretch(self.feedback, segment, line)
        self.changes += 1

    def is_late(self, segment: str, line: int) -> bool:
        """Whether a request came after the window was given. One that moved because rows of it were erased was
        there before.
        """
        return self.given >= 0 and "+" not in segment and line > self.first.get(segment, -1)

    def as_dict(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(**value)


def _stretch(extents: dict[str, list[int]], segment: str, line: int) -> None:
    known = extents.setdefault(segment, [line, line])
    known[0], known[1] = min(known[0], line), max(known[1], line)
