"""Figures of one's own beside those that every feature has, and how those of parts come together."""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from mainspring.core import plugins
from mainspring.core.errors import InputError, NotFoundError

_LOCK = threading.Lock()
_KNOWN: dict[str, Merger] = {}


class Merger(Protocol):
    """What can put two figures of its own kind together."""

    def merge(self, one: Any, other: Any) -> Any:
        """The figure of the rows of both."""
        ...


def remember(name: str, merger: Merger) -> None:
    """Let figures of this name be merged by this object from now on, in this process."""
    with _LOCK:
        _KNOWN[name] = merger


def merger_of(name: str) -> Merger:
    """What merges the figures of a name: what was used last in this process, or what a plugin offers.

    Raises:
        InputError: If there is none.
    """
    with _LOCK:
        known = _KNOWN.get(name)
    if known is not None:
        return known
    try:
        found: Any = plugins.load("statistics", name)
    except NotFoundError:
        raise InputError(
            f"figures of {name!r} cannot be merged: it is not known here what made them",
            expected="a generator of this name that was used in this process, or that a plugin offers",
            fix="register the generator first: mainspring.data.profiling.register(…)",
        ) from None
    merger: Merger = found() if isinstance(found, type) else found
    remember(name, merger)
    return merger


def merged_custom(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The figures of one feature over all parts, by the name of what made them.

    Raises:
        InputError: If it is not known how to merge some.
    """
    found: dict[str, Any] = {}
    for name in dict.fromkeys(name for part in parts for name in part):
        values = [part[name] for part in parts if name in part]
        found[name] = functools.reduce(merger_of(name).merge, values) if len(values) > 1 else values[0]
    return found
