"""The way of a request to its model and back, whichever door it came through.

A door reads a request into a :class:`mainspring.serving.call.Call`, and calls here, in this order: ``find`` (what
answers), ``read`` (is the question right), ``compute`` or ``compute_now``, and at the end, good or bad, ``tell``.
Everything but ``read`` belongs on the thread of the event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, TypeAlias, TypeVar

import numpy.typing as npt

from mainspring.core.errors import MainspringError, NotFoundError
from mainspring.models.problems import BadInputError
from mainspring.serving.asserting import refuse
from mainspring.serving.attending import Attending
from mainspring.serving.caching import ResponseCache
from mainspring.serving.call import Call
from mainspring.serving.engine import Engine
from mainspring.serving.limits import Limiter, LimitOptions, in_time, within
from mainspring.serving.limits.deadlines import earlier
from mainspring.serving.payloads.record import request_id
from mainspring.serving.ports import Answering, Asking
from mainspring.serving.prediction import Inputs, Prediction
from mainspring.serving.problems import CancelledError, ForbiddenError, status_of
from mainspring.serving.question import Question
from mainspring.serving.quickness import FEW_ROWS
from mainspring.serving.repository import Repository
from mainspring.serving.rollout.rolling import Rolling
from mainspring.serving.served import Served
from mainspring.serving.tracing.server_log import complain
from mainspring.serving.tracing.tracer import Tracer
from mainspring.serving.walking import walking

Value = TypeVar("Value")

Observer: TypeAlias = Callable[[Call], None]
"""Is told of every finished request, on the event loop: it takes microseconds and does not raise."""

THREADS = "predict"
"""How the names of threads that compute begin."""

LAST_SECONDS = 5.0
"""How long threads are waited for at the end, after requests in flight have had their time."""

INTERNAL = "INTERNAL"
"""The kind of an error that nobody foresaw."""


class Dispatcher:
    """Takes requests to models. For the thread of one event loop.

    Args:
        repository: What is served.
        observers: Who is told of every finished request.
        threads: How many slow or large requests are computed at once.
        limiter: Lets requests in or sends them away; by default one without limits.
        store: Where answers are remembered, if they are.
        tracer: Gives requests their place in a trace.
        rollouts: What chooses versions, by model, for requests that ask for none; it may change.
    """

    def __init__(
        self,
        repository: Repository,
        *,
        observers: Sequence[Observer] = (),
        threads: int = 4,
        limiter: Limiter | None = None,
        store: ResponseCache | None = None,
        tracer: Tracer | None = None,
        rollouts: Mapping[str, Rolling] | None = None,
    ) -> None:
        self.repository = repository
        self._rollouts: Mapping[str, Rolling] = {} if rollouts is None else rollouts
        self.tracer = tracer or Tracer()
        self._observers = list(observers)
        self._threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix=THREADS)
        self._jobs: set[Future[Any]] = set()  # they give whatever they give
        self._pool = Attending(self._threads, self._jobs)
        self._limiter = limiter or Limiter(LimitOptions(max_requests=0))
        self._engine = Engine(self._pool, self._limiter, store, self._rollouts)

    def observe(self, observer: Observer) -> None:
        """Tell somebody else, too."""
        self._observers.append(observer)

    def find(self, call: Call) -> Served | None:
        """What answers a call; ``None`` if it has to be loaded first: then await :meth:`demand`.

        Raises:
            NotFoundError: If it is not served here.
            LoadingError: If it is being loaded, or cannot answer at the moment.
        """
        if call.trace is None:
            call.trace = self.tracer.begin(call.headers)
        rolling = self._rollouts.get(call.model)
        try:
            if rolling is None or call.version or call.label:
                served = self.repository.find(call.model, call.version, call.label)
            else:
                served = rolling.find(call)
        except NotFoundError as error:
            if call.caller is None or call.caller.may_ask_all:
                raise
            # What else is served here is not for somebody who may only ask for some of it.
            raise NotFoundError(error.found) from None
        if served is not None:
            self._take(call, served)
        return served

    def at_once(self, name: str) -> bool:
        """Whether the newest version of a model is there, and so quick that it is asked where the request is."""
        rolling = self._rollouts.get(name)
        if rolling is not None:
            return rolling.at_once
        served = self.repository.newest(name)
        return served is not None and served.model.quick and served.batching is None and served.caching is None

    async def demand(self, call: Call) -> Served:
        """What answers a call, loaded now.

        Raises:
            MainspringError: If it cannot be loaded.
        """
        served = await self.repository.demand(call.model, call.version, call.label)
        rolling = self._rollouts.get(call.model)
        if rolling is not None and not (call.version or call.label):
            served = rolling.find(call)
        self._take(call, served)
        return served

    def read(self, call: Call, question: Question) -> Inputs:
        """Check a question. Any thread may do it.

        Raises:
            BadInputError: With every problem of the question.
            TooLargeError: If it has more rows than are allowed.
            BusyError: If its caller asks for too many rows in too short a time.
        """
        model, call.question = _model(call), question
        call.id = question.id or call.id or request_id(call.time)
        inputs = model.read(question)
        if call.undecided is not None:
            inputs = _decided(call, question, inputs)
        self._limiter.measure(call, inputs.rows)
        return inputs

    def is_quick(self, call: Call) -> bool:
        """Whether the model of a call takes less time than it takes to look whether its caller is still there."""
        return _model(call).quick

    def may_compute_now(self, call: Call) -> bool:
        """Whether the model of a call is so quick that it is asked where the request is."""
        if call.undecided is not None:
            return all(one.model.quick and one.plain for one in call.undecided.arms)
        return _model(call).quick and call.served is not None and call.served.plain

    def may_compute_apart(self, call: Call) -> bool:
        """Whether a call is answered by its model alone, in any thread: nothing remembered, no others, no turn."""
        if call.undecided is not None and not all(one.plain and not one.walks for one in call.undecided.arms):
            return False
        return self._engine.is_plain(call) and (call.served is None or not call.served.walks)

    def compute_now(self, call: Call, inputs: Inputs) -> Prediction:
        """Answer, in this thread.

        Raises:
            BlockedError: If an assertion forbids the only answer.
            MainspringError: If the model fails.
        """
        model = _model(call)
        if inputs.rows == 0:
            call.prediction = model.nothing(inputs)
            return call.prediction
        if call.deadline is not None:
            in_time(call.deadline, call.arrived)
        began, served = time.perf_counter(), call.served
        call.asked = began
        if served is None or not served.walks:
            outputs = model.compute(inputs)
        else:
            outputs = walking(served).walk_now(call, inputs)
        call.computed = time.perf_counter()
        return _finished(call, model, inputs, outputs, call.computed - began)

    async def compute(self, call: Call, inputs: Inputs) -> Prediction:
        """Answer, without holding up others.

        Raises:
            BlockedError: If an assertion forbids the only answer.
            DeadlineError: If there is none in time.
            OverloadedError: If too many wait for the model.
            MainspringError: If the model fails.
        """
        model, plain = _model(call), self._engine.is_plain(call)
        if inputs.rows == 0 or (plain and model.quick and inputs.rows <= FEW_ROWS):
            return self.compute_now(call, inputs)
        if call.served is not None and call.served.walks:
            plain = False
        asking = None if call.served is None else call.served.asking
        if plain and asking is not None and inputs.rows <= FEW_ROWS:
            return await within(call.deadline, call.arrived, _asked(call, model, asking, inputs))
        if plain:
            return await within(call.deadline, call.arrived, self.at_work(call, self.compute_now, call, inputs))
        call.asked = time.perf_counter()
        found = await self._engine.compute(call, inputs)
        call.computed = time.perf_counter()
        if inputs.rows <= FEW_ROWS:
            return _finished(call, model, inputs, *found)
        return await self.in_thread(_finished, call, model, inputs, *found)

    async def in_thread(self, function: Callable[..., Value], *arguments: Any) -> Value:
        """Do something slow elsewhere. What waited for a thread counts as time in the queue."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, function, *arguments)

    async def at_work(self, call: Call, function: Callable[..., Value], *arguments: Any) -> Value:
        """The same with the model of a call: it is not let go of before that is done, whoever waits for it."""
        pool = self._pool if call.served is None else call.served.pool or self._pool
        return await asyncio.get_running_loop().run_in_executor(pool, function, *arguments)

    def fail(self, call: Call, error: BaseException) -> None:
        """Keep why a call failed, with the status that says so; what nobody foresaw goes to standard error."""
        call.id = call.id or request_id(call.time)
        if isinstance(error, asyncio.CancelledError):
            error = CancelledError("the caller went away before there was an answer")
        if isinstance(error, MainspringError):
            call.error, call.kind, call.status = str(error), error.code, status_of(error)
            if isinstance(error, BadInputError):
                call.problems = error.problems
            elif isinstance(error, ForbiddenError):
                call.caller = error.caller
        else:
            call.error, call.kind, call.status = f"{type(error).__name__}: {error}", INTERNAL, 500
        if call.status == 500:
            complain(error, call)

    def tell(self, call: Call) -> None:
        """The call is finished: let go of the model, and tell all who want to know."""
        call.ended = call.ended or time.perf_counter()
        served = call.served
        self._limiter.leave(call)
        if served is not None:
            for one in (served,) if call.undecided is None else call.undecided.arms:
                one.in_flight -= 1
            _count(served, call)
        if call.decisions and call.model in self._rollouts:
            self._rollouts[call.model].tell(call)
        for observer in self._observers:
            observer(call)

    def close(self, seconds: float = LAST_SECONDS) -> None:
        """Begin nothing more in threads, and wait for what is running there.

        Args:
            seconds: The longest wait. A thread cannot be stopped: what takes longer goes on.
        """
        self._threads.shutdown(wait=False, cancel_futures=True)
        wait(tuple(self._jobs), timeout=seconds)

    def _take(self, call: Call, served: Served) -> None:
        call.served, call.version = served, served.version
        for one in (served,) if call.undecided is None else call.undecided.arms:
            one.in_flight += 1
            one.used = call.arrived
            if not one.prepared:
                self._engine.prepare(one)
                one.prepared = True
        if served.timeout is not None:
            call.deadline = earlier(call.deadline, call.arrived + served.timeout)
        self._limiter.enter(call)


