"""Having the rows of a request computed: remembered, together with others, in its turn, and in time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any, NamedTuple

import numpy.typing as npt

from mainspring.core.errors import InputError, MainspringError
from mainspring.serving.attending import Attending
from mainspring.serving.batching import Batcher
from mainspring.serving.caching import Keys, Remembering, ResponseCache
from mainspring.serving.call import Call
from mainspring.serving.limits import Limiter, in_time, within
from mainspring.serving.limits.deadlines import earlier
from mainspring.serving.limits.room import Room
from mainspring.serving.ports import Answering
from mainspring.serving.prediction import Inputs
from mainspring.serving.problems import status_of
from mainspring.serving.question import Question
from mainspring.serving.quickness import FEW_ROWS
from mainspring.serving.rollout.rolling import Rolling
from mainspring.serving.served import Served
from mainspring.serving.walking import walking


class Computed(NamedTuple):
    """What a model gave.

    Attributes:
        outputs: Its own outputs; not to be changed.
        seconds: How long it ran for this request, others that were computed with it included; 0 if it did not.
    """

    outputs: Mapping[str, npt.NDArray[Any]]
    seconds: float


class Engine:
    """Asks models. For the thread of one event loop.

    Args:
        pool: Where what is not quick is computed.
        limiter: Knows whose turn it is.
        store: Where answers are remembered; ``None`` for nowhere.
        rollouts: What chooses versions, by model, for parts of requests that name none; it may change.
    """

    def __init__(
        self,
        pool: Executor,
        limiter: Limiter,
        store: ResponseCache | None = None,
        rollouts: Mapping[str, Rolling] | None = None,
    ) -> None:
        self._pool, self._limiter, self._store = pool, limiter, store
        self._rollouts: Mapping[str, Rolling] = {} if rollouts is None else rollouts

    def prepare(self, served: Served) -> None:
        """Give a version that was just loaded what its options ask for."""
        counts = served.statistics

        def told(rows: int, seconds: float) -> None:
            counts.computed += 1

        served.pool = pool = Attending(self._pool, served.jobs)
        if served.batching is not None:
            served.batcher = Batcher(served.model, served.batching, pool=pool, told=told)
        if served.caching is not None and self._store is not None:
            keys = Keys(served.name, served.version, served.content)
            served.cache = Remembering(self._store, keys, served.caching)

    def ready(self, served: Served) -> None:
        """Give a version what its options ask for, if it does not have it yet."""
        if not served.prepared:
            self.prepare(served)
            served.prepared = True

    def is_plain(self, call: Call) -> bool:
        """Whether a call needs nothing but its model: nothing remembered, no others, no turn."""
        served = call.served
        return served is None or (
            served.batcher is None and served.cache is None and self._limiter.turns(call) is None
        )

    async def compute(self, call: Call, inputs: Inputs) -> Computed:
        """Compute at least one row. What becomes of it on the way is kept in the call.

        Raises:
            DeadlineError: If there is no answer in time.
            OverloadedError: If too many wait for the model.
            MainspringError: If the model fails.
        """
        if call.deadline is None:
            return await self._remembered(call, inputs)
        in_time(call.deadline, call.arrived)
        return await within(call.deadline, call.arrived, self._remembered(call, inputs))

    async def part(self, call: Call, inputs: Inputs) -> Computed:
        """Compute for a call that is a part of another one, which was let in: of a graph, for one of its members.

        If it names no version, the rollout of the model chooses what answers: that is in the call then.

        Raises:
            DeadlineError: If there is no answer in time.
            OverloadedError: If too many wait for the model.
            BusyError: If it is asked too often.
            MainspringError: If the model fails.
        """
        rolling = None if call.version or call.label else self._rollouts.get(call.model)
        if rolling is not None:
            return await self._routed(call, inputs, rolling)
        return await self._inside(call, inputs)

    async def _routed(self, call: Call, inputs: Inputs, rolling: Rolling) -> Computed:
        """Compute with what a rollout chooses, and tell it how that went."""
        call.began = time.perf_counter()
        try:
            served = rolling.find(call)
        except InputError:  # the caller named an arm of another rollout
            call.headers = {}
            served = rolling.find(call)
        arms = (served,) if call.undecided is None else call.undecided.arms
        if call.undecided is not None:
            served = call.undecided.choose(inputs)
        call.served, call.version, call.status = served, served.version, 500
        call.question = Question(lists=inputs.columns)
        for one in arms:
            one.in_flight += 1
            self.ready(one)
        try:
            found = await self._inside(call, inputs)
            call.status, call.prediction = 200, served.model.finish(inputs, *found)
            return found
        except MainspringError as error:
            call.status, call.error = status_of(error), str(error)
            raise
        finally:
            for one in arms:
                one.in_flight -= 1
            call.ended = time.perf_counter()
            rolling.tell(call)

    async def _inside(self, call: Call, inputs: Inputs) -> Computed:
        served = _served(call)
        if served.timeout is not None:
            call.deadline = earlier(call.deadline, time.perf_counter() + served.timeout)
        self._limiter.enter_model(call)
        try:
            self._limiter.measure(call, inputs.rows)
            if served.asking is None or inputs.rows > FEW_ROWS or not self.is_plain(call):
                return await self.compute(call, inputs)
            began = time.perf_counter()
            outputs = await within(call.deadline, call.arrived, served.asking.ask(inputs))
            return Computed(outputs, time.perf_counter() - began)
        finally:
            self._limiter.leave(call)

    async def _remembered(self, call: Call, inputs: Inputs) -> Computed:
        served = _served(call)
        if served.cache is None:
            return await self._computed(call, served, inputs)
        seconds = 0.0

        async def compute() -> Mapping[str, npt.NDArray[Any]]:
            nonlocal seconds
            found = await self._computed(call, served, inputs)
            seconds = found.seconds
            return found.outputs

        answer = await served.cache.answer(inputs, compute)
        call.cached = answer.cached
        return Computed(answer.outputs, seconds)

    async def _computed(self, call: Call, served: Served, inputs: Inputs) -> Computed:
        if served.batcher is not None:
            found = await served.batcher.run(inputs, priority=call.priority, deadline=call.deadline)
            call.queue, call.batch = found.queue, found.rows
            return Computed(found.outputs, found.compute)
        room = self._limiter.turns(call)
        if served.walks:
            return await self._walked(call, served, inputs, room)
        if room is None and served.model.quick and inputs.rows <= FEW_ROWS:
            return _timed(served.model, inputs)
        began, done = time.perf_counter(), None
        if room is not None:
            await room.turn()
            done = room.done
        computed = await self._in_thread(served, inputs, done)
        call.queue = max(0.0, time.perf_counter() - began - computed.seconds)
        return computed

    async def _walked(self, call: Call, served: Served, inputs: Inputs, room: Room | None) -> Computed:
        """Have a graph ask its members."""
        if room is not None:
            await room.turn()
        began = time.perf_counter()
        try:
            outputs = await walking(served).walk(call, inputs, self)
        finally:
            if room is not None:
                room.done()
        return Computed(outputs, time.perf_counter() - began)

    async def _in_thread(self, served: Served, inputs: Inputs, done: Callable[[], None] | None) -> Computed:
        loop = asyncio.get_running_loop()
        job = (served.pool or self._pool).submit(_timed, served.model, inputs)
        if done is not None:
            # A caller that goes away does not stop the thread: the turn lasts until the model has done its work.
            job.add_done_callback(lambda _: None if loop.is_closed() else loop.call_soon_threadsafe(done))
        return await asyncio.wrap_future(job)


def _timed(model: Answering, inputs: Inputs) -> Computed:
    began = time.perf_counter()
    outputs = model.compute(inputs)
    return Computed(outputs, time.perf_counter() - began)


def _served(call: Call) -> Served:
    if call.served is None:
        raise LookupError("the call was not given a model: find comes first")
    return call.served
