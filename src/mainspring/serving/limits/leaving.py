"""Giving up what nobody waits for any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeVar

from mainspring.serving.problems import CancelledError

Value = TypeVar("Value")

_AT_FIRST = 0.001


async def unless_left(receive: Callable[[], Awaitable[MutableMapping[str, Any]]], work: Awaitable[Value]) -> Value:
    """Wait for something, and give it up as soon as the caller goes away.

    For the first millisecond nobody looks whether it is still there: most answers take less, and looking costs
    more than they do.

    Args:
        receive: Of ASGI, after the whole body was received.
        work: What is waited for; it is cancelled if the caller goes away.

    Raises:
        CancelledError: If the caller went away. (Of :mod:`mainspring.serving.problems`.)
    """
    task = asyncio.current_task()
    left = False

    def leave(done: asyncio.Task[bool]) -> None:
        nonlocal left
        if task is not None and not done.cancelled() and done.exception() is None and done.result():
            left = True
            task.cancel()

    watching: asyncio.Task[bool] | None = None

    def watch() -> None:
        nonlocal watching
        watching = asyncio.ensure_future(_is_gone(receive))
        watching.add_done_callback(leave)

    timer = asyncio.get_running_loop().call_later(_AT_FIRST, watch)
    try:
        return await work
    except asyncio.CancelledError:
        if left and task is not None and task.uncancel() == 0:
            raise CancelledError("the caller went away before there was an answer") from None
        raise
    finally:
        timer.cancel()
        if watching is not None:
            watching.remove_done_callback(leave)
            watching.cancel()


async def _is_gone(receive: Callable[[], Awaitable[MutableMapping[str, Any]]]) -> bool:
    """Whether what comes after the body is that the caller is gone; nothing else should come."""
    return bool((await receive())["type"] == "http.disconnect")
