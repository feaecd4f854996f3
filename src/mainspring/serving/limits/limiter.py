"""Who may come in, and who has to wait."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mainspring.serving.call import Call
from mainspring.serving.limits.deadlines import MILLISECONDS, SECONDS, earlier, timeout_of
from mainspring.serving.limits.flow import Flow
from mainspring.serving.limits.options import LimitOptions, ModelLimits
from mainspring.serving.limits.room import Rate, Room
from mainspring.serving.problems import BusyError, RetryError, TooLargeError


@dataclass(slots=True)
class LimitCounts:
    """Requests that were sent away. Numbers that only grow.

    Attributes:
        overloaded: Too many were under way.
        busy: Too many had come in too short a time.
        large: They had too many rows.
    """

    overloaded: int = 0
    busy: int = 0
    large: int = 0


class Limiter:
    """Keeps a server and its models within their limits. For the thread of one event loop.

    Args:
        options: The limits of the server.
        limits_of: Gives the limits of a model by name, if it has any. They may change between calls.
        folder: What all processes of the server share, so that they keep rates together; ``None`` if it has one.

    Attributes:
        counts: Who was sent away.
    """

    def __init__(
        self,
        options: LimitOptions | None = None,
        limits_of: Callable[[str], ModelLimits | None] | None = None,
        *,
        folder: Path | None = None,
    ) -> None:
        options = options or LimitOptions()
        self._timeout, self._limits_of = options.timeout, limits_of
        self._folder = folder
        self._server = Room("", Flow(time.perf_counter()), folder)
        self._server.adopt(
            ModelLimits(max_requests=options.max_requests, max_rows=options.max_rows, rates=options.rates)
        )
        self._alone = (self._server,)
        self._rooms: dict[str, tuple[Room, Room]] = {}
        self.counts = LimitCounts()

    @property
    def inside(self) -> int:
        """How many requests are under way."""
        return self._server.inside

    def enter(self, call: Call) -> None:
        """Let a request in, once it is known what answers it; it has to :meth:`leave`.

        Its deadline is brought forward to what its headers and the server say.

        Raises:
            OverloadedError: If too many requests are under way.
            BusyError: If too many came in too short a time.
            MalformedError: If a header says nonsense about its time.
        """
        rooms = self._rooms_of(call)
        rates: tuple[Rate, ...] = ()
        for room in rooms:
            if room.inside >= (room.limits.max_requests or math.inf):
                self.counts.overloaded += 1
                raise room.refusal(time.perf_counter())
            rates += room.per_request
        headers = call.headers
        seconds = timeout_of(headers) if SECONDS in headers or MILLISECONDS in headers else None
        if seconds is not None:
            call.deadline = earlier(call.deadline, call.arrived + seconds)
        if self._timeout is not None:
            call.deadline = earlier(call.deadline, call.arrived + self._timeout)
        if rates:
            self._pay(call, rates, 1, time.perf_counter())
        for room in rooms:
            room.inside += 1
        call.entered = rooms

    def enter_model(self, call: Call) -> None:
        """Let in a part of a request that is inside: the limits of its model hold; it has to :meth:`leave`.

        Raises:
            OverloadedError: If the model has too many requests under way.
            BusyError: If too many came for it in too short a time.
        """
        rooms = self._rooms_of(call)[1:]
        for room in rooms:
            if room.inside >= (room.limits.max_requests or math.inf):
                self.counts.overloaded += 1
                raise room.refusal(time.perf_counter())
            if room.per_request:
                self._pay(call, room.per_request, 1, time.perf_counter())
            room.inside += 1
        call.entered = rooms

    def measure(self, call: Call, rows: int) -> None:
        """See whether a request that is inside has too many rows.

        Raises:
            TooLargeError: If it has more than are ever allowed.
            BusyError: If too many came in too short a time.
        """
        rates: tuple[Rate, ...] = ()
        for room in call.entered:
            if not isinstance(room, Room) or not (room.per_row or room.limits.max_rows):
                continue
            rates += room.per_row
            most = min([rate.buckets.burst for rate in room.per_row], default=rows)
            if room.limits.max_rows:
                most = min(most, room.limits.max_rows)
            if rows > most:
                self.counts.large += 1
                raise _too_large(rows, int(most), room.name)
        if rates:
            self._pay(call, rates, rows, time.perf_counter())

    def turns(self, call: Call) -> Room | None:
        """Where a request that is inside has to wait for its turn to be computed; ``None`` if it need not."""
        room = call.entered[-1] if call.entered else None
        return room if isinstance(room, Room) and room.limits.max_concurrency else None

    def leave(self, call: Call) -> None:
        """A request is finished, well or badly. Nothing happens if it was not let in."""
        if call.entered:
            now = call.ended or time.perf_counter()
            for room in call.entered:
                if isinstance(room, Room):
                    room.inside -= 1
                    room.flow.finished(now)
            call.entered = ()

    def _pay(self, call: Call, rates: Sequence[Rate], tokens: int, now: float) -> None:
        keys = [_payer(rate, call) for rate in rates]
        wait = max([rate.buckets.wait(key, tokens, now) for rate, key in zip(rates, keys, strict=True)])
        if wait > 0:
            self.counts.busy += 1
            raise _busy(tokens, wait)
        for rate, key in zip(rates, keys, strict=True):
            rate.buckets.take(key, tokens, now)

    def _rooms_of(self, call: Call) -> tuple[Room, ...]:
        served = call.served
        limits = None if served is None or self._limits_of is None else self._limits_of(served.name)
        if served is None or limits is None:
            return self._alone
        rooms = self._rooms.get(served.name)
        if rooms is None:
            room = Room(served.name, Flow(time.perf_counter()), self._folder)
            rooms = self._rooms[served.name] = (self._server, room)
        if rooms[1].limits is not limits:
            rooms[1].adopt(limits)
        return rooms


def _payer(rate: Rate, call: Call) -> str:
    """Whose bucket a request is paid from."""
    if rate.by == "everybody":
        return ""
    if rate.by == "caller" and call.caller is not None and call.caller.name:
        return f"caller {call.caller.name}"
    return call.peer or ""


def _busy(tokens: int, wait: float) -> RetryError:
    what = "requests" if tokens == 1 else "rows"
    return BusyError(
        f"more {what} came than this caller or this model may be asked",
        fix=f"ask again in {max(wait, 0.001):.3g} seconds, and less often from then on",
    ).after(wait)


def _too_large(rows: int, most: int, model: str) -> TooLargeError:
    return TooLargeError(
        f"the request has {rows} rows",
        expected=f"at most {most}",
        where=f"model {model}" if model else None,
        fix="send fewer rows at a time",
    )
