"""Looks at what was answered, in a thread of its own, as much of it as there is time for."""

from __future__ import annotations

import itertools
import sys
import threading
import traceback
import uuid
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from mainspring.models.problems import Problem
from mainspring.serving.call import Call
from mainspring.serving.prediction import Prediction
from mainspring.serving.served import Served
from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.events.detecting import Detector, Found, Part, confidences
from mainspring.serving.telemetry.events.event import EventKind, ModelEvent
from mainspring.serving.telemetry.events.options import EventOptions
from mainspring.serving.telemetry.events.ports import EventSink
from mainspring.serving.telemetry.events.recent import RecentEvents
from mainspring.serving.telemetry.feedback_metrics import Judge
from mainspring.serving.telemetry.registry import Registry

_PAUSE: Final = 0.25
_MOST_WAITING: Final = 2_000
_LONGEST_VALUE: Final = 100
_MOST_DETECTORS: Final = 1_000

_KINDS: Final[Mapping[str, EventKind]] = {
    "MISSING_COLUMN": EventKind.MISSING_REQUIRED,
    "MISSING_VALUE": EventKind.MISSING_REQUIRED,
    "WRONG_TYPE": EventKind.WRONG_TYPE,
    "UNKNOWN_COLUMN": EventKind.UNKNOWN_COLUMN,
}
_ACTIONS: Final[Mapping[str, EventKind]] = {
    "flag": EventKind.FLAGGED,
    "override": EventKind.OVERRIDDEN,
    "block": EventKind.BLOCKED,
}


class _Seen(NamedTuple):
    """What is kept of a call until it is looked at."""

    served: Served
    id: str
    time: float
    trace: str
    prediction: Prediction | None
    rows: int
    problems: Sequence[Problem]


