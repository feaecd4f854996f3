"""Equal questions are computed once: those that come one after the other, and those that come together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple

from mainspring.core.errors import MainspringError, UnavailableError
from mainspring.serving.caching.keys import Keys
from mainspring.serving.caching.options import ModelCacheOptions
from mainspring.serving.caching.ports import Arrays, ResponseCache
from mainspring.serving.prediction import Inputs
from mainspring.serving.problems import CancelledError, DeadlineError, RetryError

_OWN = (CancelledError, DeadlineError, RetryError, UnavailableError)
"""Errors that say something about one caller or one moment, and nothing about the question."""


@dataclass(slots=True)
class CacheCounts:
    """How the questions to one version of a model have fared. Numbers that only grow.

    Attributes:
        hits: Answers that were remembered.
        misses: Answers that were not, and were computed.
        shared: Answers of a computation that was under way for an equal question.
        skipped: Questions that have no key, or too many rows.
        hit_seconds: Time that it took to find answers.
        miss_seconds: Time that it took to find out that there are none.
    """

    hits: int = 0
    misses: int = 0
    shared: int = 0
    skipped: int = 0
    hit_seconds: float = 0.0
    miss_seconds: float = 0.0


class Remembered(NamedTuple):
    """An answer.

    Attributes:
        outputs: The model's own; not to be changed.
        cached: Whether they were not computed for this question.
    """

    outputs: Arrays
    cached: bool


class _Flight:
    """A computation under way, and those who wait for it."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[Arrays | None]] = []

    def joined(self) -> asyncio.Future[Arrays | None]:
        """What it gives; ``None`` if it failed for a reason of its own."""
        future: asyncio.Future[Arrays | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        return future

    def land(self, outputs: Arrays | None) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_result(outputs)

    def fail(self, error: Exception) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_exception(error)


class Remembering:
    """Remembers the answers of one version of a model. For the thread of one event loop.

    Args:
        store: Where answers are kept.
        keys: The keys of that version.
        options: For how long.

    Attributes:
        counts: How the questions have fared.
    """

    def __init__(self, store: ResponseCache, keys: Keys, options: ModelCacheOptions | None = None) -> None:
        self._store, self._keys, self._options = store, keys, options or ModelCacheOptions()
        self._flights: dict[bytes, _Flight] = {}
        self.counts = CacheCounts()

    async def answer(self, inputs: Inputs, compute: Callable[[], Awaitable[Arrays]]) -> Remembered:
        """The outputs for a question: remembered ones, those of an equal question under way, or new ones.

        An error is never remembered. One of the model goes to all who ask the same at the time; one that concerns
        one caller alone, such as its deadline, does not: one of the others has it computed then.

        Args:
            inputs: The question.
            compute: Asks the model; called at most once.

        Raises:
            Exception: Whatever ``compute`` raises.
        """
        key = self._keys.of(inputs) if inputs.rows <= self._options.max_rows else None
        if key is None:
            self.counts.skipped += 1
            return Remembered(await compute(), cached=False)
        while (flight := self._flights.get(key)) is not None:
            outputs = await flight.joined()
            if outputs is not None:
                self.counts.shared += 1
                return Remembered(outputs, cached=True)
        return await self._lead(key, compute)

    async def _lead(self, key: bytes, compute: Callable[[], Awaitable[Arrays]]) -> Remembered:
        flight = self._flights[key] = _Flight()
        failed: Exception | None = None
        outputs: Arrays | None = None
        try:
            found = await self._find(key)
            outputs = _read_only(await compute()) if found is None else found
        except MainspringError as error:
            failed = None if isinstance(error, _OWN) else error
            raise
        finally:
            del self._flights[key]
            if failed is None:
                flight.land(outputs)
            else:
                flight.fail(failed)
        if found is None:
            self._store.put(key, outputs, self._options.ttl)
        return Remembered(outputs, cached=found is not None)

    async def _find(self, key: bytes) -> Arrays | None:
        began = time.perf_counter()
        found = await self._store.get(key)
        seconds = time.perf_counter() - began
        if found is None:
            self.counts.misses += 1
            self.counts.miss_seconds += seconds
        else:
            self.counts.hits += 1
            self.counts.hit_seconds += seconds
        return found


def _read_only(outputs: Arrays) -> Arrays:
    """Views that nobody can write to, since several get them."""
    shown = {name: array.view() for name, array in outputs.items()}
    for array in shown.values():
        array.setflags(write=False)
    return shown
