"""Remembered answers: equal questions to one version of a model are computed once.

:class:`Remembering` looks answers up, :class:`Keys` tells questions apart, and a :class:`ResponseCache` keeps
answers, in memory (:class:`MemoryCache`) or in Redis; :func:`open_cache` gives one.
"""

from __future__ import annotations

from mainspring.serving.caching.keys import Keys
from mainspring.serving.caching.memory import MemoryCache
from mainspring.serving.caching.opening import open_cache
from mainspring.serving.caching.options import CacheOptions, ModelCacheOptions
from mainspring.serving.caching.ports import ResponseCache, StoreCounts
from mainspring.serving.caching.remembering import CacheCounts, Remembered, Remembering

__all__ = [
    "CacheCounts",
    "CacheOptions",
    "Keys",
    "MemoryCache",
    "ModelCacheOptions",
    "Remembered",
    "Remembering",
    "ResponseCache",
    "StoreCounts",
    "open_cache",
]
