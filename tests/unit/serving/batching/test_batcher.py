"""Who is computed with whom, in what order, and what each gets."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from mainspring.core.errors import UnavailableError
from mainspring.serving.batching import Batcher, BatchOptions, QueuePolicy
from mainspring.serving.prediction import Inputs
from mainspring.serving.predictor import ModelError, WrongShapeError
from mainspring.serving.problems import DeadlineError, OverloadedError, TooLargeError

Make = Callable[..., Any]


def test_what_gathers_while_the_model_computes_is_computed_together(scene: Make) -> None:
    async def main() -> None:
        one = scene()
        held = await one.hold()
        tasks = [one.ask(float(value)) for value in range(5)]
        await one.queued(5)
        assert one.batcher.queued_rows == 5
        _, *answers = await one.go(held, *tasks)
        assert [answer.outputs["y"].tolist() for answer in answers] == [[0], [2], [4], [6], [8]]
        assert [answer.rows for answer in answers] == [5] * 5
        assert all(answer.queue > 0 and answer.compute > 0 for answer in answers)
        assert one.model.asked == [[0.5], [0, 1, 2, 3, 4]]
        assert one.batcher.counts.sizes == {1: 1, 5: 1}
        assert one.batcher.counts.requests == one.batcher.counts.rows == 6
        await one.batcher.close()

    asyncio.run(main())


def test_rows_are_counted_and_not_requests(scene: Make) -> None:
    async def main() -> None:
        one = scene(max_batch_size=4)
        held = await one.hold()
        tasks = [one.ask(1, 2, 3), one.ask(4), one.ask(5, 6), one.ask(7, 8, 9)]
        await one.queued(4)
        answers = await one.go(held, *tasks)
        assert one.model.asked[1:] == [[1, 2, 3, 4], [5, 6], [7, 8, 9]]
        assert [answer.outputs["y"].tolist() for answer in answers[1:]] == [[2, 4, 6], [8], [10, 12], [14, 16, 18]]

    asyncio.run(main())


def test_only_the_guilty_fail(scene: Make) -> None:
    async def main() -> None:
        one = scene()
        held = await one.hold()
        tasks = [one.ask(float(value)) for value in (1, 2, -3, 4, 5, -6, 7)]
        await one.queued(7)
        _, *answers = await one.go(held, *tasks)
        found = [answer if isinstance(answer, Exception) else answer.outputs["y"].tolist() for answer in answers]
        assert found[:2] == [[2], [4]]
        assert found[3:5] == [[8], [10]]
        assert found[6] == [14]
        assert [str(found[2]), str(found[5])] == ["negative: [-3.0]", "negative: [-6.0]"]
        assert one.batcher.counts.halved > 0

    asyncio.run(main())


def test_a_model_that_answers_too_few_or_too_many_rows_fails_for_all_of_the_batch(scene: Make, model: Any) -> None:
    async def main(rows: Callable[[int], int]) -> None:
        def wrong(inputs: Inputs) -> dict[str, np.ndarray]:
            right = type(model).compute(model, inputs)["y"]
            return {"y": np.resize(right, rows(inputs.rows))}

        model.compute = wrong
        one = scene()
        held = await one.hold()
        tasks = [one.ask(1), one.ask(2, 3)]
        await one.queued(2)
        _, *answers = await one.go(held, *tasks)
        assert [type(answer) for answer in answers] == [WrongShapeError] * 2
        assert "for 3 rows" in str(answers[0])
        assert model.asked == [[0.5], [1, 2, 3]]
        model.asked.clear()

    asyncio.run(main(lambda rows: max(1, rows - 1)))
    asyncio.run(main(lambda rows: 2 * rows))


def test_a_model_that_cannot_be_reached_is_not_asked_again_for_every_request(scene: Make, model: Any) -> None:
    async def main() -> None:
        one = scene()
        held = await one.hold()
        tasks = [one.ask(float(value)) for value in range(8)]
        await one.queued(8)

        def away(inputs: Inputs) -> dict[str, np.ndarray]:
            model.asked.append(inputs.rows)
            raise UnavailableError("the process of the model is gone")

        model.compute = away
        _, *answers = await one.go(held, *tasks)
        assert [type(answer) for answer in answers] == [UnavailableError] * 8
        assert model.asked == [[0.5], 8]

    asyncio.run(main())


@pytest.mark.parametrize("error", [StopIteration("odd"), SystemExit(3)])
def test_no_kind_of_error_leaves_a_caller_waiting(scene: Make, model: Any, error: BaseException) -> None:
    async def main() -> None:
        def fail(inputs: Inputs) -> dict[str, np.ndarray]:
            raise error

        model.compute = fail
        one = scene()
        with pytest.raises((ModelError, RuntimeError), match=r"StopIteration: odd|SystemExit: 3"):
            await one.ask(1)
        model.compute = type(model).compute.__get__(model)
        assert (await one.ask(1)).outputs["y"].tolist() == [2]

    asyncio.run(main())


KINDS = {
    "names": Inputs({"x": np.ones(1), "z": np.ones(1)}, 1),
    "data type": Inputs({"x": np.ones(1, dtype=np.float32)}, 1),
    "byte order": Inputs({"x": np.ones(1, dtype=">f8")}, 1),
    "text of fixed width": Inputs({"x": np.array(["a"])}, 1),
    "shape": Inputs({"x": np.ones((1, 2))}, 1),
    "other shape": Inputs({"x": np.ones((1, 2, 1))}, 1),
}


def test_different_kinds_are_never_computed_together(said: Any) -> None:
    seen: list[list[tuple[Any, ...]]] = []

    class Looking:
        name, version, quick = "looking", "1", True

        def compute(self, inputs: Inputs) -> dict[str, np.ndarray]:
            seen.append([(name, array.dtype, array.shape) for name, array in inputs.columns.items()])
            return {"rows": np.arange(inputs.rows)}

    async def main() -> None:
        batcher = Batcher(Looking(), BatchOptions(adaptive=False, max_wait=0.001))
        given = [Inputs({"x": np.ones(1)}, 1), *KINDS.values()]
        others = [said({"x": np.ones(1)}, 1, {"top": top}) for top in (1, True, "1", 1.0)]
        await asyncio.gather(
            *[batcher.run(inputs) for inputs in given * 3],
            *[batcher.run(inputs) for inputs in others * 2],
        )
        assert batcher.counts.sizes == {3: len(given), 2: len(others)}
        assert [name for name, _, _ in seen[1]] == ["x", "z"]

    asyncio.run(main())


def test_large_requests_are_computed_in_parts(scene: Make) -> None:
    async def main() -> None:
        one = scene(max_batch_size=4)
        answer = await one.ask(*range(10))
        assert answer.outputs["y"].tolist() == [2 * value for value in range(10)]
        assert one.model.asked == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
        assert answer.rows == 4
        with pytest.raises(ValueError, match=r"negative: \[4"):
            await one.ask(1, 2, 3, 4, 4, -5, 6, 7, 8)
        assert one.batcher.queued == 0

    asyncio.run(main())


def test_large_requests_may_be_refused(scene: Make) -> None:
    async def main() -> None:
        one = scene(max_batch_size=4, split_large=False)
        with pytest.raises(TooLargeError, match="at most 4 rows"):
            await one.ask(*range(5))
        assert (await one.ask(*range(4))).rows == 4

    asyncio.run(main())


def test_batches_are_filled_up_to_an_allowed_size(scene: Make) -> None:
    async def main() -> None:
        one = scene(max_batch_size=8, allowed_sizes=(1, 4, 8))
        held = await one.hold()
        tasks = [one.ask(1, 2), one.ask(3)]
        await one.queued(2)
        _, first, second = await one.go(held, *tasks)
        assert one.model.asked == [[0.5], [1, 2, 3, 3]]
        assert (first.outputs["y"].tolist(), second.outputs["y"].tolist()) == ([2, 4], [6])
        assert first.rows == 3
        assert (one.batcher.counts.filled, one.batcher.counts.rows) == (1, 4)
        assert (await one.ask(*range(5))).outputs["y"].tolist() == [0, 2, 4, 6, 8]
        assert one.model.asked[-1] == [0, 1, 2, 3, 4, 4, 4, 4]

    asyncio.run(main())


def test_a_batch_of_a_preferred_size_is_cut(scene: Make) -> None:
    async def main() -> None:
        one = scene(max_batch_size=8, preferred_sizes=(2, 4))
        held = await one.hold()
        tasks = [one.ask(float(value)) for value in range(7)]
        await one.queued(7)
        await one.go(held, *tasks)
        assert one.model.asked[1:] == [[0, 1, 2, 3], [4, 5], [6]]

    asyncio.run(main())


def test_without_adaptation_a_batch_waits_until_it_is_full_or_the_time_is_over(scene: Make) -> None:
    async def main() -> None:
        one = scene(adaptive=False, max_wait=3600.0, max_batch_size=3)
        tasks = [one.ask(1), one.ask(2)]
        await one.queued(2)
        await asyncio.sleep(0.01)
        assert one.model.asked == []
        await asyncio.gather(*tasks, one.ask(3))
        assert one.model.asked == [[1, 2, 3]]
        short = scene(adaptive=False, max_wait=0.02, max_batch_size=3)
        began = time.perf_counter()
        answer = await short.ask(1)
        assert time.perf_counter() - began >= 0.019
        assert answer.queue >= 0.019

    asyncio.run(main())


def test_without_adaptation_a_preferred_size_does_not_wait(scene: Make) -> None:
    async def main() -> None:
        one = scene(adaptive=False, max_wait=3600.0, max_batch_size=30, preferred_sizes=(2,))
        await asyncio.gather(one.ask(1), one.ask(2))
        assert one.model.asked == [[1, 2]]

    asyncio.run(main())


def test_whoever_is_alone_does_not_wait(scene: Make) -> None:
    async def main() -> None:
        one = scene(max_wait=3600.0)
        for value in range(60):
            await one.ask(float(value))
        assert one.batcher.counts.sizes == {1: 60}

    asyncio.run(main())


def test_a_quick_model_is_asked_where_the_request_is(scene: Make) -> None:
    async def main() -> None:
        one = scene(type(scene().model)(quick=True), max_wait=3600.0)
        answer = await one.batcher.run(Inputs({"x": np.ones(2)}, 2))
        assert (answer.outputs["y"].tolist(), answer.queue, answer.rows) == ([2, 2], 0.0, 2)
        with pytest.raises(ValueError, match="negative"):
            await one.batcher.run(Inputs({"x": -np.ones(2)}, 2))

    asyncio.run(main())


def test_a_caller_that_goes_away_leaves_the_batch(scene: Make) -> None:
    async def main() -> None:
        one = scene()
        held = await one.hold()
        tasks = [one.ask(float(value)) for value in range(4)]
        await one.queued(4)
        tasks[1].cancel()
        tasks[3].cancel()
        await one.queued(2)
        answers = await one.go(held, *tasks)
        assert one.model.asked == [[0.5], [0, 2]]
        assert [type(answer).__name__ for answer in answers] == [
            "Batched", "Batched", "CancelledError", "Batched", "CancelledError"
        ]  # fmt: skip
        assert one.batcher.counts.left == 2

    asyncio.run(main())


def test_a_caller_that_goes_away_while_it_is_computed_does_not_disturb_the_others(scene: Make) -> None:
    async def main() -> None:
        one = scene()
        held = await one.hold()
        tasks = [one.ask(float(value)) for value in (1, -2, 3)]
        await one.queued(3)
        one.model.gate.set()
        await held
        one.model.gate.clear()
        await soon_asked(one, 2)
        tasks[0].cancel()
        tasks[1].cancel()
        answers = await one.go(*tasks)
        assert answers[2].outputs["y"].tolist() == [6]
        assert one.batcher.counts.left == 0
        await one.batcher.close()

    async def soon_asked(one: Any, batches: int) -> None:
        while len(one.model.asked) < batches:
            await asyncio.sleep(0.001)

    asyncio.run(main())


def test_higher_levels_go_first(scene: Make) -> None:
    async def main() -> None:
        one = scene(priority_levels=3, default_priority=2, max_batch_size=2)
        held = await one.hold()
        wanted = [(10, 0), (11, 3), (12, 1), (13, 2), (14, 1), (15, 99)]
        tasks = [one.ask(float(value), priority=level) for value, level in wanted]
        await one.queued(6)
        await one.go(held, *tasks)
        assert one.model.asked[1:] == [[12, 14], [10, 13], [15, 11]]

    asyncio.run(main())


def test_the_queue_has_an_end(scene: Make) -> None:
    async def main() -> None:
        one = scene(queue=QueuePolicy(max_queue_size=5), max_batch_size=100)
        held = await one.hold()
        tasks = [one.ask(*range(7)), one.ask(1)]
        await one.queued(1)
        refused = (await asyncio.gather(tasks[1], return_exceptions=True))[0]
        assert isinstance(refused, OverloadedError)
        assert refused.retry_after > 0
        assert "7 rows wait" in str(refused)
        await one.go(held, tasks[0])
        assert one.model.asked == [[0.5], list(range(7))]
        assert one.batcher.counts.refused == 1

    asyncio.run(main())


def test_every_level_has_a_queue_of_its_own(scene: Make) -> None:
    async def main() -> None:
        one = scene(
            priority_levels=2,
            queue=QueuePolicy(max_queue_size=1),
            queue_by_level={1: QueuePolicy(max_queue_size=3)},
        )
        held = await one.hold()
        tasks = [one.ask(1, priority=level) for level in (1, 1, 1, 1, 2, 2)]
        await one.queued(4)
        _, *answers = await one.go(held, *tasks)
        refused = [isinstance(answer, OverloadedError) for answer in answers]
        assert refused == [False, False, False, True, False, True]

    asyncio.run(main())


def test_whoever_waits_too_long_is_refused_while_the_model_is_busy(scene: Make) -> None:
    async def main() -> None:
        one = scene(queue=QueuePolicy(default_timeout=0.02))
        held = await one.hold()
        late = await asyncio.gather(one.ask(1), one.ask(2, deadline=0.0), return_exceptions=True)
        assert [type(answer) for answer in late] == [DeadlineError] * 2
        assert one.batcher.queued == 0
        await one.go(held)
        assert one.model.asked == [[0.5]]
        assert one.batcher.counts.expired == 2

    asyncio.run(main())


def test_a_request_may_ask_for_less_time_if_that_is_allowed(scene: Make) -> None:
    async def main(*, allowed: bool) -> object:
        one = scene(queue=QueuePolicy(default_timeout=3600.0, allow_override=allowed))
        held = await one.hold()
        task = one.ask(1, deadline=time.perf_counter() + 0.01)
        if allowed:
            await asyncio.wait([task])
        else:
            await one.queued(1)
            await asyncio.sleep(0.03)
        return (await one.go(task, held))[0]

    assert isinstance(asyncio.run(main(allowed=True)), DeadlineError)
    assert asyncio.run(main(allowed=False)).outputs["y"].tolist() == [2]  # type: ignore[attr-defined]


def test_whoever_waits_too_long_may_be_delayed_instead(scene: Make) -> None:
    async def main() -> None:
        one = scene(queue=QueuePolicy(timeout_action="DELAY"), max_batch_size=2)
        held = await one.hold()
        tasks = [one.ask(1, deadline=time.perf_counter() + 0.005), one.ask(2), one.ask(3), one.ask(4)]
        await one.queued(4)
        await asyncio.sleep(0.02)
        await one.go(held, *tasks)
        assert one.model.asked[1:] == [[2, 3], [4, 1]]

    asyncio.run(main())


@pytest.mark.parametrize("in_order", [True, False])
def test_answers_come_in_order_if_that_is_wished(scene: Make, model: Any, in_order: bool) -> None:
    async def main() -> None:
        import threading

        gates = {1.0: threading.Event(), 2.0: threading.Event()}

        def slow(inputs: Inputs) -> dict[str, np.ndarray]:
            assert gates[inputs.columns["x"][0]].wait(30)
            model.asked.append(inputs.columns["x"].tolist())
            return {"y": inputs.columns["x"]}

        model.compute = slow
        one = scene(max_concurrent_batches=2, max_batch_size=1, preserve_ordering=in_order)
        tasks = [one.ask(1, name="first"), one.ask(2, name="second")]
        await asyncio.sleep(0)
        gates[2.0].set()
        while len(model.asked) < 1:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)
        assert one.done == ([] if in_order else ["second"])
        gates[1.0].set()
        await asyncio.gather(*tasks)
        assert one.done == (["first", "second"] if in_order else ["second", "first"])

    asyncio.run(main())


@pytest.mark.parametrize("in_order", [True, False])
def test_another_kind_does_not_overtake_in_order(scene: Make, in_order: bool) -> None:
    async def main() -> None:
        one = scene(preserve_ordering=in_order)
        held = await one.hold()
        tasks = [one.ask(float(value), said=value // 10) for value in (10, 11, 20, 12, 21)]
        await one.queued(5)
        await one.go(held, *tasks)
        expected = [[10, 11], [20], [12], [21]] if in_order else [[10, 11, 12], [20, 21]]
        assert one.model.asked[1:] == expected

    asyncio.run(main())


def test_as_many_batches_at_a_time_as_allowed(scene: Make) -> None:
    async def main(most: int) -> None:
        one = scene(max_concurrent_batches=most, max_batch_size=1)
        one.model.gate.clear()
        tasks = [one.ask(float(value)) for value in range(5)]
        await one.queued(5 - most)
        await one.go(*tasks)
        assert one.model.most == most
        one.model.most = 0

    asyncio.run(main(1))
    asyncio.run(main(3))


def test_closing_waits_for_everything(scene: Make) -> None:
    async def main() -> None:
        one = scene(max_batch_size=1)
        held = await one.hold()
        tasks = [one.ask(float(value)) for value in range(3)]
        await one.queued(3)
        closing = asyncio.create_task(one.batcher.close())
        await asyncio.sleep(0.01)
        assert not closing.done()
        await one.go(held, *tasks)
        await closing
        assert all(task.done() for task in tasks)

    asyncio.run(main())


def test_a_pool_that_was_shut_down_is_an_error_and_no_silence(scene: Make, model: Any) -> None:
    async def main() -> None:
        pool = ThreadPoolExecutor(1)
        batcher = Batcher(model, BatchOptions(max_batch_size=1, max_concurrent_batches=2), pool=pool)
        model.gate.clear()
        tasks = [asyncio.create_task(batcher.run(Inputs({"x": np.ones(1)}, 1))) for _ in range(3)]
        while not model.asked:
            await asyncio.sleep(0.001)
        pool.shutdown(wait=False, cancel_futures=True)
        model.gate.set()
        first, *others = await asyncio.gather(*tasks, return_exceptions=True)
        assert not isinstance(first, BaseException)
        assert [str(other) for other in others] == ["the server is stopping"] * 2
        with pytest.raises(UnavailableError, match="stopping"):
            await batcher.run(Inputs({"x": np.ones(1)}, 1))
        await batcher.close()

    asyncio.run(main())


def test_every_batch_is_told(model: Any) -> None:
    async def main() -> None:
        told: list[tuple[int, float]] = []
        batcher = Batcher(model, told=lambda rows, seconds: told.append((rows, seconds)))
        await batcher.run(Inputs({"x": np.ones(3)}, 3))
        await batcher.close()
        assert [rows for rows, _ in told] == [3]
        assert told[0][1] > 0

    asyncio.run(main())


def test_the_loop_is_not_held_up_by_a_slow_model(scene: Make) -> None:
    async def main() -> None:
        one = scene()
        held = await one.hold()
        for _ in range(100):
            await asyncio.sleep(0)
        assert not held.done()
        await one.go(held)

    asyncio.run(main())
