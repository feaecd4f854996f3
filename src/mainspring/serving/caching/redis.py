"""Answers kept in Redis, for all servers that share it. Needs the extra ``redis``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from mainspring.core.errors import InputError
from mainspring.serving.caching.options import CacheOptions
from mainspring.serving.caching.ports import Arrays, StoreCounts
from mainspring.serving.caching.written import read, write

Value = TypeVar("Value")

_CONNECTIONS = 16
_PUTS = 256
"""So many answers are on their way to Redis at most; more are not kept."""

_LARGEST = 1 << 20
"""Larger answers are not kept: reading them would take longer than most models."""


class RedisCache:
    """A :class:`mainspring.serving.caching.ports.ResponseCache` in Redis.

    If Redis is down or slow, nothing is remembered, and no request fails or waits longer than the timeout: after
    a failure it is left alone for a while.

    Args:
        options: Where it is, and how long it is waited for.

    Raises:
        InputError: If the URL is not one.
    """

    def __init__(self, options: CacheOptions) -> None:
        self._options = options
        self.counts = StoreCounts()
        self._away_until = 0.0
        self._puts: set[asyncio.Task[None]] = set()
        try:
            pool = redis.asyncio.BlockingConnectionPool.from_url(
                options.url,
                max_connections=_CONNECTIONS,
                timeout=options.timeout,
                socket_timeout=options.timeout,
                socket_connect_timeout=options.timeout,
                retry=Retry(NoBackoff(), 0),
            )
        except ValueError as error:
            raise InputError(
                f"this is no address of Redis: {error}", expected="redis://host:6379/0", where="cache.url"
            ) from error
        self._redis = redis.asyncio.Redis.from_pool(pool)

    async def get(self, key: bytes) -> Arrays | None:
        """The outputs kept under a key; ``None`` also if Redis does not answer in time."""
        data = await self._ask(lambda: self._redis.get(self._name(key)))
        if data is None:
            return None
        try:
            return read(data if isinstance(data, bytes) else data.encode())
        except (ValueError, TypeError):
            self.counts.unreadable += 1
            return None

    def put(self, key: bytes, outputs: Arrays, ttl: float) -> None:
        """Keep outputs; they are sent while the loop goes on."""
        data = write(outputs)
        if data is None or len(data) > _LARGEST or len(self._puts) >= _PUTS:
            self.counts.refused += 1
            return
        name, milliseconds = self._name(key), max(1, round(ttl * 1000)) if ttl else None
        task = asyncio.ensure_future(self._set(name, data, milliseconds))
        self._puts.add(task)
        task.add_done_callback(self._puts.discard)

    async def clear(self) -> None:
        """Forget everything that begins with the prefix."""

        async def forget() -> None:
            names = [name async for name in self._redis.scan_iter(match=f"{self._options.prefix}*", count=1000)]
            for start in range(0, len(names), 1000):
                await self._redis.unlink(*names[start : start + 1000])

        await self._ask(forget, timeout=60.0)

    async def close(self) -> None:
        """Finish what is being sent, and close the connections."""
        if self._puts:
            await asyncio.wait(self._puts)
        await self._redis.aclose()
        await self._redis.connection_pool.disconnect()

    async def _set(self, name: bytes, data: bytes, milliseconds: int | None) -> None:
        await self._ask(lambda: self._redis.set(name, data, px=milliseconds))

    async def _ask(
        self, question: Callable[[], Awaitable[Value]], *, timeout: float | None = None
    ) -> Value | None:
        if time.monotonic() < self._away_until:
            self.counts.unreachable += 1
            return None
        try:
            async with asyncio.timeout(timeout or self._options.timeout):
                return await question()
        except (RedisError, OSError, TimeoutError):
            self.counts.unreachable += 1
            self._away_until = time.monotonic() + self._options.pause
            return None

    def _name(self, key: bytes) -> bytes:
        return self._options.prefix.encode() + key.hex().encode()
