"""A budget of false alarms, in words that people use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from mainspring.core.clock import interval
from mainspring.core.errors import InputError

_WORDS: Final = re.compile(r"\s*(?P<count>\d+(\.\d+)?)\s*(%|per\s+(?P<period>\S+))\s*")
_MOST: Final = 0.5
"""However long a window is, it alarms by chance at most as often as not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseAlarms:
    """How many false alarms are put up with.

    Either so many in a period, on average, while nothing changes: then every window may alarm by chance with a
    probability that grows with its length. The sum of these is the expected number of false alarms, whether or not
    windows, features or slices depend on each other, and although all are held against the same reference: an
    expectation of a sum needs no independence. Or a share of all alarms, see :class:`LORD`.

    Attributes:
        count: How many in the period, or the share of all alarms.
        period: In seconds; ``None`` for a share.

    Example:
        >>> budget = FalseAlarms.parse("1 per 30d")
        >>> round(budget.level(3600.0), 6)
        0.001389
        >>> FalseAlarms.parse("5%").share
        0.05
    """

    count: float
    period: float | None

    @classmethod
    def parse(cls, words: str) -> Self:
        """Read ``1 per 30d`` or ``5%``.

        Raises:
            InputError: If it is written in another way, or is 0, or 100 % or more.
        """
        found = _WORDS.fullmatch(str(words))
        count = float(found["count"]) if found else 0.0
        if found is None or not count or (found["period"] is None and count >= 100):
            raise InputError(
                f"a budget of false alarms of {words!r}",
                expected="so many in a period, such as '1 per 30d', or a share of all alarms, such as '5%'",
            )
        if found["period"] is None:
            return cls(count=count / 100, period=None)
        return cls(count=count, period=interval(found["period"]))

    @property
    def share(self) -> float | None:
        """The share of all alarms that may be false; ``None`` if it is so many in a period."""
        return self.count if self.period is None else None

    def level(self, length: float) -> float:
        """With which probability a window of so many seconds may alarm by chance; a share is its own level."""
        if self.period is None:
            return self.count
        return min(self.count * max(length, 1.0) / self.period, _MOST)

    def expected(self, length: float) -> float:
        """How many false alarms there are on average in so many seconds; for a share, the share itself."""
        return self.count if self.period is None else self.count * length / self.period

    def __str__(self) -> str:
        if self.period is None:
            return f"{100 * self.count:g}%"
        days = self.period / 86_400
        return f"{self.count:g} per {days:g}d"
