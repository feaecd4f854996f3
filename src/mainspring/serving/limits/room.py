"""What is limited together: all requests of a server, or all of one model."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

from mainspring.serving.limits.buckets import Buckets
from mainspring.serving.limits.flow import Flow
from mainspring.serving.limits.options import ModelLimits, RateLimit
from mainspring.serving.limits.shared_buckets import SharedBuckets
from mainspring.serving.problems import OverloadedError, RetryError


class Rate:
    """How often may be asked, with the buckets of those who ask.

    Args:
        limit: How often.
        file: Where the buckets lie, if several processes share them.

    Attributes:
        by: Who shares a bucket.
        buckets: The buckets.
    """

    __slots__ = ("buckets", "by")

    def __init__(self, limit: RateLimit, file: Path | None = None) -> None:
        self.by = limit.by
        burst = limit.burst or max(limit.per_second, 1.0)
        self.buckets: Buckets | SharedBuckets = (
            Buckets(limit.per_second, burst) if file is None else SharedBuckets(file, limit.per_second, burst)
        )


@dataclass(slots=True, eq=False)
class Room:
    """Where requests are, for as long as they are under way.

    Attributes:
        name: Of the model; empty for the server.
        flow: How fast requests are being finished.
        folder: What all processes of the server share; ``None`` if it has but one.
        limits: What may be in it.
        per_request: How often requests may come.
        per_row: How often rows may come.
        inside: Requests in it.
        computed: Requests that have their turn to be computed.
        waiting: Requests that wait for theirs, in order.
    """

    name: str
    flow: Flow
    folder: Path | None = None
    limits: ModelLimits = field(default_factory=ModelLimits)
    per_request: tuple[Rate, ...] = ()
    per_row: tuple[Rate, ...] = ()
    inside: int = 0
    computed: int = 0
    waiting: OrderedDict[int, asyncio.Future[None]] = field(default_factory=OrderedDict)

    def adopt(self, limits: ModelLimits) -> None:
        """Take over other limits; whoever is inside stays."""
        before, self.limits = self.limits, limits
        if limits.rates != before.rates:
            rates = [(one, Rate(one, self._file(place, one))) for place, one in enumerate(limits.rates)]
            self.per_request = tuple(rate for one, rate in rates if one.unit == "requests")
            self.per_row = tuple(rate for one, rate in rates if one.unit == "rows")
        self._call_up()

    def refusal(self, now: float) -> RetryError:
        """Why nobody else is let in, and when there should be room."""
        return OverloadedError(
            f"{self.inside} requests are under way",
            expected=f"fewer than {self.limits.max_requests}",
            where=f"model {self.name}" if self.name else None,
            fix="ask again a little later",
        ).after(self.flow.drain(self.inside, now))

    async def turn(self) -> None:
        """Wait until it is one's turn to be computed; :meth:`done` ends it."""
        most = self.limits.max_concurrency
        if not most or self.computed < most:
            self.computed += 1
            return
        future = asyncio.get_running_loop().create_future()
        self.waiting[id(future)] = future
        try:
            await future
        except BaseException:
            if self.waiting.pop(id(future), None) is None and not future.cancelled():
                self.done()  # it was called up, and leaves
            raise

    def done(self) -> None:
        """One's turn is over."""
        self.computed -= 1
        self._call_up()

    def _file(self, place: int, limit: RateLimit) -> Path | None:
        """Where the buckets of a limit lie; all processes find the same, and other figures are in another."""
        if self.folder is None:
            return None
        told = repr((self.name, place, limit)).encode()
        return self.folder / f"rate-{hashlib.blake2b(told, digest_size=16).hexdigest()}"

    def _call_up(self) -> None:
        most = self.limits.max_concurrency
        while self.waiting and (not most or self.computed < most):
            _, future = self.waiting.popitem(last=False)
            if not future.done():
                self.computed += 1
                future.set_result(None)
