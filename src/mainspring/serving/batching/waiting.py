"""Requests that wait to be computed, by kind and by level."""

from __future__ import annotations

import math
from asyncio import Future
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TypeAlias

from mainspring.serving.batching.joining import Arrays, Kind
from mainspring.serving.prediction import Inputs


@dataclass(slots=True)
class Batched:
    """The answer to a request that may have been computed with others.

    Attributes:
        outputs: One array per output, with the rows of the request.
        queue: Seconds that it waited.
        compute: Seconds that its batch was computed.
        rows: Rows of that batch.
    """

    outputs: Arrays
    queue: float
    compute: float
    rows: int


@dataclass(slots=True, eq=False)
class Waiting:
    """A request that waits.

    Attributes:
        inputs: What it asks.
        kind: With which others it may be computed.
        level: Its level, 1 being the highest.
        since: When it came, by ``time.perf_counter``.
        deadline: When it has waited too long, by the same clock.
        answer: Its answer, as soon as there is one.
        order: The how-manieth it is in its line; a new one when it is told to let others go first.
    """

    inputs: Inputs
    kind: Kind
    level: int
    since: float
    deadline: float
    answer: Future[Batched]
    order: int = 0


_LANES = 16
"""So many lanes are kept though nobody waits in them."""

_Step: TypeAlias = OrderedDict[int, Waiting]
"""Requests of one kind that go one after the other, by their order; one in the middle can leave at once."""


class Line:
    """All that wait for one model. For one thread.

    Each kind has a lane of its own, and a lane has two steps for each level: those that wait, and those that have
    waited too long and let the others go first.

    Args:
        levels: How many levels of priority there are.
        in_order: Whether a request must not be overtaken by one of its level that came later, of whatever kind.
    """

    def __init__(self, levels: int = 1, *, in_order: bool = False) -> None:
        self._levels, self._in_order = levels, in_order
        self._lanes: dict[Kind, list[_Step]] = {}
        self._rows = [0] * (levels + 1)
        self._orders = 0
        self._due: list[tuple[float, int]] = []
        self._timed: dict[int, Waiting] = {}
        self.rows = 0
        self.requests = 0

    @property
    def earliest(self) -> float:
        """When the first of those who wait has waited too long; perhaps earlier, if it is gone."""
        return self._due[0][0] if self._due else math.inf

    def rows_of(self, level: int) -> int:
        """How many rows wait at a level."""
        return self._rows[level]

    def add(self, one: Waiting) -> None:
        """Let a request wait."""
        self._append(one, 2 * one.level - 2)
        if one.deadline < math.inf:
            # What is due is kept apart from what waits: whoever is answered must not be kept until then.
            self._timed[one.order] = one
            heappush(self._due, (one.deadline, one.order))

    def leave(self, one: Waiting) -> bool:
        """Let a request wait no longer; whether it did."""
        for step in self._lanes.get(one.kind, ())[2 * one.level - 2 : 2 * one.level]:
            if step.pop(one.order, None) is not None:
                self._timed.pop(one.order, None)
                self._count(one, -1)
                if not self.requests and len(self._lanes) > _LANES:
                    self._lanes.clear()
                return True
        return False

    def delay(self, one: Waiting) -> None:
        """Let a request that waits go after all others of its level."""
        if self.leave(one):
            one.deadline = math.inf
            self._append(one, 2 * one.level - 1)

    def oldest(self) -> float:
        """Since when the request waits that goes first; there must be one."""
        return next(self._in_turn(self._best())).since

    def take(self, limit: int, preferred: Sequence[int] = ()) -> list[Waiting]:
        """The next batch, of one kind; empty if nobody waits.

        Args:
            limit: The most rows; the first request is taken in any case.
            preferred: If the batch can be cut to one of these sizes, it is, and the rest waits on.
        """
        if not self.requests:
            return []
        batch: list[Waiting] = []
        rows = cut = 0
        for one in self._in_turn(self._best()):
            if batch and rows + one.inputs.rows > limit:
                break
            batch.append(one)
            rows += one.inputs.rows
            if rows in preferred:
                cut = len(batch)
        batch = batch[: cut or None]
        for one in batch:
            self.leave(one)
        return batch

    def overdue(self, now: float) -> list[Waiting]:
        """Those that have waited too long. They wait on until they :meth:`leave`, or are told to :meth:`delay`."""
        found = []
        while self._due and (self._due[0][0] <= now or self._due[0][1] not in self._timed):
            one = self._timed.pop(heappop(self._due)[1], None)
            if one is not None:
                found.append(one)
        return found

    def clear(self) -> list[Waiting]:
        """Everybody, who waits no longer."""
        found = list(self._all())
        for one in found:
            self.leave(one)
        return found

    def _append(self, one: Waiting, step: int) -> None:
        lane = self._lanes.get(one.kind)
        if lane is None:
            lane = self._lanes[one.kind] = [OrderedDict() for _ in range(2 * self._levels)]
        self._orders += 1
        one.order = self._orders
        lane[step][one.order] = one
        self._count(one, 1)

    def _all(self) -> Iterator[Waiting]:
        return (one for lane in self._lanes.values() for step in lane for one in step.values())

    def _best(self) -> Kind:
        """The kind whose first request goes first; lanes of which nobody is left are closed on the way."""
        if len(self._lanes) == 1:
            return next(iter(self._lanes))
        firsts = {kind: _first(lane) for kind, lane in self._lanes.items()}
        self._lanes = {kind: lane for kind, lane in self._lanes.items() if firsts[kind] is not None}
        return min(self._lanes, key=lambda kind: firsts[kind] or _NOBODY)

    def _in_turn(self, kind: Kind) -> Iterator[Waiting]:
        others = (
            [_first(lane) for other, lane in self._lanes.items() if other is not kind] if self._in_order else []
        )
        stop = min([first for first in others if first is not None], default=_NOBODY)
        for place, step in enumerate(self._lanes[kind]):
            for order, one in step.items():
                if (place, order) > stop:
                    return
                yield one

    def _count(self, one: Waiting, sign: int) -> None:
        rows = sign * one.inputs.rows
        self._rows[one.level] += rows
        self.rows += rows
        self.requests += sign


_NOBODY = (math.inf, math.inf)


def _first(lane: Sequence[_Step]) -> tuple[float, float] | None:
    """Step and order of the request that goes first in a lane."""
    for place, step in enumerate(lane):
        if step:
            return place, next(iter(step))
    return None
