"""Work that goes on when whoever asked for it goes away."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Value = TypeVar("Value")


class Lasting:
    """Does work that is not given up half-way: a model cancelled while it loads would be neither here nor gone."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()  # of whatever is asked for

    async def do(self, work: Coroutine[Any, Any, Value]) -> Value:  # the type of a coroutine has them
        """Wait for something; whoever waits may be cancelled, the work is not."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)
