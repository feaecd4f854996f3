"""Computing batches where the requests are or in a thread, and giving each request its answer."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass

from mainspring.core.errors import UnavailableError
from mainspring.serving.batching.computing import Computed, Computes, Outcome, compute, filled
from mainspring.serving.batching.cost import Cost
from mainspring.serving.batching.counts import BatchCounts
from mainspring.serving.batching.options import BatchOptions
from mainspring.serving.batching.rhythm import Rhythm
from mainspring.serving.batching.waiting import Batched, Waiting
from mainspring.serving.prediction import Inputs
from mainspring.serving.predictor import ModelError
from mainspring.serving.quickness import FEW_ROWS, QUICK_SECONDS


@dataclass(slots=True, eq=False)
class _Batch:
    """A batch on its way."""

    requests: list[Waiting]
    rows: int
    began: float
    computed: Computed | None = None


class Runner:
    """Computes batches of one model. For the thread of one event loop.

    Args:
        model: What computes.
        options: How many batches at a time, and in what order their answers are given.
        pool: Where to compute what is not quick.
        freed: Called when another batch may be started.
        told: Called with the rows and the seconds of every batch.

    Attributes:
        busy: How many batches are computed in threads.
        requests: How many requests are computed, or wait for an earlier one to be answered.
    """

    def __init__(
        self,
        model: Computes,
        options: BatchOptions,
        pool: Executor,
        *,
        freed: Callable[[], None],
        told: Callable[[int, float], None] | None = None,
    ) -> None:
        self._model, self._options, self._pool, self._freed, self._told = model, options, pool, freed, told
        self.cost, self.rhythm, self.counts = Cost(), Rhythm(), BatchCounts()
        self.busy = self.requests = 0
        self._batches: deque[_Batch] = deque()

    def is_quick(self, rows: int) -> bool:
        """Whether so many rows are computed without handing them to a thread."""
        return self._model.quick and rows <= FEW_ROWS and self.cost.of(rows) <= QUICK_SECONDS

    def at_once(self, inputs: Inputs, now: float) -> Batched:
        """Compute a request alone, here and now.

        Raises:
            MainspringError: If the model fails.
        """
        self.rhythm.arrived(now, 1, self.cost.of(inputs.rows))
        outputs = self._model.compute(inputs)
        ended = time.perf_counter()
        seconds = ended - now
        self._learn(1, inputs.rows, Computed([], seconds, 1))
        self.rhythm.finished(ended, 1, seconds)
        return Batched(outputs, 0.0, seconds, inputs.rows)

    def start(self, requests: list[Waiting], waiting: int, loop: asyncio.AbstractEventLoop) -> bool:
        """Compute a batch; whether that is done already.

        Args:
            requests: The batch.
            waiting: How many requests wait besides.
            loop: This thread's.
        """
        parts = [one.inputs for one in requests]
        batch = _Batch(requests, sum([part.rows for part in parts]), time.perf_counter())
        self.requests += len(requests)
        self.rhythm.started(waiting + self.requests)
        self._batches.append(batch)
        if self.is_quick(batch.rows):
            self._computed(batch, compute(self._model, parts, sizes=self._options.allowed_sizes))
            return True
        try:
            job = self._pool.submit(compute, self._model, parts, sizes=self._options.allowed_sizes)
        except RuntimeError:  # the pool was shut down
            self._computed(batch, _failed(batch, UnavailableError("the server is stopping")))
            return True
        self.busy += 1
        job.add_done_callback(lambda job: _call(loop, self._finished, batch, job))
        return False

    def _finished(self, batch: _Batch, job: Future[Computed]) -> None:
        self.busy -= 1
        if job.cancelled():
            computed = _failed(batch, UnavailableError("the server is stopping"))
        elif (error := job.exception()) is None:
            computed = job.result()
        else:  # no Exception, these are answered one by one: sys.exit in the code of a model, say
            failed = ModelError(f"the model failed: {type(error).__name__}: {error}", where=self._model.name)
            computed = _failed(batch, failed)
        self._computed(batch, computed)
        self._freed()

    def _computed(self, batch: _Batch, computed: Computed) -> None:
        batch.computed = computed
        self._learn(len(batch.requests), batch.rows, computed)
        if not self._options.preserve_ordering:
            self._batches.remove(batch)
            self._deliver(batch, computed)
            return
        while self._batches and (first := self._batches[0]).computed is not None:
            self._batches.popleft()
            self._deliver(first, first.computed)

    def _deliver(self, batch: _Batch, computed: Computed) -> None:
        seconds = computed.seconds
        under_way = 0.0
        for one, outcome in zip(batch.requests, computed.outcomes, strict=True):
            queue = batch.began - one.since
            under_way += queue + seconds
            if one.answer.done():
                continue  # the caller went away
            if outcome.outputs is not None:
                one.answer.set_result(Batched(outcome.outputs, queue, seconds, batch.rows))
            elif outcome.error is not None:
                one.answer.set_exception(outcome.error)
        self.requests -= len(batch.requests)
        self.rhythm.finished(time.perf_counter(), len(batch.requests), under_way)

    def _learn(self, requests: int, rows: int, computed: Computed) -> None:
        if computed.attempts == 1:
            self.cost.learn(rows, computed.seconds)
        more = filled(rows, self._options.allowed_sizes) - rows
        self.counts.computed(requests, rows, more, computed.seconds, computed.attempts)
        if self._told is not None:
            self._told(rows, computed.seconds)


def _failed(batch: _Batch, error: Exception) -> Computed:
    return Computed([Outcome(error=error) for _ in batch.requests], 0.0, 0)


def _call(loop: asyncio.AbstractEventLoop, function: Callable[..., None], *arguments: object) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(function, *arguments)
