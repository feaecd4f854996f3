"""A slice: the part of the data for which some columns have given values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows where each named column, read as text, has the given value; no columns means all rows.

    Example:
        >>> str(Slice.of(sex="Female", race="Black"))
        'race=Black, sex=Female'
        >>> str(Slice())
        'all rows'
    """

    values: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, mapping: Mapping[str, str] | None = None, /, **values: str) -> Slice:
        """A slice from column names and values, in the order of the names."""
        return cls(tuple(sorted({**(mapping or {}), **values}.items())))

    def __str__(self) -> str:
        return ", ".join(f"{name}={value}" for name, value in self.values) or "all rows"
