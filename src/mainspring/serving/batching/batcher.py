"""Computing the rows of several requests together."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor

import numpy as np

from mainspring.serving.batching.admission import Admission
from mainspring.serving.batching.computing import Computes
from mainspring.serving.batching.joining import kind_of
from mainspring.serving.batching.options import BatchOptions
from mainspring.serving.batching.running import Runner
from mainspring.serving.batching.waiting import Batched, Line, Waiting
from mainspring.serving.prediction import Inputs


class Batcher:
    """Computes the rows of several requests for one version of a model together.

    Each request gets what it would have got alone: its own rows, or its own error. A caller that goes away is
    taken out of the queue. For the thread of one event loop, which is never held up for longer than a quick model
    takes.

    Args:
        model: What computes. It must answer row for row, whatever the other rows are.
        options: How many, and how long.
        pool: Where to compute what is not quick; by default in threads of its own.
        told: Called with the rows and the seconds of every batch.

    Attributes:
        counts: How the batches have fared.
    """

    def __init__(
        self,
        model: Computes,
        options: BatchOptions | None = None,
        *,
        pool: Executor | None = None,
        told: Callable[[int, float], None] | None = None,
    ) -> None:
        self._options = options = options or BatchOptions()
        self._pool = pool or ThreadPoolExecutor(options.max_concurrent_batches, "batch")
        self._owns_pool = pool is None
        self._line = Line(options.priority_levels, in_order=options.preserve_ordering)
        self._runner = Runner(model, options, self._pool, freed=self._freed, told=told)
        self.counts = self._runner.counts
        where = f"{model.name} {model.version}"
        self._admission = Admission(options, self._line, self._runner.cost, self.counts, where)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turn: asyncio.Handle | None = None
        self._rest: asyncio.TimerHandle | None = None
        self._sweep: asyncio.TimerHandle | None = None
        self._sweep_at = math.inf
        self._empty: asyncio.Future[None] | None = None

    @property
    def queued(self) -> int:
        """How many requests wait; the parts of a large one count."""
        return self._line.requests

    @property
    def queued_rows(self) -> int:
        """How many rows wait."""
        return self._line.rows

    async def run(
        self,
        inputs: Inputs,
        *,
        priority: int = 0,
        deadline: float | None = None,
    ) -> Batched:
        """Compute a request, together with others if there are any.

        Args:
            inputs: What is asked, checked; at least one row.
            priority: Its level, 1 being the highest; 0 for none.
            deadline: When its answer is of no use any more, by ``time.perf_counter``; it counts until the request
                is computed.

        Raises:
            OverloadedError: If the queue is full.
            DeadlineError: If it waited too long.
            TooLargeError: If it has too many rows and may not be split.
            MainspringError: If the model fails on it.
        """
        now = time.perf_counter()
        if self._goes_at_once(inputs.rows):
            return self._runner.at_once(inputs, now)
        parts = self._admission.parts(inputs)
        level = self._options.level(priority)
        until = self._admission.until(inputs.rows, level, now, deadline)
        kind = kind_of(inputs)
        loop = self._loop = asyncio.get_running_loop()
        waiting = [Waiting(part, kind, level, now, until, loop.create_future()) for part in parts]
        self._enter(waiting, now)
        try:
            answers = [await one.answer for one in waiting]
        except BaseException:
            self._leave(waiting)
            raise
        return answers[0] if len(answers) == 1 else _whole(answers)

    async def close(self) -> None:
        """Wait until everything is computed, and let go of the threads. No request may come any more."""
        while self._line.requests or self._runner.requests:
            self._empty = asyncio.get_running_loop().create_future()
            await self._empty
        for handle in (self._turn, self._rest, self._sweep):
            if handle is not None:
                handle.cancel()
        if self._owns_pool:
            self._pool.shutdown()

    def _goes_at_once(self, rows: int) -> bool:
        runner, options = self._runner, self._options
        if self._line.requests or runner.requests or not options.adaptive or options.allowed_sizes:
            return False
        return (
            rows <= options.max_batch_size
            and runner.is_quick(rows)
            and not runner.rhythm.hurried(runner.cost.of(rows))
        )

    def _enter(self, waiting: Sequence[Waiting], now: float) -> None:
        line, runner = self._line, self._runner
        for one in waiting:
            line.add(one)
        runner.rhythm.arrived(now, line.requests + runner.requests, runner.cost.of(line.rows))
        if line.earliest < self._sweep_at and self._loop is not None:
            if self._sweep is not None:
                self._sweep.cancel()
            self._sweep_at = line.earliest
            self._sweep = self._loop.call_later(max(0.0, self._sweep_at - now), self._swept)
        self._wake()

    def _leave(self, waiting: Sequence[Waiting]) -> None:
        for one in waiting:
            if self._line.leave(one):
                self.counts.left += 1
            if not one.answer.cancel() and not one.answer.cancelled():
                one.answer.exception()  # nobody else will look at it
        self._tell_if_empty()

    def _swept(self) -> None:
        self._sweep, self._sweep_at = None, math.inf
        now = time.perf_counter()
        self._admission.sweep(now)
        if self._line.earliest < math.inf and self._loop is not None:
            self._sweep_at = self._line.earliest
            self._sweep = self._loop.call_later(max(0.0, self._sweep_at - now), self._swept)
        self._tell_if_empty()

    def _wake(self) -> None:
        # What comes in at the same turn of the loop is there when the batch is made.
        if (
            self._turn is None
            and self._loop is not None
            and self._runner.busy < self._options.max_concurrent_batches
        ):
            self._turn = self._loop.call_soon(self._pump)

    def _freed(self) -> None:
        if self._line.requests:
            self._wake()
        self._tell_if_empty()

    def _tell_if_empty(self) -> None:
        if self._empty is not None and not (self._line.requests or self._runner.requests or self._empty.done()):
            self._empty.set_result(None)

    def _pump(self) -> None:
        """Start whatever batches can be started."""
        self._turn = None
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None
        options, line, loop = self._options, self._line, self._loop
        while line.requests and self._runner.busy < options.max_concurrent_batches and loop is not None:
            now = time.perf_counter()
            self._admission.sweep(now)
            if not line.requests:
                return
            rest = self._time_to_wait(now)
            if rest > 0:
                self._rest = loop.call_later(rest, self._pump)
                return
            batch = line.take(options.max_batch_size, options.preferred_sizes)
            if self._runner.start(batch, line.requests, loop):
                self._freed()  # computed in this thread: let others have their turn before the next
                return

    def _time_to_wait(self, now: float) -> float:
        """How many seconds it pays to wait for more."""
        options, line, runner = self._options, self._line, self._runner
        rows = line.rows
        if not options.max_wait or rows >= min((options.max_batch_size, *options.preferred_sizes)):
            return 0.0
        until = line.oldest() + options.max_wait
        if options.adaptive:
            if runner.is_quick(rows):
                return 0.0
            until = min(until, runner.rhythm.wait_until(now, line.requests, runner.cost.of(rows)))
        return until - now


def _whole(parts: Sequence[Batched]) -> Batched:
    """The answer to a request that was computed in parts."""
    first = parts[0]
    outputs = {name: np.concatenate([part.outputs[name] for part in parts]) for name in first.outputs}
    return Batched(outputs, first.queue, sum([part.compute for part in parts]), max([part.rows for part in parts]))
