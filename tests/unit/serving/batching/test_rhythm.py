"""When it pays to wait, shown on a model of time: nothing here takes any."""

import heapq
import random
import statistics
from collections.abc import Callable, Iterator
from itertools import count

import pytest

from mainspring.serving.batching.rhythm import Rhythm

FIXED, ROW, MOST = 0.005, 20e-6, 64


class Simulation:
    """One model that takes 5 ms and 20 µs per row, and requests of one row."""

    def __init__(self, *, waits: bool) -> None:
        self.rhythm = Rhythm()
        self.waits = waits
        self.queue: list[float] = []
        self.computing: list[float] = []
        self.times: list[float] = []
        self.sizes: list[int] = []
        self.paused = 0.0
        self._events: list[tuple[float, int, str]] = []
        self._numbers = count()
        self.more: Callable[[float, int], Iterator[float]] = lambda _now, _answered: iter(())

    def at(self, time: float, what: str) -> None:
        heapq.heappush(self._events, (time, next(self._numbers), what))

    def run(self, until: float) -> None:
        while self._events and self._events[0][0] < until:
            now, _, what = heapq.heappop(self._events)
            if what == "request":
                self.queue.append(now)
                self.rhythm.arrived(now, len(self.queue) + len(self.computing), self.cost)
            elif what == "done":
                spent = [now - since for since in self.computing]
                self.times += spent
                self.computing = []
                self.rhythm.finished(now, len(spent), sum(spent))
                for time in self.more(now, len(spent)):
                    self.at(time, "request")
            self.start(now)

    @property
    def cost(self) -> float:
        return FIXED + ROW * max(1, len(self.queue))

    def start(self, now: float) -> None:
        if self.computing or not self.queue:
            return
        until = now
        if self.waits and len(self.queue) < MOST:
            until = min(self.rhythm.wait_until(now, len(self.queue), self.cost), self.queue[0] + 0.01)
        if until > now + 1e-9:
            self.paused += until - now
            self.at(until, "look")
            return
        self.computing, self.queue = self.queue[:MOST], self.queue[MOST:]
        self.sizes.append(len(self.computing))
        self.rhythm.started(len(self.queue) + len(self.computing))
        self.at(now + FIXED + ROW * len(self.computing), "done")


def asking_again(callers: int, *, waits: bool, seconds: float = 20.0) -> Simulation:
    """Callers that ask again as soon as they are answered."""
    chance = random.Random(1)
    found = Simulation(waits=waits)
    found.more = lambda now, answered: (
        now + 30e-6 * (place + 1) + chance.uniform(1e-4, 4e-4) for place in range(answered)
    )
    for _ in range(callers):
        found.at(chance.uniform(0, 1e-3), "request")
    found.run(seconds)
    return found


def independent(rate: float, *, waits: bool, seconds: float = 20.0) -> Simulation:
    """Requests that know nothing of each other."""
    chance = random.Random(1)
    found = Simulation(waits=waits)
    time = 0.0
    while time < seconds:
        time += chance.expovariate(rate)
        found.at(time, "request")
    found.run(seconds)
    return found


@pytest.mark.parametrize("callers", [2, 8, 32])
def test_callers_that_come_back_are_waited_for(callers: int) -> None:
    with_waiting, without = asking_again(callers, waits=True), asking_again(callers, waits=False)
    assert statistics.mean(without.sizes) <= callers / 2 + 0.5
    assert statistics.mean(with_waiting.sizes) > 0.95 * callers
    # In the best case all come back within this time after each batch.
    best = callers / (FIXED + ROW * callers + callers * 30e-6 + 4e-4)
    assert len(with_waiting.times) / 20 > 0.93 * best
    assert len(with_waiting.times) > 1.4 * len(without.times)


@pytest.mark.parametrize("rate", [20, 100, 400, 1000, 3000, 8000])
def test_requests_that_come_independently_are_not_held_up(rate: float) -> None:
    with_waiting, without = independent(rate, waits=True), independent(rate, waits=False)
    assert statistics.mean(with_waiting.times) < 1.03 * statistics.mean(without.times)


def test_whoever_is_alone_never_waits() -> None:
    assert asking_again(1, waits=True).paused == 0.0


def test_it_is_noticed_when_callers_stay_away() -> None:
    chance = random.Random(1)
    found = Simulation(waits=True)
    left = 31

    def more(now: float, answered: int) -> Iterator[float]:
        for place in range(answered):
            if now < 5 or place == 0:
                yield now + 30e-6 * (place + 1) + chance.uniform(1e-4, 4e-4)

    found.more = more
    for _ in range(left + 1):
        found.at(chance.uniform(0, 1e-3), "request")
    found.run(5.1)
    found.paused = 0.0
    found.run(10)
    assert found.paused == 0.0
    assert found.sizes[-1] == 1


def test_a_quick_model_gathers_only_if_the_next_request_is_near() -> None:
    rhythm = Rhythm()
    assert not rhythm.hurried(0.0)
    for turn in range(50):
        rhythm.arrived(turn * 1e-3, 1, 1e-4)
        rhythm.finished(turn * 1e-3 + 1e-4, 1, 1e-4)
    assert not rhythm.hurried(1e-4)
    for turn in range(50):
        rhythm.arrived(1 + turn * 1.1e-4, 1, 1e-4)
        rhythm.finished(1 + turn * 1.1e-4 + 1e-4, 1, 1e-4)
    assert rhythm.hurried(1e-4)