def _model(call: Call) -> Answering:
    if call.served is None:
        raise LookupError("the call was not given a model: find comes first")
    return call.served.model


def _decided(call: Call, question: Question, inputs: Inputs) -> Inputs:
    """The question as whatever it is decided for reads it."""
    before = call.served
    if call.undecided is not None:
        call.served = call.undecided.choose(inputs)
    if call.served is None or call.served is before:
        return inputs
    call.version = call.served.version
    return call.served.model.read(question)


async def _asked(call: Call, model: Answering, asking: Asking, inputs: Inputs) -> Prediction:
    in_time(call.deadline, call.arrived)
    began = time.perf_counter()
    outputs = await asking.ask(inputs)
    return _finished(call, model, inputs, outputs, time.perf_counter() - began)


def _finished(
    call: Call, model: Answering, inputs: Inputs, outputs: Mapping[str, npt.NDArray[Any]], seconds: float
) -> Prediction:
    call.prediction = prediction = model.finish(inputs, outputs, seconds)
    if prediction.answered is not None:
        refuse(prediction.answered)
    return prediction


def _count(served: Served, call: Call) -> None:
    counts, prediction = served.statistics, call.prediction
    counts.last = call.time + call.ended - call.arrived
    if call.error is not None:
        counts.failed += 1
        counts.wasted += call.latency
        return
    counts.succeeded += 1
    counts.total += call.latency
    counts.queue += call.queue
    if prediction is not None:
        counts.rows += prediction.rows
    if call.cached:
        counts.remembered += 1
        return
    counts.computed += not call.batch  # batches are counted as such
    if prediction is not None:
        counts.compute += prediction.seconds
