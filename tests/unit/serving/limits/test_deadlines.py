import asyncio
import time

import pytest

from mainspring.serving.limits import in_time, within
from mainspring.serving.limits.deadlines import earlier
from mainspring.serving.problems import DeadlineError, status_of


def test_earlier() -> None:
    assert (earlier(None, None), earlier(1.0, None), earlier(None, 2.0), earlier(3.0, 2.0)) == (
        None,
        1.0,
        2.0,
        2.0,
    )


def test_what_is_in_time_is_given() -> None:
    async def give() -> int:
        await asyncio.sleep(0)
        return 5

    now = time.perf_counter()
    assert asyncio.run(within(None, now, give())) == 5
    assert asyncio.run(within(now + 60, now, give())) == 5


def test_what_is_late_is_given_up() -> None:
    stopped: list[bool] = []

    async def dawdle() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            stopped.append(True)
            raise

    now = time.perf_counter()
    with pytest.raises(DeadlineError, match=r"within 0\.01 seconds") as caught:
        asyncio.run(within(now + 0.01, now, dawdle()))
    assert stopped == [True]
    assert status_of(caught.value) == 504


def test_a_timeout_of_the_model_itself_is_not_taken_for_a_deadline() -> None:
    async def fail() -> None:
        raise TimeoutError("the database of the model")

    with pytest.raises(TimeoutError, match="database"):
        asyncio.run(within(time.perf_counter() + 60, 0.0, fail()))


def test_a_caller_that_goes_away_is_not_taken_for_late() -> None:
    async def main() -> None:
        now = time.perf_counter()
        task = asyncio.create_task(within(now + 60, now, asyncio.sleep(60)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_too_late_to_begin() -> None:
    now = time.perf_counter()
    in_time(None, now)
    in_time(now + 60, now)
    with pytest.raises(DeadlineError):
        in_time(now, now - 1)
