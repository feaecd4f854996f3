"""Who computes, who waits, and who gets what."""

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np
import pytest

from mainspring.core.errors import UnavailableError
from mainspring.serving.caching import Keys, MemoryCache, ModelCacheOptions, Remembered, Remembering
from mainspring.serving.prediction import Inputs
from mainspring.serving.predictor import ModelError
from mainspring.serving.problems import BusyError, DeadlineError


def question(*values: float) -> Inputs:
    return Inputs({"x": np.array(values)}, len(values))


class Asked:
    """A model that counts how often it is asked, and fails as told."""

    def __init__(self, factor: float = 2.0) -> None:
        self.factor, self.times = factor, 0
        self.errors: list[BaseException] = []
        self.gate = asyncio.Event()
        self.gate.set()

    def about(self, inputs: Inputs) -> Callable[[], Awaitable[dict[str, np.ndarray]]]:
        async def compute() -> dict[str, np.ndarray]:
            self.times += 1
            await self.gate.wait()
            if self.errors:
                raise self.errors.pop(0)
            return {"y": inputs.columns["x"] * self.factor}

        return compute


def remembering(**options: float) -> Remembering:
    return Remembering(MemoryCache(1 << 20), Keys("m", "1"), ModelCacheOptions(**options))  # type: ignore[arg-type]


async def ask(cache: Remembering, model: Asked, *values: float) -> Remembered:
    inputs = question(*values)
    return await cache.answer(inputs, model.about(inputs))


def test_the_second_time_nobody_is_asked() -> None:
    async def main() -> None:
        cache, model = remembering(), Asked()
        first, second, other = [await ask(cache, model, value) for value in (1.0, 1.0, 3.0)]
        assert [one.outputs["y"].tolist() for one in (first, second, other)] == [[2], [2], [6]]
        assert [one.cached for one in (first, second, other)] == [False, True, False]
        assert model.times == 2
        assert (cache.counts.hits, cache.counts.misses) == (1, 2)
        assert cache.counts.hit_seconds > 0
        assert cache.counts.miss_seconds > 0

    asyncio.run(main())


def test_two_models_share_a_store_and_no_answer() -> None:
    async def main() -> None:
        store = MemoryCache(1 << 20)
        caches = [
            Remembering(store, Keys(*names)) for names in (("a", "1", "d"), ("b", "1", "d"), ("a", "2", "d"))
        ]
        models = [Asked(2), Asked(3), Asked(4)]
        for _ in range(2):
            found = [await ask(cache, model, 1.0) for cache, model in zip(caches, models, strict=True)]
            assert [one.outputs["y"].tolist() for one in found] == [[2], [3], [4]]

    asyncio.run(main())


def test_equal_questions_at_a_time_are_computed_once() -> None:
    async def main() -> None:
        cache, model = remembering(), Asked()
        model.gate.clear()
        tasks = [asyncio.create_task(ask(cache, model, 1.0)) for _ in range(10)]
        other = asyncio.create_task(ask(cache, model, 2.0))
        await asyncio.sleep(0.01)
        assert model.times == 2
        model.gate.set()
        found = await asyncio.gather(*tasks)
        assert [one.outputs["y"].tolist() for one in found] == [[2]] * 10
        assert sum(one.cached for one in found) == 9
        assert (await other).outputs["y"].tolist() == [4]
        assert (cache.counts.shared, cache.counts.misses) == (9, 2)
        assert cache._flights == {}

    asyncio.run(main())


def test_an_error_of_the_model_goes_to_all_and_is_not_remembered() -> None:
    async def main() -> None:
        cache, model = remembering(), Asked()
        model.gate.clear()
        model.errors = [ModelError("it exploded")]
        tasks = [asyncio.create_task(ask(cache, model, 1.0)) for _ in range(3)]
        await asyncio.sleep(0.01)
        model.gate.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(one) for one in found] == [ModelError] * 3
        assert model.times == 1
        assert (await ask(cache, model, 1.0)).cached is False

    asyncio.run(main())


@pytest.mark.parametrize(
    "error", [DeadlineError("late"), BusyError("busy"), UnavailableError("gone"), RuntimeError("odd")], ids=repr
)
def test_what_befalls_one_caller_does_not_befall_the_others(error: Exception) -> None:
    async def main() -> None:
        cache, model = remembering(), Asked()
        model.gate.clear()
        model.errors = [error]
        tasks = [asyncio.create_task(ask(cache, model, 1.0)) for _ in range(4)]
        await asyncio.sleep(0.01)
        model.gate.set()
        first, *others = await asyncio.gather(*tasks, return_exceptions=True)
        assert first is error
        assert [one.outputs["y"].tolist() for one in others if isinstance(one, Remembered)] == [[2]] * 3
        assert model.times == 2

    asyncio.run(main())


@pytest.mark.parametrize("leaves", [0, 1])
def test_a_caller_that_goes_away_takes_nobody_along(leaves: int) -> None:
    async def main() -> None:
        cache, model = remembering(), Asked()
        model.gate.clear()
        tasks = [asyncio.create_task(ask(cache, model, 1.0)) for _ in range(3)]
        await asyncio.sleep(0.01)
        tasks.pop(leaves).cancel()
        await asyncio.sleep(0.01)
        model.gate.set()
        found = await asyncio.gather(*tasks)
        assert [one.outputs["y"].tolist() for one in found] == [[2]] * 2
        assert model.times == 2 - leaves
        assert cache._flights == {}

    asyncio.run(main())


def test_large_questions_and_odd_ones_go_past_it() -> None:
    async def main() -> None:
        cache, model = remembering(max_rows=2), Asked()
        for _ in range(2):
            assert not (await ask(cache, model, 1.0, 2.0, 3.0)).cached
        odd = Inputs({"x": np.array([object()])}, 1)
        for _ in range(2):
            await cache.answer(odd, model.about(question(1.0)))
        assert (model.times, cache.counts.skipped) == (4, 4)

    asyncio.run(main())


def test_nobody_can_change_an_answer_that_others_get() -> None:
    async def main() -> None:
        cache, model = remembering(), Asked()
        found = [await ask(cache, model, 1.0) for _ in range(2)]
        for one in found:
            with pytest.raises(ValueError, match="read-only"):
                one.outputs["y"][0] = 5.0

    asyncio.run(main())
