"""Doing something again and again beside what a server answers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

_LOG = logging.getLogger(__name__)


@asynccontextmanager
async def repeated(do: Callable[[], Awaitable[object]], *, seconds: float, complaint: str) -> AsyncIterator[None]:
    """Do something every so often for as long as the context lasts.

    Args:
        do: Does it once; whatever goes wrong, it is done again.
        seconds: The pause before every time.
        complaint: What the log says when it goes wrong.
    """

    async def again() -> None:
        while True:
            await asyncio.sleep(seconds)
            (failed,) = await asyncio.gather(do(), return_exceptions=True)
            if isinstance(failed, Exception):
                _LOG.error("%s", complaint, exc_info=failed)

    repeating = asyncio.create_task(again())
    try:
        yield
    finally:
        repeating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await repeating