class Examiner:
    """Looks for events: an observer of finished calls. Give it to a dispatcher, and close it at the end.

    Args:
        options: What is looked for.
        registry: Where events are counted.
        recent: Where the last ones are kept.
        sinks: Where else they go.
        judge: Judges how sure the model was, for objectives that ask for it.
    """

    def __init__(
        self,
        options: EventOptions,
        registry: Registry,
        recent: RecentEvents,
        *,
        sinks: Iterable[EventSink] = (),
        judge: Judge | None = None,
    ) -> None:
        self._options, self._recent, self._sinks = options, recent, tuple(sinks)
        self._judge = judge if judge is not None and judge.wants("confidence") else None
        self._events = registry.counter(schema.EVENTS)
        self._examined = registry.counter(schema.ROWS_EXAMINED)
        self._odd = registry.counter(schema.ROWS_ODD)
        self._detectors: dict[tuple[str, str], tuple[object, Detector]] = {}
        self._waiting: deque[_Seen] = deque(maxlen=_MOST_WAITING)
        self._rows_left = self._share = options.rows_per_second * _PAUSE
        self._tell_share = options.events_per_second * _PAUSE
        self._tell_left = 0.0
        self._wake, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="model-events", daemon=True)
        self._thread.start()

    def __call__(self, call: Call) -> None:
        """Keep a finished call to be looked at, if it is its turn."""
        prediction, served = call.prediction, call.served
        if served is None or call.made_up:
            return
        rows = 0
        if prediction is not None and self._rows_left > 0:
            rows = min(prediction.rows, int(self._rows_left) + 1)
            self._rows_left -= rows
        violated = prediction is not None and prediction.answered is not None and any(prediction.answered.violated)
        if not rows and not violated and not call.problems:
            return
        trace = "" if call.trace is None else call.trace.trace
        self._waiting.append(_Seen(served, call.id, call.time, trace, prediction, rows, call.problems))
        if not self._wake.is_set():
            self._wake.set()

    def skipped(self, served: Served) -> Mapping[str, str]:
        """What cannot be looked for in a version, and why."""
        return self._detector(served).skipped

    def look(self) -> None:
        """Look at everything that waits. For one thread: that of the examiner, or a test's."""
        self._rows_left = self._share
        self._tell_left = min(self._tell_left + self._tell_share, max(1.0, 4 * self._tell_share))
        groups: dict[int, list[_Seen]] = {}
        while self._waiting:
            seen = self._waiting.popleft()
            groups.setdefault(id(seen.served), []).append(seen)
        for group in groups.values():
            self._examine(group)

    def close(self) -> None:
        """Look at what waits, and end. Calling it again does nothing."""
        self._stop.set()
        self._wake.set()
        self._thread.join(5.0)
        self._recent.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait()
            self._stop.wait(_PAUSE)
            self._wake.clear()
            try:
                self.look()
            except Exception:  # noqa: BLE001  whatever is odd about a row must not end the looking
                traceback.print_exc(file=sys.stderr)

    def _examine(self, group: Sequence[_Seen]) -> None:
        served = group[0].served
        detector = self._detector(served)
        parts: list[Part] = []
        looked: list[_Seen] = []
        for seen in group:
            if seen.problems:
                self._refused(seen, detector)
            if seen.prediction is not None:
                if seen.prediction.answered is not None:
                    self._violated(seen)
                if seen.rows:
                    parts.append(_part(seen.prediction, seen.rows))
                    looked.append(seen)
        if not parts:
            return
        ends = list(itertools.accumulate(seen.rows for seen in looked))
        odd: set[int] = set()
        for found in (*detector.find(parts), *_outliers(looked, ends)):
            odd.update(found.rows)
            self._count(served, found.kind, found.column, len(found.rows))
            for row, value in zip(found.rows, found.values, strict=True):
                place = bisect_right(ends, row)
                if not self._tell(looked[place], row - ends[place] + looked[place].rows, found, value):
                    break
        self._examined.labels(served.name, served.version).add(ends[-1])
        self._odd.labels(served.name, served.version).add(len(odd))
        sure = None if self._judge is None else confidences([part.outputs for part in parts])
        if sure is not None and self._judge is not None:
            self._judge(
                served.name, served.version, "confidence", sure.tolist(), lambda best, least: best >= least
            )

    def _refused(self, seen: _Seen, detector: Detector) -> None:
        for problem in seen.problems:
            kind = _KINDS.get(problem.code)
            if kind is not None:
                column = detector.column(problem.column)
                self._count(seen.served, kind, column, 1)
                found = Found(kind, problem.column or "", (), (), problem.expected)
                self._tell(seen, -1 if problem.row is None else problem.row, found, problem.value or "")

    def _violated(self, seen: _Seen) -> None:
        answered = None if seen.prediction is None else seen.prediction.answered
        for row, violated in enumerate(() if answered is None else answered.violated):
            for assertion in violated:
                kind = _ACTIONS[assertion.action]
                self._count(seen.served, kind, "", 1)
                self._tell(seen, row, Found(kind, "", (), (), f"not {assertion.name}"), assertion.name)

    def _count(self, served: Served, kind: EventKind, column: str, rows: int) -> None:
        self._events.labels(served.name, served.version, kind, column).add(rows)

    def _tell(self, seen: _Seen, row: int, found: Found, value: object) -> bool:
        """Tell of one event, if not too many were told of already."""
        if self._tell_left < 1:
            return False
        self._tell_left -= 1
        event = ModelEvent(
            id=uuid.uuid4().hex,
            time=seen.time,
            model=seen.served.name,
            version=seen.served.version,
            kind=found.kind,
            request=seen.id,
            row=row,
            column=found.column,
            expected=found.expected,
            value=str(value)[:_LONGEST_VALUE] if self._options.values else "",
            trace=seen.trace,
        )
        self._recent.add(event)
        if self._sinks:
            told = event.cloud_event()
            for sink in self._sinks:
                sink.emit(told)
        return True

    def _detector(self, served: Served) -> Detector:
        # The model itself is not held: it must go when it is unloaded.
        names, token = (served.name, served.version), (id(served), served.digest, served.load_seconds)
        known = self._detectors.get(names)
        if known is None or known[0] != token:
            if len(self._detectors) >= _MOST_DETECTORS:  # versions come and go
                self._detectors.clear()
            known = self._detectors[names] = token, Detector(served.model, self._options)
        return known[1]


def _outliers(looked: Sequence[_Seen], ends: Sequence[int]) -> Iterator[Found]:
    """The rows called outliers: by the model's judge, or by a detector in a graph, in tags as ``node.outlier``."""
    rows: dict[str, list[int]] = {}
    for seen, end in zip(looked, ends, strict=True):
        own = None if seen.prediction is None else seen.prediction.outliers
        if own is not None and own.count:
            flagged = [end - seen.rows + row for row, flag in enumerate(own.flags[: seen.rows]) if flag]
            rows.setdefault("", []).extend(flagged)
        for tag, said in ({} if seen.prediction is None else seen.prediction.tags).items():
            node, _, output = tag.rpartition(".")
            if node and output == EventKind.OUTLIER:
                flags = said if isinstance(said, list) else [said]
                rows.setdefault(node, []).extend(
                    end - seen.rows + row for row, flag in enumerate(flags[: seen.rows]) if flag is True
                )
    for node, found in rows.items():
        if found:
            yield Found(EventKind.OUTLIER, node, found, [node] * len(found), "a row like those of training")


def _part(prediction: Prediction, rows: int) -> Part:
    """The first rows of an answer, and what the model itself said of them."""
    answered = prediction.answered
    outputs = prediction.outputs if answered is None else answered.own
    if rows == prediction.rows:
        return Part(prediction.columns, outputs)
    return Part(
        {name: values[:rows] for name, values in prediction.columns.items()},
        {name: values[:rows] for name, values in outputs.items()},
    )
