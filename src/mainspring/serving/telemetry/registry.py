"""All metrics of a process, and with them those of the other processes of its server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from mainspring.core.clock import Clock, now
from mainspring.serving.telemetry.arena import Arena, Place
from mainspring.serving.telemetry.exposition import CONTENT_TYPES, Shown, exposition, negotiated, shown
from mainspring.serving.telemetry.families import Family, LabelValues
from mainspring.serving.telemetry.files import ProcessFile
from mainspring.serving.telemetry.folding import KEEP_SECONDS, Gathering
from mainspring.serving.telemetry.metrics import Count, Level, Metric, Spread
from mainspring.serving.telemetry.reading import Reader
from mainspring.serving.telemetry.snapshot import Snapshot

Figures: TypeAlias = Mapping[LabelValues, float]

View: TypeAlias = Callable[[Snapshot], Iterable[Shown]]
"""Shows the same figures under other names."""

OVERFLOWED = Family(
    name="mainspring_metrics_overflow_total",
    kind="counter",
    text="Times that a metric had no room for another series.",
    labels=("metric",),
)


@dataclass(frozen=True, slots=True)
class Exposition:
    """What ``/metrics`` answers.

    Attributes:
        body: The text, in UTF-8.
        content_type: Of the body.
    """

    body: bytes
    content_type: str


class Registry:
    """The metrics of a process. Safe for threads.

    Args:
        folder: The folder of the server's run, shared by its processes; ``None`` for a process of its own.
        views: Other names under which the figures are shown, too.
        keep: How long figures of dead processes are kept for a model version that no living one serves.

    Raises:
        UnavailableError: If there is no room in the folder.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        views: Iterable[View] = (),
        keep: float = KEEP_SECONDS,
        clock: Clock = now,
    ) -> None:
        self._file = None if folder is None else ProcessFile(folder, clock=clock)
        self._arena = Arena(clock=clock) if self._file is None else self._file.arena
        self._gathering = None if self._file is None else Gathering(self._file, keep=keep, clock=clock)
        self._own = Reader(self._arena)
        self._views = tuple(views)
        self._counters: dict[str, Metric[Count]] = {}
        self._gauges: dict[str, Metric[Level]] = {}
        self._histograms: dict[str, Metric[Spread]] = {}
        self._watched: list[Callable[[], None]] = []
        self._lock, self._reading = threading.Lock(), threading.Lock()
        self._overflowed: Metric[Count] = Metric(OVERFLOWED, self._arena, self._count, lambda: None)

    @property
    def lock(self) -> threading.Lock:
        """What whoever counts several things in one go holds; see :func:`metrics.count_together`."""
        return self._arena.lock

    @property
    def processes(self) -> int:
        """How many processes of the server are alive."""
        return 1 if self._gathering is None else self._gathering.alive()

    def counter(self, family: Family) -> Metric[Count]:
        """The counter of this family, made at the first call."""
        with self._lock:
            found = self._counters.get(family.name)
            if found is None:
                self._check(family, "counter")
                found = self._counters[family.name] = Metric(
                    family, self._arena, self._count, lambda: self._overflow(family)
                )
            return found

    def gauge(self, family: Family) -> Metric[Level]:
        """The gauge of this family, made at the first call."""
        with self._lock:
            found = self._gauges.get(family.name)
            if found is None:
                self._check(family, "gauge")
                lock = self._arena.lock
                found = self._gauges[family.name] = Metric(
                    family, self._arena, lambda place: Level(lock, place), lambda: self._overflow(family)
                )
            return found

    def histogram(self, family: Family) -> Metric[Spread]:
        """The histogram of this family, made at the first call."""
        with self._lock:
            found = self._histograms.get(family.name)
            if found is None:
                self._check(family, "histogram")
                lock = self._arena.lock
                found = self._histograms[family.name] = Metric(
                    family,
                    self._arena,
                    lambda place: Spread(lock, place, family.bounds),
                    lambda: self._overflow(family),
                )
            return found

    def watch(self, family: Family, read: Callable[[], Figures]) -> None:
        """Show a counter or gauge that something else keeps: it is asked at every :meth:`refresh`.

        A series of a gauge that is no longer told of is taken away; that of a counter stays.
        """
        if family.kind == "counter":
            counter = self.counter(family)
            self._watched.append(lambda: _raise(counter, read()))
        else:
            gauge = self.gauge(family)
            self._watched.append(lambda: _set(gauge, read()))

    def refresh(self) -> None:
        """Ask what is watched, so that other processes see it."""
        for look in list(self._watched):
            look()

    def forget(self, label_values: Mapping[str, str]) -> None:
        """Take away every series of this process with these values of these labels."""
        for counter in list(self._counters.values()):
            counter.forget_all(label_values)
        for gauge in list(self._gauges.values()):
            gauge.forget_all(label_values)
        for histogram in list(self._histograms.values()):
            histogram.forget_all(label_values)

    def snapshot(self) -> Snapshot:
        """The figures of all processes, those of dead ones folded; this one is refreshed first."""
        with self._reading:
            self.refresh()
            if self._gathering is not None:
                self._gathering.fold()
                return self._gathering.snapshot()
            result = Snapshot()
            self._own.read(result)
            return result

    def exposition(self, accept: str | None = None) -> Exposition:
        """The figures of all processes as text.

        Args:
            accept: The header ``Accept`` of whoever asks: OpenMetrics or, by default, the Prometheus text format.
        """
        form = negotiated(accept)
        snapshot = self.snapshot()
        metrics = [*shown(snapshot), *(one for view in self._views for one in view(snapshot))]
        return Exposition(exposition(metrics, form), CONTENT_TYPES[form])

    def close(self) -> None:
        """Ask what is watched a last time, and let go of the file: the next reader folds it."""
        self.refresh()
        if self._file is not None:
            self._file.close()

    def _check(self, family: Family, kind: str) -> None:
        taken = family.name in self._counters or family.name in self._gauges or family.name in self._histograms
        if family.kind != kind or taken:
            raise TypeError(f"{family.name} is a {family.kind}, and is used as a {kind}")

    def _count(self, place: Place) -> Count:
        return Count(self._arena.lock, place)

    def _overflow(self, family: Family) -> None:
        self._overflowed.labels(family.name).add()


def _raise(counter: Metric[Count], figures: Figures) -> None:
    for values, figure in figures.items():
        counter.labels(*values).rise_to(figure)


def _set(gauge: Metric[Level], figures: Figures) -> None:
    for values in set(gauge.known) - figures.keys():
        gauge.forget(values)
    for values, figure in figures.items():
        gauge.labels(*values).set(figure)
