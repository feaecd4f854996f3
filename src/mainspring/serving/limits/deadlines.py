"""When the answer to a request is of no use any more, and giving up then."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Mapping
from typing import TypeVar

from mainspring.serving.problems import DeadlineError, MalformedError

Value = TypeVar("Value")

SECONDS = b"x-request-timeout"
"""A header with the seconds that the caller waits."""

MILLISECONDS = b"x-envoy-expected-rq-timeout-ms"
"""The same in milliseconds, as the proxy Envoy sends it."""


def timeout_of(headers: Mapping[bytes, bytes]) -> float | None:
    """The seconds that a caller waits, as the headers of its request say.

    Raises:
        MalformedError: If a header says something else than a number.
    """
    told = headers.get(SECONDS)
    if told is not None:
        return _number(SECONDS, told)
    told = headers.get(MILLISECONDS)
    return None if told is None else _number(MILLISECONDS, told) / 1000


def earlier(one: float | None, other: float | None) -> float | None:
    """The earlier of two times, of which any may not be given."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def in_time(deadline: float | None, arrived: float) -> None:
    """See that it is not too late to begin.

    Raises:
        DeadlineError: If it is.
    """
    if deadline is not None and time.perf_counter() >= deadline:
        raise _late(deadline - arrived)


async def within(deadline: float | None, arrived: float, work: Awaitable[Value]) -> Value:
    """Wait for something until a time; give it up then.

    Args:
        deadline: The time, by ``time.perf_counter``; ``None`` for as long as it takes.
        arrived: When the request came.
        work: What is waited for.

    Raises:
        DeadlineError: If it took longer.
    """
    if deadline is None:
        return await work
    loop = asyncio.get_running_loop()
    limit = asyncio.timeout_at(loop.time() + deadline - time.perf_counter())
    try:
        async with limit:
            return await work
    except TimeoutError:
        if limit.expired():
            raise _late(deadline - arrived) from None
        raise


def _late(seconds: float) -> DeadlineError:
    return DeadlineError(
        f"there was no answer within {seconds:.3g} seconds, the time that the request was given",
        fix="give it more time, or ask again when the server has less to do",
    )


def _number(name: bytes, text: bytes) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < 1e9:
        raise MalformedError(
            f"the header {name.decode()} holds {text[:50].decode('latin-1')!r}", expected="a positive number"
        )
    return value
