"""Windows of a log that grows: each as soon as it is complete, and again when it changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from mainspring.core.clock import now as current
from mainspring.core.errors import InputError, StateError
from mainspring.data import ColumnType
from mainspring.monitoring.windows.building import built
from mainspring.monitoring.windows.cuts import Cut
from mainspring.monitoring.windows.gathering import feedback, lost, requests
from mainspring.monitoring.windows.identities import Identities
from mainspring.monitoring.windows.indexing import Index, with_number
from mainspring.monitoring.windows.keeping import Keeper
from mainspring.monitoring.windows.outlines import Outline
from mainspring.monitoring.windows.times import EventTime
from mainspring.monitoring.windows.window import Window
from mainspring.serving.payloads import LogRecord
from mainspring.serving.payloads.erasing import AUDIT
from mainspring.serving.payloads.reading import ARRAYS

DAY: Final = 86_400.0
_LEAST_SILENCE: Final = 60.0
"""Shorter windows without requests are nothing to tell of."""


class WindowReader:
    """Reads a prediction log and its feedback, only what is new each time, and gives windows to be judged.

    A window is given when it is complete: ``wait`` seconds after its end, or, by count, when it has its rows. When
    something is added to it later (rows, feedback) or rows are erased, it is given again, with a higher
    ``revision``, as soon as it is twice as old as when it was given last, and once more ``labels`` seconds after
    that: a window of an hour with truths that trickle in for a day is given about eight times. Then it is closed:
    its rows may be removed from the log, and requests that come even later are counted as ``missed``.

    What was given and committed is never given again as it was, and what was not committed is, also after the
    process was killed. Only where windows lie in the log is kept, no rows: nobody needs to be erased here. Memory
    holds one window, not the log. For one thread; a context manager.

    Args:
        log: The prediction log.
        home: A folder of its own to keep its place in; made if it is missing.
        seconds: The length of windows by time; they begin at whole multiples of it since the epoch.
        rows: The rows of windows by count, instead; requests are kept whole.
        wait: How many seconds late requests are waited for.
        labels: How many seconds after that a window may change.
        model: Only requests to this model.
        types: Types of columns, as for :func:`mainspring.monitoring.windows.by_time`.
        event_time: A column that says when its row happened, or ``parameters.`` and the name of a parameter of the
            requests: seconds since the epoch, or ISO 8601. Without it, or where it cannot be read or lies after
            the arrival of the request, it is that arrival.
        again: A changed window is given again after so many seconds, instead of when it is twice as old.
        silent: Whether the last window is given, too, if no request came in it, once there was any before: that
            nobody asks is worth knowing. Of a longer silence only the windows are given in which somebody looks.
            Not for windows by count, by a time of their rows, or of less than a minute.

    Attributes:
        log: The prediction log.

    Raises:
        InputError: If the windows have no size or two, or the home is that of other windows.
        ConflictError: If another reader is at home there.

    Example:
        .. code-block:: python

            with WindowReader(Path("log"), Path("watch/census"), seconds=3600, wait=600, model="census") as reader:
                for window in reader.ready():
                    judge(window)
                    reader.commit(window)
    """

    def __init__(
        self,
        log: Path,
        home: Path,
        *,
        seconds: float | None = None,
        rows: int | None = None,
        wait: float = 0.0,
        labels: float = DAY,
        model: str | None = None,
        types: Mapping[str, ColumnType] | None = None,
        event_time: str = "",
        again: float | None = None,
        silent: bool = False,
    ) -> None:
        if min(wait, labels, again or 0.0) < 0:
            raise InputError("windows that are waited for less than no time", expected="0 seconds or more")
        self.log = log
        self._wait, self._labels, self._again, self._types = wait, labels, again, types
        self._cut = Cut(seconds=seconds, rows=rows, model=model, event_time=EventTime(name=event_time))
        self._silent = silent and (seconds or 0.0) >= _LEAST_SILENCE and self._cut.event_time.is_arrival
        self._keeper = Keeper(home, self._cut.settings)
        self._kept = self._keeper.kept
        self._identities = Identities(home / "ids")
        self._index = Index(log, self._kept, self._identities, self._cut)
        self._handed: dict[int, _Handed] = {}

    @property
    def missed(self) -> int:
        """Requests that came when their window was closed, since the beginning."""
        return self._kept.missed

    @property
    def damaged(self) -> int:
        """Segments that were left because a line in them cannot be read."""
        return self._index.damaged

    @property
    def open(self) -> int:
        """Windows that may still change, those that are not complete among them."""
        return len(self._kept.outlines)

    @property
    def awaited(self) -> Outline | None:
        """The newest window that is not complete; ``None`` if nothing was asked since the last one that is."""
        waiting = [one for one in self._kept.outlines.values() if one.given < 0]
        return max(waiting, key=lambda one: one.since, default=None)

    def ready(self, now: float | None = None) -> Iterator[Window]:
        """The windows that are to be judged, oldest first: new ones, and those that changed.

        One that is not committed comes again the next time.

        Args:
            now: What time it is, in seconds since the epoch.

        Raises:
            IntegrityError: If a line of the log cannot be read.
        """
        moment = current() if now is None else now
        self._close([one for one in self._kept.outlines.values() if one.given_at >= self._closes(one)])
        self._index.read()
        self._look_for_erasures()
        self._notice_silence(moment)
        self._close([one for one in self._kept.outlines.values() if moment >= self._closes(one)])
        self._keeper.save()
        self._identities.tidy(self._kept.outlines.values())
        for outline in sorted(self._kept.outlines.values(), key=lambda one: (one.since, one.number)):
            if self._is_due(outline, moment):
                yield self._window(outline, moment)

    def commit(self, window: Window) -> None:
        """Remember that a window was judged; safe on the disk when this comes back.

        Raises:
            StateError: If this reader did not give it, or it is committed already.
        """
        handed = self._handed.pop(window.number, None)
        if handed is None:
            raise StateError(f"window {window} was not given", expected="one of ready(), once")
        outline = self._kept.outlines[window.number]
        outline.revision, outline.given, outline.given_at = window.revision, handed.changes, handed.at
        outline.counted = handed.counted
        if not outline.first:
            outline.first = handed.last
        self._keeper.given(outline)

    def close(self) -> None:
        """Let go of the home."""
        self._keeper.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ------------------------------------------------------------------ when

    def _is_due(self, outline: Outline, moment: float) -> bool:
        if outline.given < 0:
            return outline.full if self._cut.seconds is None else outline.until + self._wait <= moment
        if not outline.changed or lost(self.log, outline):
            return False
        if self._again is not None and moment - outline.given_at >= self._again:
            return True
        twice = 2 * max(outline.given_at - outline.until, 0.0)
        return self._closes(outline) <= moment or moment - outline.until >= twice

    def _closes(self, outline: Outline) -> float:
        return outline.until + self._wait + self._labels

    def _close(self, over: Iterable[Outline]) -> None:
        """Forget the windows that cannot change any more, once they were given as they are."""
        for outline in over:
            if outline.given >= 0 and (not outline.changed or lost(self.log, outline)):
                del self._kept.outlines[outline.number]
                self._kept.closed = with_number(self._kept.closed, outline.number)

    def _notice_silence(self, moment: float) -> None:
        """Begin the last window that is over, if requests came before it and none since."""
        seconds, kept = self._cut.seconds, self._kept
        if not self._silent or seconds is None:
            return
        last = max([*kept.outlines, *(numbers[1] for numbers in kept.closed[-1:])], default=None)
        over = int((moment - self._wait) // seconds) - 1
        if last is not None and over > last:
            kept.outlines[over] = self._cut.begun(over, over * seconds)

    def _look_for_erasures(self) -> None:
        """See which windows have lost rows, if anybody was erased."""
        try:
            size = (self.log / AUDIT).stat().st_size
        except FileNotFoundError:
            return
        if size == self._kept.erasures:
            return
        self._kept.erasures = size
        for outline in self._kept.outlines.values():
            if outline.counted and outline.counted != self._counted(outline):
                outline.changes += 1

    def _counted(self, outline: Outline) -> list[int]:
        """Requests and erased rows of a window."""
        found = [len(one.record.erased) for one in requests(self.log, outline, self._cut, self._cut.form)]
        return [len(found), sum(found)]

    # ------------------------------------------------------------------ what

    def _window(self, outline: Outline, moment: float) -> Window:
        changes, last = outline.changes, {name: lines[1] for name, lines in outline.log.items()}
        counted, late = [0, 0], set[str]()

        def records() -> Iterator[LogRecord]:
            for one in requests(self.log, outline, self._cut, ARRAYS):
                counted[0] += 1
                counted[1] += len(one.record.erased)
                if outline.is_late(one.segment, one.line):
                    late.add(one.record.id)
                yield one.record

        self._handed[outline.number] = _Handed(changes, moment, counted, last)
        return built(
            records(),
            feedback(self.log, outline),
            outline.since,
            outline.until,
            complete=True,
            types=self._types,
            rows=lambda columns: self._cut.kept(outline.number, columns),
            late=late,
            revision=outline.revision + (outline.given >= 0),
            number=outline.number,
        )


@dataclass(frozen=True, slots=True)
class _Handed:
    """What a window that was given and not committed yet was made of."""

    changes: int
    at: float
    counted: list[int]
    last: dict[str, int]
