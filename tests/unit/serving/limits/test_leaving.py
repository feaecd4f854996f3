import asyncio
from typing import Any

import pytest

from mainspring.serving.limits import unless_left
from mainspring.serving.problems import CancelledError


class Wire:
    """A connection whose caller may go away."""

    def __init__(self) -> None:
        self.left = asyncio.Event()
        self.asked = 0

    async def receive(self) -> dict[str, Any]:
        self.asked += 1
        await self.left.wait()
        return {"type": "http.disconnect"}


def test_the_answer_is_given_to_whoever_stays() -> None:
    async def main() -> None:
        wire = Wire()

        async def work() -> int:
            await asyncio.sleep(0.01)
            return 5

        assert await unless_left(wire.receive, work()) == 5
        assert wire.asked == 1
        with pytest.raises(ValueError, match="odd"):
            await unless_left(wire.receive, failing())
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) == 1

    async def failing() -> None:
        await asyncio.sleep(0)
        raise ValueError("odd")

    asyncio.run(main())


def test_what_is_there_at_once_asks_nobody() -> None:
    async def main() -> None:
        wire = Wire()

        async def quick() -> int:
            return 5

        assert await unless_left(wire.receive, quick()) == 5
        await asyncio.sleep(0)
        assert wire.asked == 0

    asyncio.run(main())


def test_work_for_nobody_is_given_up() -> None:
    async def main() -> None:
        wire, stopped = Wire(), []

        async def work() -> None:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                stopped.append(True)
                raise

        task = asyncio.create_task(unless_left(wire.receive, work()))
        await asyncio.sleep(0)
        wire.left.set()
        with pytest.raises(CancelledError, match="went away"):
            await task
        assert stopped == [True]
        assert task.cancelling() == 0

    asyncio.run(main())


def test_to_be_cancelled_is_something_else() -> None:
    async def main() -> None:
        wire = Wire()
        task = asyncio.create_task(unless_left(wire.receive, asyncio.sleep(60)))
        while not wire.asked:
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())


def test_more_of_a_body_that_is_complete_is_not_taken_for_leaving() -> None:
    async def main() -> None:
        async def again() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def work() -> int:
            await asyncio.sleep(0.005)
            return 5

        assert await unless_left(again, work()) == 5

    asyncio.run(main())


def test_a_connection_that_fails_does_not_stop_the_work() -> None:
    async def main() -> None:
        async def broken() -> dict[str, Any]:
            raise RuntimeError("the transport is odd")

        async def work() -> int:
            await asyncio.sleep(0.005)
            return 5

        assert await unless_left(broken, work()) == 5

    asyncio.run(main())
