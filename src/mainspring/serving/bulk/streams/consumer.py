"""Reads messages, answers them in batches, publishes the answers, and acknowledges them after that."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import MainspringError, UnavailableError
from mainspring.serving.bulk.streams.current import Current
from mainspring.serving.bulk.streams.messages import Answering, Asked, answer, failure, read
from mainspring.serving.bulk.streams.ports import Broker, Lag, Message, Reply
from mainspring.serving.prediction import Inputs, Prediction
from mainspring.serving.predictor import ModelError, Predictor

_LOG = logging.getLogger(__name__)

MOST_FAILED: Final = 100
"""After so many messages in a row on which the model fails, it is taken for broken: no more are thrown away."""

_WAIT: Final = 1.0
_LAG_SECONDS: Final = 5.0
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 15.0


@dataclass(slots=True)
class Consuming:
    """What a consumer did so far. It is read by others while it changes.

    Attributes:
        answered: Messages that were answered.
        rejected: Messages that could not be read, or that the model does not take.
        failed: Messages on which the model failed.
        given_up: Messages that were delivered too often without an answer.
        rows: Rows that were answered.
        batches: How often the model was asked.
        model_seconds: How long it ran.
        lag: How far the stream was ahead when it was last looked at.
        last: When a message came last, by ``time.monotonic``.
    """

    answered: int = 0
    rejected: int = 0
    failed: int = 0
    given_up: int = 0
    rows: int = 0
    batches: int = 0
    model_seconds: float = 0.0
    lag: Lag = field(default_factory=lambda: Lag(None, 0))
    last: float = field(default_factory=time.monotonic)

    @property
    def messages(self) -> int:
        """All messages that are done with."""
        return self.answered + self.rejected + self.failed + self.given_up


class Consumer:
    """Answers the messages of a stream until it is told to stop.

    While a batch is answered the next one is fetched, and no more: what is not read stays with the broker.

    Args:
        broker: Where messages come from and answers go.
        current: What answers.
        stream: The name of the stream, of which the ids of answers are made.
        most: How many messages are answered together at most.
        deliveries: A message that was delivered more often is given up: it may kill its readers.
        seen: Called after every batch.

    Attributes:
        done: What was done so far.
    """

    def __init__(
        self,
        broker: Broker,
        current: Current,
        *,
        stream: str,
        most: int = 256,
        deliveries: int = 5,
        seen: Callable[[Consuming], None] = lambda _: None,
    ) -> None:
        self.done = Consuming()
        self._broker, self._current, self._stream = broker, current, stream
        self._most, self._deliveries, self._seen = most, deliveries, seen
        self._stopping = asyncio.Event()
        self._held: dict[str, Message] = {}
        self._failures = 0

    def stop(self) -> None:
        """Answer what was fetched, and end."""
        self._stopping.set()

    async def stopped(self) -> None:
        """Wait until it is told to stop."""
        await self._stopping.wait()

    async def run(self, *, until_idle: float | None = None) -> Consuming:
        """Answer messages until :meth:`stop`.

        Args:
            until_idle: End by itself when no message came for so many seconds.

        Raises:
            ModelError: If the model fails on message after message; these go back to the stream.
            NotFoundError: If there is no such stream.
            UnavailableError: If the broker does not answer when it is asked first.
        """
        await asyncio.to_thread(lambda: self._current.model)
        beside: list[asyncio.Task[None]] = []
        try:
            await self._broker.open()
            beside += [asyncio.create_task(self._keep()), asyncio.create_task(self._watch())]
            await self._answer_all(until_idle)
        finally:
            self._stopping.set()
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await self._broker.close()
        return self.done

    async def _answer_all(self, until_idle: float | None) -> None:
        ahead: asyncio.Task[Sequence[Message]] | None = asyncio.create_task(self._fetch())
        try:
            while ahead is not None:
                messages = await ahead
                if messages:
                    self.done.last = time.monotonic()
                idle = until_idle is not None and time.monotonic() - self.done.last >= until_idle
                ending = self._stopping.is_set() or (idle and not messages)
                # Fetched while we work; what was fetched is answered even if we are told to stop meanwhile.
                ahead = None if ending else asyncio.create_task(self._fetch())
                if messages:
                    await self._settle(await asyncio.to_thread(self._answered, messages))
                    self._seen(self.done)
        finally:
            if ahead is not None:
                ahead.cancel()
                await asyncio.gather(ahead, return_exceptions=True)

    async def _fetch(self) -> Sequence[Message]:
        """The next messages; none if none came, or while the broker is away."""
        pause = _FIRST_PAUSE
        while True:
            try:
                messages = await self._broker.fetch(self._most, _WAIT)
            except UnavailableError as error:
                _LOG.warning("%s; trying again", error.found)
                if await self._stops_within(pause):
                    return []
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                self._held.update((one.id, one) for one in messages)
                return messages

    async def _settle(self, replies: Sequence[Reply]) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                await self._broker.settle(replies)
            except UnavailableError as error:
                _LOG.warning("%s; trying again", error.found)
                if await self._stops_within(pause):
                    return  # they are delivered again, and answered under the same ids
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                for one in replies:
                    self._held.pop(one.message.id, None)
                return

    async def _stops_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _keep(self) -> None:
        """Keep what is held, so that nobody else is given it while it is worked on."""
        while True:
            await asyncio.sleep(self._broker.claim / 3)
            if self._held:
                with contextlib.suppress(UnavailableError):
                    await self._broker.keep(list(self._held.values()))

    async def _watch(self) -> None:
        while True:
            with contextlib.suppress(UnavailableError):
                self.done.lag = await self._broker.lag()
            await asyncio.sleep(_LAG_SECONDS)

    def _answered(self, messages: Sequence[Message]) -> list[Reply]:
        """A reply to every message, in their order."""
        model = self._current.model
        by = Answering(self._stream, model.name, model.version)
        known = frozenset(field.name for field in model.inputs)
        replies: dict[str, Reply] = {}
        asked: list[tuple[Asked, Inputs]] = []
        for message in messages:
            if message.deliveries > self._deliveries:
                replies[message.id] = failure(message, _given_up(message), by)
                self.done.given_up += 1
                continue
            one: Asked | None = None
            try:
                one = read(message, known)
                asked.append((one, model.read(one.question)))
            except MainspringError as error:
                replies[message.id] = failure(message, error, by, asked=one)
                self.done.rejected += 1
        for (one, _), found in zip(asked, self._predicted(model, asked), strict=True):
            if isinstance(found, Prediction):
                replies[one.message.id] = answer(one, found, by)
            else:
                replies[one.message.id] = failure(one.message, found, by, asked=one)
        return [replies[message.id] for message in messages]

    def _predicted(
        self, model: Predictor, asked: Sequence[tuple[Asked, Inputs]]
    ) -> list[Prediction | MainspringError]:
        """The prediction for every message, or how the model failed on it."""
        if not asked:
            return []
        inputs = [one for _, one in asked]
        began = time.perf_counter()
        try:
            found: list[Prediction | MainspringError] = list(_together(model, inputs))
        except MainspringError:
            found = [_alone(model, one) for one in inputs]
        self.done.model_seconds += time.perf_counter() - began
        self.done.batches += 1
        failed = [one for one in found if isinstance(one, MainspringError)]
        self.done.failed += len(failed)
        self.done.answered += len(found) - len(failed)
        self.done.rows += sum(one.rows for one in found if isinstance(one, Prediction))
        self._failures = self._failures + len(failed) if len(failed) == len(found) else 0
        if self._failures >= MOST_FAILED:
            raise ModelError(
                f"the model fails on message after message: {failed[-1].found}",
                where=f"{model.name} {model.version}",
                fix="put the model right; nothing that it failed on since then was thrown away",
            )
        return found


def _together(model: Predictor, inputs: Sequence[Inputs]) -> Iterator[Prediction]:
    """Predictions for the rows of all messages, computed at once."""
    rows = sum(one.rows for one in inputs)
    outputs: Mapping[str, npt.NDArray[Any]] = {}
    began = time.perf_counter()
    if rows:
        some = [one for one in inputs if one.rows]
        columns = {name: np.concatenate([one.columns[name] for one in some]) for name in some[0].columns}
        outputs = model.compute(some[0].of(columns, rows))
    seconds = time.perf_counter() - began
    start = 0
    for one in inputs:
        if not one.rows:
            yield model.nothing(one)
            continue
        mine = {name: values[start : start + one.rows] for name, values in outputs.items()}
        yield model.finish(one, mine, seconds * one.rows / rows)
        start += one.rows


def _alone(model: Predictor, inputs: Inputs) -> Prediction | MainspringError:
    try:
        return next(_together(model, [inputs]))
    except MainspringError as error:
        return error


def _given_up(message: Message) -> MainspringError:
    return UnavailableError(
        f"the message was delivered {message.deliveries} times without an answer",
        expected="an answer: whoever read it may have been killed by it",
    )
