"""Counters, gauges and histograms: bound to their labels once, then cheap enough for every request.

A small module of our own, because a server that answers in tens of microseconds needs buckets below a
millisecond and an observation that costs well under one, and several processes need figures that add up.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

from mainspring.core.clock import now
from mainspring.serving.telemetry.arena import Arena, Place
from mainspring.serving.telemetry.families import EXEMPLAR_WORDS, OVERFLOW, Family, LabelValues


class Count:
    """A number that only grows, of one set of label values. Safe for threads."""

    __slots__ = ("_lock", "_place")

    def __init__(self, lock: threading.Lock, place: Place) -> None:
        self._lock, self._place = lock, place

    def add(self, by: float = 1.0) -> None:
        """Grow by an amount."""
        with self._lock:
            place = self._place
            place.numbers[place.at] += by

    def rise_to(self, value: float) -> None:
        """Grow to a number that something else counts; a smaller one changes nothing."""
        with self._lock:
            place = self._place
            if value > place.numbers[place.at]:
                place.numbers[place.at] = value

    @property
    def value(self) -> float:
        """The number, in this process."""
        return self._place.numbers[self._place.at]


class Level:
    """A number that rises and falls, of one set of label values. Safe for threads."""

    __slots__ = ("_lock", "_place")

    def __init__(self, lock: threading.Lock, place: Place) -> None:
        self._lock, self._place = lock, place

    def set(self, value: float) -> None:
        """Say what it is now."""
        self._place.numbers[self._place.at] = value

    def add(self, by: float = 1.0) -> None:
        """Rise by an amount, or fall by a negative one."""
        with self._lock:
            place = self._place
            place.numbers[place.at] += by

    @property
    def value(self) -> float:
        """The number, in this process."""
        return self._place.numbers[self._place.at]


class Spread:
    """How often a figure fell into each bucket, of one set of label values. Safe for threads."""

    __slots__ = ("_bounds", "_lock", "_place", "_sum")

    def __init__(self, lock: threading.Lock, place: Place, bounds: tuple[float, ...]) -> None:
        self._lock, self._place, self._bounds = lock, place, bounds
        self._sum = len(bounds) + 1

    def observe(self, value: float) -> None:
        """Count one figure; a bound belongs to the bucket below it."""
        bucket = bisect_left(self._bounds, value)
        with self._lock:
            place = self._place
            numbers, at = place.numbers, place.at
            numbers[at + bucket] += 1.0
            numbers[at + self._sum] += value

    def remember(self, value: float, trace: bytes) -> None:
        """Keep an observation as the example of its bucket.

        Args:
            value: What was observed.
            trace: The trace id, 16 bytes.
        """
        bucket = bisect_left(self._bounds, value)
        with self._lock:
            place = self._place
            at = place.at + self._sum + 1 + EXEMPLAR_WORDS * bucket
            place.numbers[at] = 0.0  # not to be read until it is whole
            place.numbers[at + 1] = value
            place.chunk[8 * at + 16 : 8 * at + 32] = trace
            place.numbers[at] = now()

    @property
    def count(self) -> float:
        """How many figures were counted, in this process."""
        at = self._place.at
        return sum(self._place.numbers[at : at + self._sum])


def count_together(
    lock: threading.Lock, counts: Iterable[tuple[Count, float]], spreads: Iterable[tuple[Spread, float]]
) -> None:
    """Count much in one go: half the price of one by one.

    Args:
        lock: The lock of the arena that all of them lie in.
        counts: What grows, and by how much.
        spreads: What observes, and what.
    """
    with lock:
        for count, by in counts:
            place = count._place
            place.numbers[place.at] += by
        for spread, value in spreads:
            place = spread._place
            numbers, at = place.numbers, place.at
            numbers[at + bisect_left(spread._bounds, value)] += 1.0
            numbers[at + spread._sum] += value


One = TypeVar("One", bound=Count | Level | Spread)


class Metric(Generic[One]):
    """A metric in this process: gives the counter, level or spread of a set of label values. Safe for threads.

    Args:
        family: What it is.
        arena: Where its figures lie.
        make: Makes what counts at a place.
        overflowed: Told when a series had to be counted as ``overflow``.
    """

    def __init__(
        self, family: Family, arena: Arena, make: Callable[[Place], One], overflowed: Callable[[], None]
    ) -> None:
        self.family = family
        self._arena, self._make, self._overflowed = arena, make, overflowed
        self._places: dict[LabelValues, Place] = {}
        self._bound: dict[LabelValues, One] = {}
        self._lock = threading.Lock()
        self._rest = (OVERFLOW,) * len(family.labels)

    def labels(self, *values: str) -> One:
        """What counts for these label values, in the order of the family's labels; begins at 0.

        Once the metric has as many series as it may, or the values are too long, it is one series for all the
        rest.

        Raises:
            TypeError: If there are more or fewer values than labels.
        """
        found = self._bound.get(values)
        if found is not None:
            return found
        if len(values) != len(self.family.labels):
            names = ", ".join(self.family.labels) or "no labels"
            raise TypeError(f"{self.family.name} has the labels {names}; found {len(values)} values")
        with self._lock:
            return self._bind(values)

    def forget(self, values: LabelValues) -> None:
        """Take a series away; whoever still counts there counts for nobody."""
        with self._lock:
            if self._bound.pop(values, None) is not None:
                self._arena.remove(self._places.pop(values))

    def forget_all(self, label_values: Mapping[str, str]) -> None:
        """Take away every series with these values of these labels."""
        labels = self.family.labels
        if all(name in labels for name in label_values):
            wanted = [(labels.index(name), value) for name, value in label_values.items()]
            for values in self.known:
                if all(values[place] == value for place, value in wanted):
                    self.forget(values)

    @property
    def known(self) -> list[LabelValues]:
        """The label values of its series in this process."""
        return list(self._bound)

    def _bind(self, values: LabelValues) -> One:
        found = self._bound.get(values)
        if found is not None:
            return found
        full = len(self._bound) >= self.family.cap and values != self._rest
        try:
            place = None if full else self._arena.add(self.family, values)
        except ValueError:  # too long
            place = None
        if place is None:
            self._overflowed()
            return self._bind(self._rest)
        self._places[values] = place
        found = self._bound[values] = self._make(place)
        return found
