"""The store of a server, as its options say."""

from __future__ import annotations

from mainspring.core.errors import UnavailableError
from mainspring.serving.caching.memory import MemoryCache
from mainspring.serving.caching.options import CacheOptions
from mainspring.serving.caching.ports import ResponseCache


def open_cache(options: CacheOptions) -> ResponseCache:
    """The store that options describe. Nothing is connected to yet.

    Raises:
        UnavailableError: If the library that it needs is not installed.
        InputError: If its address is not one.
    """
    if options.kind == "memory":
        return MemoryCache(options.max_bytes)
    try:
        from mainspring.serving.caching.redis import RedisCache
    except ModuleNotFoundError as error:
        raise UnavailableError(
            "answers cannot be kept in Redis: its client is not installed",
            fix="pip install 'mainspring[redis]'",
        ) from error
    return RedisCache(options)
