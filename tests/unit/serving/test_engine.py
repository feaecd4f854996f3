"""Requests on their way through dispatcher and engine: with others, remembered, in their turn, in time."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mainspring.core.errors import MainspringError
from mainspring.serving.batching import BatchOptions
from mainspring.serving.caching import MemoryCache, ModelCacheOptions
from mainspring.serving.call import Call
from mainspring.serving.dispatch import Dispatcher
from mainspring.serving.limits import Limiter, LimitOptions, ModelLimits, RateLimit
from mainspring.serving.predictor import Predictor
from mainspring.serving.problems import BusyError, DeadlineError, OverloadedError, TooLargeError
from mainspring.serving.question import Question
from mainspring.serving.repository import Repository
from mainspring.serving.served import Served

ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}


async def soon(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.001)


class Scene:
    """A server without doors: one model that can be held, and calls to it."""

    def __init__(self, rule: Any, *, limits: ModelLimits | None = None, **options: Any) -> None:
        predictor = Predictor(rule.package(), name="taxi", version="1")
        self.sizes: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        inner = predictor.compute

        def compute(inputs: Any) -> Any:
            self.sizes.append(inputs.rows)
            assert self.gate.wait(30)
            return inner(inputs)

        predictor.compute = compute  # type: ignore[method-assign]
        predictor.quick = options.pop("quick", False)
        repository = Repository.of([predictor])
        self.served: Served = next(iter(repository))
        self.served.batching, self.served.caching = options.pop("batching", None), options.pop("caching", None)
        self.served.timeout = options.pop("timeout", None)
        self.limiter = Limiter(LimitOptions(**options), lambda _: limits)
        self.dispatcher = Dispatcher(repository, limiter=self.limiter, store=MemoryCache(1 << 20))
        self.told: list[Call] = []
        self.dispatcher.observe(self.told.append)

    async def ask(self, *fares: float | None, **more: Any) -> Call:
        """Ask as a door does; what went wrong is in the call."""
        call = Call("v2", "taxi", arrived=time.perf_counter(), peer="127.0.0.1")
        for name, value in more.items():
            setattr(call, name, value)
        dispatcher = self.dispatcher
        try:
            dispatcher.find(call)
            call.began = time.perf_counter()
            inputs = dispatcher.read(call, Question(rows=[{**ROW, "fare": fare} for fare in fares]))
            if dispatcher.may_compute_now(call):
                dispatcher.compute_now(call, inputs)
            else:
                await dispatcher.compute(call, inputs)
            call.status = 200
        except (MainspringError, asyncio.CancelledError) as error:
            dispatcher.fail(call, error)
        finally:
            dispatcher.tell(call)
        return call

    async def held(self) -> asyncio.Task[Call]:
        """Keep the model busy."""
        self.gate.clear()
        before = len(self.sizes)
        task = asyncio.create_task(self.ask(1.0))
        await soon(lambda: len(self.sizes) > before)
        return task


@pytest.fixture
def scene(rule: Any) -> Callable[..., Scene]:
    return lambda **options: Scene(rule, **options)


def probability(call: Call) -> list[float]:
    assert call.prediction is not None, call.error
    found: list[float] = call.prediction.outputs["probabilities"][:, 1].tolist()
    return found


def test_calls_are_computed_together_and_get_their_own(scene: Any) -> None:
    async def main() -> None:
        one = scene(batching=BatchOptions())
        held = await one.held()
        tasks = [asyncio.create_task(one.ask(float(fare), None)) for fare in range(5)]
        await soon(lambda: one.served.batcher.queued == 5)
        one.gate.set()
        await held
        calls = await asyncio.gather(*tasks)
        assert one.sizes == [1, 10]
        for fare, call in enumerate(calls):
            expected = [1 / (1 + np.exp(-((value - 10) / 5))) for value in (fare, 10)]
            assert probability(call) == pytest.approx(expected)
            assert (call.batch, call.cached, call.status) == (10, False, 200)
            assert call.queue > 0
            assert call.compute > 0
        counts = one.served.statistics
        assert (counts.succeeded, counts.rows, counts.computed) == (6, 11, 2)
        assert one.served.in_flight == 0

    asyncio.run(main())


def test_a_batch_answers_bit_for_bit_as_alone(scene: Any) -> None:
    async def main() -> None:
        batched, alone = scene(batching=BatchOptions(adaptive=False, max_wait=0.002)), scene()
        fares = np.random.default_rng(1).normal(10, 20, (20, 3)).tolist()
        together = await asyncio.gather(*[batched.ask(*row) for row in fares])
        assert len(batched.sizes) < 20
        for row, call in zip(fares, together, strict=True):
            other = await alone.ask(*row)
            for name in ("label", "probabilities"):
                assert call.prediction.outputs[name].tolist() == other.prediction.outputs[name].tolist()

    asyncio.run(main())


def test_an_answer_is_remembered(scene: Any) -> None:
    async def main() -> None:
        one = scene(caching=ModelCacheOptions())
        calls = [await one.ask(3.0), await one.ask(3.0), await one.ask(4.0)]
        assert [call.cached for call in calls] == [False, True, False]
        assert probability(calls[0]) == probability(calls[1]) != probability(calls[2])
        assert calls[1].compute == 0
        assert one.sizes == [1, 1]
        counts = one.served.statistics
        assert (counts.computed, counts.remembered, counts.succeeded) == (2, 1, 3)

    asyncio.run(main())


def test_remembered_and_together(scene: Any) -> None:
    async def main() -> None:
        one = scene(caching=ModelCacheOptions(), batching=BatchOptions())
        held = await one.held()
        tasks = [asyncio.create_task(one.ask(fare)) for fare in (2.0, 3.0, 2.0, 3.0, 2.0)]
        await soon(lambda: one.served.batcher.queued == 2)
        one.gate.set()
        await held
        calls = await asyncio.gather(*tasks)
        assert one.sizes == [1, 2]
        assert sum(call.cached for call in calls) == 3
        assert probability(calls[0]) == probability(calls[2]) == probability(calls[4])

    asyncio.run(main())


def test_what_was_loaded_anew_is_asked_anew(scene: Any) -> None:
    async def main() -> None:
        one = scene(caching=ModelCacheOptions())
        await one.ask(3.0)
        one.served.prepared = False  # as another version of the same name and number
        assert not (await one.ask(3.0)).cached

    asyncio.run(main())


def test_a_quick_model_without_options_is_asked_where_the_request_is(scene: Any) -> None:
    async def main() -> None:
        plain, cached = scene(quick=True), scene(quick=True, caching=ModelCacheOptions())
        assert plain.dispatcher.at_once("taxi")
        assert not cached.dispatcher.at_once("taxi")
        assert (await plain.ask(3.0)).status == (await cached.ask(3.0)).status == 200

    asyncio.run(main())


def test_no_row_at_all_asks_nobody(scene: Any) -> None:
    async def main() -> None:
        one = scene(caching=ModelCacheOptions(), batching=BatchOptions(), max_rows=5)
        call = await one.ask()
        assert (call.status, one.sizes, call.rows) == (200, [], 0)

    asyncio.run(main())


def refused(call: Call) -> tuple[int, str]:
    return call.status, call.kind


def test_too_many_are_sent_away_and_counted(scene: Any) -> None:
    async def main() -> None:
        one = scene(limits=ModelLimits(max_requests=2))
        held = await one.held()
        other = asyncio.create_task(one.ask(2.0))
        await asyncio.sleep(0)
        assert refused(await one.ask(3.0)) == (503, OverloadedError.code)
        one.gate.set()
        assert [(await task).status for task in (held, other)] == [200, 200]
        assert (await one.ask(3.0)).status == 200
        assert (one.served.in_flight, one.limiter.inside) == (0, 0)
        assert one.served.statistics.failed == 1
        assert len(one.told) == 4

    asyncio.run(main())


def test_too_many_rows_and_too_often(scene: Any) -> None:
    async def main() -> None:
        one = scene(limits=ModelLimits(max_rows=2, rates=(RateLimit(per_second=0.001, burst=3),)))
        assert refused(await one.ask(1.0, 2.0, 3.0)) == (413, TooLargeError.code)
        assert (await one.ask(1.0, 2.0)).status == 200
        assert (await one.ask(1.0)).status == 200
        assert refused(await one.ask(1.0)) == (429, BusyError.code)

    asyncio.run(main())


def test_turns_last_until_the_model_has_done_its_work(scene: Any) -> None:
    async def main() -> None:
        one = scene(limits=ModelLimits(max_concurrency=1))
        held = await one.held()
        waiting = asyncio.create_task(one.ask(2.0))
        held.cancel()
        assert refused(await held) == (499, "CANCELLED")
        await asyncio.sleep(0.02)
        assert one.sizes == [1]
        one.gate.set()
        call = await waiting
        assert (call.status, one.sizes) == (200, [1, 1])
        assert call.queue >= 0.019

    asyncio.run(main())


@pytest.mark.parametrize("options", [{}, {"batching": BatchOptions()}, {"caching": ModelCacheOptions()}], ids=str)
def test_what_takes_too_long_is_given_up(scene: Any, options: dict[str, Any]) -> None:
    async def main() -> None:
        one = scene(timeout=0.05, **options)
        held = await one.held()
        waiting = asyncio.create_task(one.ask(2.0))
        assert refused(await held) == refused(await waiting) == (504, DeadlineError.code)
        one.gate.set()
        assert one.served.in_flight == 0
        later = await one.ask(2.0, deadline=time.perf_counter() - 1)
        assert refused(later) == (504, DeadlineError.code)

    asyncio.run(main())


@pytest.mark.parametrize("options", [{}, {"batching": BatchOptions()}, {"caching": ModelCacheOptions()}], ids=str)
def test_a_quick_model_is_not_asked_too_late(scene: Any, options: dict[str, Any]) -> None:
    async def main() -> None:
        one = scene(quick=True, **options)
        assert refused(await one.ask(2.0, deadline=time.perf_counter() - 1)) == (504, DeadlineError.code)
        assert one.sizes == []

    asyncio.run(main())


def test_whoever_left_is_not_computed(scene: Any) -> None:
    async def main() -> None:
        one = scene(batching=BatchOptions())
        held = await one.held()
        tasks = [asyncio.create_task(one.ask(float(fare))) for fare in range(3)]
        await soon(lambda: one.served.batcher.queued == 3)
        tasks[1].cancel()
        await soon(lambda: one.served.batcher.queued == 2)
        one.gate.set()
        calls = await asyncio.gather(held, *tasks)
        assert [call.status for call in calls] == [200, 200, 499, 200]
        assert one.sizes == [1, 2]

    asyncio.run(main())


def test_one_bad_answer_of_the_model_fails_alone(scene: Any) -> None:
    async def main() -> None:
        one = scene(batching=BatchOptions())
        held = await one.held()

        async def ask(company: str) -> Call:
            call = Call("v2", "taxi", arrived=time.perf_counter())
            try:
                one.dispatcher.find(call)
                question = Question(rows=[{**ROW, "company": company}])
                await one.dispatcher.compute(call, one.dispatcher.read(call, question))
                call.status = 200
            except MainspringError as error:
                one.dispatcher.fail(call, error)
            finally:
                one.dispatcher.tell(call)
            return call

        tasks = [asyncio.create_task(ask(company)) for company in ("A", "explode", "B", "A")]
        await soon(lambda: one.served.batcher.queued == 4)
        one.gate.set()
        await held
        assert [(await task).status for task in tasks] == [200, 500, 200, 200]

    asyncio.run(main())
