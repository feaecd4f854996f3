"""Streams over windows that may be given again: each row counts once, in the order of events."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.core.records import Value
from mainspring.monitoring.detectors.streaming import make_detector, streaming_detector
from mainspring.monitoring.ports import Detector

Floats = npt.NDArray[np.float64]

_LOOKED_BACK = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An alarm.

    Attributes:
        since: The beginning of the window that it lies in.
        at: When the row came that it was raised by, in seconds since the epoch.
        began: When the change began, as far as the items tell.
        place: Which item of the window it was.
        before: The mean of the items between the alarm before and the beginning of the change.
        after: The mean from there to the next alarm, or to the end.
    """

    since: float
    at: float
    began: float
    place: int
    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """The items of a window."""

    since: float
    values: Floats
    times: Floats


@dataclass(slots=True, kw_only=True)
class Replay:
    """A detector, and the items of the last windows, so that one of them can be taken again with more items.

    Attributes:
        settings: Those that the detector was made with.
        version: The version of the model whose answers are watched.
        start: The detector before the first of the windows that are kept.
        until: The beginning of the last window that is not kept any more.
        count: Items before those that are kept, since the last alarm.
        total: Their sum.
        parts: The windows that are kept, oldest first.
        told: Beginnings of windows whose alarms were told.
    """

    settings: Mapping[str, Any]
    version: str
    start: Mapping[str, Any]
    until: float | None = None
    count: int = 0
    total: float = 0.0
    parts: list[Part] = field(default_factory=list)
    told: list[float] = field(default_factory=list)

    @classmethod
    def anew(cls, kind: str, settings: Mapping[str, Any], version: str) -> Replay:
        """One that has seen nothing."""
        return cls(settings=settings, version=version, start=make_detector(kind, settings).as_dict())

    @property
    def last(self) -> float | None:
        """The beginning of the last window that was taken."""
        return self.parts[-1].since if self.parts else self.until

    def take(self, kind: str, part: Part, levels: Any, *, kept: int) -> list[Change]:
        """Take a window, for the first time or again, and give all alarms in the windows that are kept.

        Args:
            kind: The name of the detector.
            part: The window; it must not be one that is not kept any more.
            levels: Makes of items what their level is the mean of.
            kept: Items that are kept, about: at least the last window is.

        Raises:
            InputError: If the detector does not take the items; then nothing has been taken.
        """
        parts = sorted([*(one for one in self.parts if one.since != part.since), part], key=lambda one: one.since)
        detector: Detector = streaming_detector(kind).from_dict(self.start)
        values = np.concatenate([one.values for one in parts])
        alarms = detector.update_many(values)
        changes = self._changes(parts, alarms.tolist(), levels(values))
        self.parts = parts
        while len(self.parts) > 1 and sum(one.values.size for one in self.parts) > kept:
            self._let_go(kind, levels)
        return changes

    def tell(self, windows: Iterable[float]) -> None:
        """Remember windows whose alarms were told, as long as they are kept."""
        kept = {one.since for one in self.parts}
        self.told = sorted({*self.told, *windows} & kept)

    def _let_go(self, kind: str, levels: Any) -> None:
        """Keep the first window no more."""
        part = self.parts.pop(0)
        detector: Detector = streaming_detector(kind).from_dict(self.start)
        alarms = detector.update_many(part.values)
        self.start, self.until = detector.as_dict(), part.since
        figures = levels(part.values)
        if alarms.size:
            self.count, self.total, figures = 0, 0.0, figures[int(alarms[-1]) + 1 :]
        self.count, self.total = self.count + figures.size, self.total + float(figures.sum())
        self.tell(())

    def _changes(self, parts: Sequence[Part], alarms: list[int], levels: Floats) -> list[Change]:
        times = np.concatenate([one.times for one in parts])
        ends = np.cumsum([one.values.size for one in parts])
        found, begin, count, total = [], 0, self.count, self.total
        for alarm, following in zip(alarms, [*alarms, levels.size - 1][1:], strict=True):
            window = int(np.searchsorted(ends, alarm, side="right"))
            turn = begin + change_point(levels[begin : alarm + 1])
            before, items = float(levels[begin:turn].sum()) + total, turn - begin + count
            found.append(
                Change(
                    since=parts[window].since,
                    at=float(times[alarm]),
                    began=float(times[turn]),
                    place=alarm - int(ends[window]) + parts[window].values.size,
                    before=before / items if items else float("nan"),
                    after=float(levels[turn : following + 1].mean()),
                )
            )
            begin, count, total = alarm + 1, 0, 0.0
        return found

    def as_dict(self) -> dict[str, Value]:
        """Plain values."""
        return {
            "settings": dict(self.settings),
            "version": self.version,
            "start": dict(self.start),
            "until": self.until,
            "count": self.count,
            "total": self.total,
            "parts": [{"since": one.since, **_packed(one)} for one in self.parts],
            "told": list(self.told),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Replay:
        """The inverse of :meth:`as_dict`."""
        parts = [_unpacked(one) for one in value["parts"]]
        return cls(**{**value, "parts": parts, "told": list(value["told"])})


def change_point(levels: Floats) -> int:
    """Where the mean changes most likely: the place of the largest CUSUM statistic among the last items.

    For a split after *k* of *n* items it is *|S_k - k S_n / n| / sqrt(k (n - k))* (A. Sen, M. S. Srivastava, "On
    tests for detecting change in mean", Annals of Statistics 3, 1975).

    Example:
        >>> change_point(np.array([0.0, 0, 0, 0, 1, 1]))
        4
    """
    if levels.size < 2:
        return 0
    last = levels[-_LOOKED_BACK:]
    size = last.size
    sums, place = np.cumsum(last), np.arange(1, size)
    off = np.abs(sums[:-1] - place * (sums[-1] / size)) / np.sqrt(place * (size - place))
    return levels.size - size + int(off.argmax()) + 1


def _packed(part: Part) -> dict[str, Value]:
    """Items as text: many of them are alike, and times in their order are near to each other."""
    moments = np.rint((part.times - part.since) * 1e6).astype(np.int64)
    raw = part.values.astype("<f8").tobytes(), np.diff(moments, prepend=0).astype("<i8").tobytes()
    values, times = (base64.b64encode(zlib.compress(one, 6)).decode() for one in raw)
    return {"values": values, "times": times}


def _unpacked(value: Mapping[str, Any]) -> Part:
    raw = {name: zlib.decompress(base64.b64decode(value[name])) for name in ("values", "times")}
    moments = np.cumsum(np.frombuffer(raw["times"], dtype="<i8"))
    values = np.frombuffer(raw["values"], dtype="<f8").astype(np.float64)
    return Part(since=value["since"], values=values, times=value["since"] + moments / 1e6)
