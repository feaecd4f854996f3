"""Giving up what nobody waits for any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeVar

from mainspring.serving.problems import CancelledError

Value = TypeVar("Value")


async def unless_left(receive: Callable[[], Awaitable[MutableMapping[str, Any]]], work: Awaitable[Value]) -> Value:
    """Wait for something, and give it up as soon as the caller goes away.

    It costs a task, so it is for what takes long.

    Args:
        receive: Of ASGI, after the whole body was received.
        work: What is waited for; it is cancelled if the caller goes away.

    Raises:
        CancelledError: If the caller went away. (Of :mod:`mainspring.serving.problems`.)
    """
    task = asyncio.current_task()
    left = False

    def leave(done: asyncio.Task[None]) -> None:
        nonlocal left
        if task is not None and not done.cancelled() and done.exception() is None:
            left = True
            task.cancel()

    watching = asyncio.ensure_future(_until_disconnected(receive))
    watching.add_done_callback(leave)
    try:
        return await work
    except asyncio.CancelledError:
        if left and task is not None and task.uncancel() == 0:
            raise CancelledError("the caller went away before there was an answer") from None
        raise
    finally:
        watching.remove_done_callback(leave)
        watching.cancel()


async def _until_disconnected(receive: Callable[[], Awaitable[MutableMapping[str, Any]]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
