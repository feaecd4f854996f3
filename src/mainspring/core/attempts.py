"""Trying what others wrote: whatever it raises is kept, so that the rest goes on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def attempted(do: Callable[[], T]) -> Future[T]:
    """Do something that a plugin or a user's own class does, and keep what it gives or raises.

    Args:
        do: It; it is done when this comes back, in a thread of its own.

    Returns:
        What came of it: ask ``exception()`` before ``result()``.

    Example:
        >>> attempted(lambda: 1 / 0).exception()
        ZeroDivisionError('division by zero')
        >>> attempted(lambda: 6 / 2).result()
        3.0
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(do)
