"""A model that can be held: while it is, requests gather."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping

import numpy as np
import pytest

from mainspring.serving.batching import Batcher, BatchOptions
from mainspring.serving.prediction import Inputs


class Doubling:
    """Doubles ``x``; negative values make it fail. It waits while it is held."""

    name, version = "doubling", "1"

    def __init__(self, *, quick: bool = False) -> None:
        self.quick = quick
        self.asked: list[list[float]] = []
        self.now = self.most = 0
        self.gate = threading.Event()
        self.gate.set()
        self._lock = threading.Lock()

    def compute(self, inputs: Inputs) -> dict[str, np.ndarray]:
        with self._lock:
            self.asked.append(inputs.columns["x"].tolist())
            self.now += 1
            self.most = max(self.most, self.now)
        assert self.gate.wait(30)
        with self._lock:
            self.now -= 1
        if (inputs.columns["x"] < 0).any():
            raise ValueError(f"negative: {inputs.columns['x'].tolist()}")
        return {"y": inputs.columns["x"] * 2}


class Said(Inputs, eq=False):
    """Rows, and parameters that the model computes by."""

    said: object = None

    @property
    def apart(self) -> str:
        return repr(self.said)

    def of(self, columns: Mapping[str, np.ndarray], rows: int) -> Inputs:
        return Said(columns, rows, self.said)


def question(*values: float) -> Inputs:
    """Rows of ``x``."""
    return Inputs({"x": np.array(values, dtype=np.float64)}, len(values))


async def soon(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.001)


class Scene:
    """A model, its batcher, and requests that gather while the model is held."""

    def __init__(self, model: Doubling, **options: object) -> None:
        self.model = model
        self.batcher = Batcher(model, BatchOptions(**options))  # type: ignore[arg-type]
        self.done: list[str] = []

    async def hold(self) -> asyncio.Task[object]:
        """Keep the model busy with a request of its own."""
        self.model.gate.clear()
        before = len(self.model.asked)
        task = self.ask(0.5, name="held")
        await soon(lambda: len(self.model.asked) > before)
        return task

    def ask(self, *values: float, name: str = "", said: object = None, **more: object) -> asyncio.Task[object]:
        asks = question(*values)

        async def asked() -> object:
            try:
                return await self.batcher.run(Said(asks.columns, asks.rows, said), **more)  # type: ignore[arg-type]
            finally:
                self.done.append(name)

        return asyncio.create_task(asked())

    async def queued(self, requests: int) -> None:
        await soon(lambda: self.batcher.queued == requests)

    async def go(self, *tasks: Awaitable[object]) -> list[object]:
        """Let the model work, and give what became of the requests."""
        self.model.gate.set()
        return await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def said() -> type[Said]:
    return Said


@pytest.fixture
def model() -> Doubling:
    return Doubling()


@pytest.fixture
def scene(model: Doubling) -> Iterator[Callable[..., Scene]]:
    """Makes scenes."""
    made: list[Scene] = []

    def make(model: Doubling = model, **options: object) -> Scene:
        made.append(Scene(model, **options))
        return made[-1]

    yield make
    for one in made:
        one.model.gate.set()
