"""The way of a request to its model, and what is left of it when its caller goes away."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from mainspring.serving.batching import BatchOptions
from mainspring.serving.call import Call
from mainspring.serving.dispatch import Dispatcher
from mainspring.serving.limits import Limiter, LimitOptions, ModelLimits
from mainspring.serving.predictor import Predictor
from mainspring.serving.question import Question
from mainspring.serving.repository import Repository
from mainspring.serving.repository.loading import Loader

ROW = {"fare": 12.5, "hour": 3, "company": "A", "airport": True}


class Gated:
    """A runtime that answers once it is let."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.begun, self.go = inner, threading.Event(), threading.Event()

    def predict(self, columns: Any) -> Any:
        self.begun.set()
        self.go.wait(20)
        return self.inner.predict(columns)


@pytest.fixture
def gated(rule: ModuleType) -> Iterator[Callable[..., tuple[Gated, Dispatcher]]]:
    made: list[tuple[Gated, Dispatcher]] = []

    def make(batching: BatchOptions | None = None, limits: ModelLimits | None = None) -> tuple[Gated, Dispatcher]:
        package = rule.package()
        gate = Gated(package.open())
        package.open = lambda threads=1: gate
        predictor = Predictor(package, name="taxi", version="1")
        predictor.quick = False  # what is quick is computed at once, in the thread of the loop
        models = Repository.of([predictor])
        next(iter(models)).batching = batching
        limiter = Limiter(LimitOptions(max_requests=0), lambda _: limits)
        made.append((gate, Dispatcher(models, limiter=limiter)))
        return made[-1]

    yield make
    for gate, dispatcher in made:
        gate.go.set()
        dispatcher.close()


@pytest.mark.parametrize(
    "how",
    [{}, {"batching": BatchOptions()}, {"limits": ModelLimits(max_concurrency=1)}],
    ids=["alone", "with others", "in its turn"],
)
def test_a_model_is_not_let_go_of_while_it_computes_for_one_who_left(
    gated: Callable[..., tuple[Gated, Dispatcher]], how: dict[str, Any]
) -> None:
    gate, dispatcher = gated(**how)

    async def work() -> None:
        loop = asyncio.get_running_loop()
        call = Call("v2", "taxi")
        served = dispatcher.find(call)
        assert served is not None
        inputs = dispatcher.read(call, Question(rows=[ROW] * 100))
        asking = asyncio.create_task(dispatcher.compute(call, inputs))
        await loop.run_in_executor(None, gate.begun.wait)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        dispatcher.tell(call)
        assert served.in_flight == 0
        assert served.at_work
        closed = threading.Event()
        served.model.close = closed.set  # type: ignore[method-assign]
        loader = Loader(lambda at, options: served.model)
        retiring = asyncio.create_task(loader.retire(served))
        await asyncio.sleep(0.03)
        assert not closed.is_set()
        gate.go.set()
        await retiring
        assert closed.is_set()
        assert not served.at_work
        loader.close()

    asyncio.run(asyncio.wait_for(work(), 20))


def test_the_end_does_not_wait_for_a_model_that_hangs(gated: Callable[..., tuple[Gated, Dispatcher]]) -> None:
    gate, dispatcher = gated()

    async def work() -> None:
        call = Call("v2", "taxi")
        dispatcher.find(call)
        inputs = dispatcher.read(call, Question(rows=[ROW] * 100))
        asking = asyncio.create_task(dispatcher.compute(call, inputs))
        await asyncio.get_running_loop().run_in_executor(None, gate.begun.wait)
        dispatcher.close(0.01)
        assert not asking.done()
        gate.go.set()
        await asking

    asyncio.run(asyncio.wait_for(work(), 20))


def test_a_process_ends_though_a_thread_of_it_goes_on() -> None:
    code = """
import threading, time
from mainspring.serving.ending import ended
threading.Thread(target=time.sleep, args=(600,), name="predict_0").start()
print("written")
ended(0.01)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "written\n"
    assert "a model goes on: predict_0" in done.stderr
