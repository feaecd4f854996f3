"""Merging any number of parts in one go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, Self, TypeVar

from mainspring.core.errors import InputError


class Mergeable(Protocol):
    """A noun of statistics: parts of the data give the whole."""

    @classmethod
    def merged(cls, parts: Sequence[Self]) -> Self:
        """Of the rows of all parts, of which there is at least one."""
        ...


Noun = TypeVar("Noun", bound=Mergeable)


def merge_all(parts: Iterable[Noun]) -> Noun:
    """The statistics of the rows of all parts, whatever noun of statistics they are.

    Merging in one go is faster than one after the other, and estimates stay closer.

    Raises:
        InputError: If there are no parts, or they do not fit each other.

    Example:
        >>> from mainspring.data import Table, summarize
        >>> days = [summarize(Table.from_columns({"x": [day, day + 1]})) for day in range(3)]
        >>> merge_all(days).split("train").feature("x").numbers.mean
        1.5
    """
    found = list(parts)
    if not found:
        raise InputError("no statistics to merge", expected="at least one part")
    return found[0] if len(found) == 1 else type(found[0]).merged(found)


def merge_present(parts: Iterable[Noun | None]) -> Noun | None:
    """Of the parts that there are; ``None`` if there are none."""
    found = [part for part in parts if part is not None]
    return merge_all(found) if found else None
