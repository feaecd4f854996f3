"""Budgets of runs as people write them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mainspring.core.clock import interval
from mainspring.core.errors import InputError


@dataclass(frozen=True, slots=True)
class Budget:
    """So many runs in any stretch of so long.

    Attributes:
        runs: How many at most.
        seconds: The length of the stretch.
        text: As it was written.

    Example:
        >>> Budget.parse("3 per 7d")
        Budget(runs=3, seconds=604800.0, text='3 per 7d')
    """

    runs: int
    seconds: float
    text: str

    @classmethod
    def parse(cls, text: str) -> Budget:
        """Read one.

        Raises:
            InputError: If it is not a number of runs per length of time.
        """
        found = re.fullmatch(r"\s*(\d+)\s+(?:runs?\s+)?per\s+(\d*)\s*([smhd]|hour|day|week|month)\s*", text)
        if not found or int(found[1]) < 1:
            raise InputError(f"{text!r} is no budget", expected='a number per length of time: "3 per 7d"')
        words = {"hour": "1h", "day": "1d", "week": "7d", "month": "30d"}
        unit = interval(words.get(found[3], f"1{found[3]}"))
        return cls(int(found[1]), int(found[2] or 1) * unit, text.strip())
