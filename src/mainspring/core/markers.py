"""Marks for the maturity of public names, visible to people, tools and tests."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class ExperimentalWarning(UserWarning):
    """The marked name may change in any release."""


def experimental(since: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a function as experimental since a version; it warns once per place of use."""

    def mark(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            warnings.warn(
                f"{function.__qualname__} is experimental (since {since}) and may change",
                ExperimentalWarning,
                stacklevel=2,
            )
            return function(*args, **kwargs)

        return wrapper

    return mark


def deprecated(since: str, *, removal: str, instead: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a function as deprecated, with the release that removes it and what to use instead."""

    def mark(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            warnings.warn(
                f"{function.__qualname__} is deprecated since {since} and goes in {removal}; use {instead}",
                DeprecationWarning,
                stacklevel=2,
            )
            return function(*args, **kwargs)

        return wrapper

    return mark
