"""Asking several sources at once, for a limited time: one that fails or is slow does not keep the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar, cast

from mainspring.core.errors import MainspringError

T = TypeVar("T")

_POOL: Final = ThreadPoolExecutor(24, thread_name_prefix="mainspring-together")
"""Shared by all requests: threads keep their connections to the store."""


@dataclass(frozen=True, slots=True)
class Answered(Generic[T]):
    """What came of asking a source.

    Attributes:
        value: What it gave; ``None`` if it gave nothing in time.
        problem: Why it did not; empty if it did.
        slow: Whether it is still at it.
    """

    value: T | None
    problem: str = ""
    slow: bool = False


def together(sources: Mapping[str, Callable[[], T]], *, seconds: float) -> Mapping[str, Answered[T]]:
    """Ask all sources at once.

    Args:
        sources: What is asked, by name.
        seconds: How long is waited for all of them; what takes longer goes on, and nobody waits for it.

    Example:
        >>> found = together({"one": lambda: 1, "none": lambda: 1 // 0}, seconds=5.0)
        >>> found["one"].value, found["none"].problem
        (1, 'ZeroDivisionError: integer division or modulo by zero')
    """
    asked: dict[str, Future[Any]] = {name: _POOL.submit(source) for name, source in sources.items()}
    wait(asked.values(), timeout=seconds)
    return {name: _answered(future, seconds) for name, future in asked.items()}


def _answered(future: Future[Any], seconds: float) -> Answered[T]:
    if not future.done():
        future.cancel()
        return Answered(None, f"no answer within {seconds:g} s", slow=True)
    error = future.exception()
    if error is None:
        return Answered(cast("T", future.result()))
    return Answered(None, str(error) if isinstance(error, MainspringError) else f"{type(error).__name__}: {error}")
