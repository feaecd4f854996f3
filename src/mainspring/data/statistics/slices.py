"""Which rows of a table are described apart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

MISSING: Final = "(missing)"
"""Stands for the value of rows that have none."""


@dataclass(frozen=True, slots=True)
class NumberRange:
    """Numbers from ``low`` up to and without ``high``; ``None`` for no bound."""

    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.low is None and self.high is None:
            return "any number"
        if self.low is None:
            return f"below {_text(self.high)}"
        return f"{_text(self.low)} and more" if self.high is None else f"[{_text(self.low)}, {_text(self.high)})"

    def overlaps(self, other: NumberRange) -> bool:
        """Whether some number is in both."""
        lows = [-math.inf if one.low is None else one.low for one in (self, other)]
        highs = [math.inf if one.high is None else one.high for one in (self, other)]
        return max(lows) < min(highs)


@dataclass(frozen=True, slots=True)
class SliceRule:
    """Some slices of a table: one per value of columns, or the rows for which an SQL condition holds.

    Attributes:
        columns: One slice per value, or combination of values, of these columns.
        values: Column to the only values that are wanted, as text; ``(missing)`` for rows without one.
        ranges: Column to ranges of numbers that take the place of values.
        name: Of the slice, if it is one by condition.
        condition: In SQL.
    """

    columns: tuple[str, ...] = ()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[NumberRange, ...]] = field(default_factory=dict)
    name: str = ""
    condition: str = ""

    def __str__(self) -> str:
        return self.name or " x ".join(self.columns)


def _text(number: float | None) -> str:
    return f"{number:g}" if number is not None else ""
