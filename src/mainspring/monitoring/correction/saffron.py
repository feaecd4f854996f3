"""SAFFRON: as LORD++, but tests that are clearly nothing cost nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

from mainspring.monitoring.detectors.blocks import require
from mainspring.monitoring.detectors.blockwise import Kept

_SCALE: Final = 0.4374901658
_POWER: Final = 1.6
"""Weights of ``1 / j ** 1.6`` that sum to 1."""


@dataclass(slots=True, kw_only=True)
class SAFFRON(Kept):
    """Gives each test of a sequence its level, and pays only for those whose p-value is a candidate.

    Where many tests have something to find it has more power than LORD++; where nearly all are quiet, p-values
    below ``candidate`` use the wealth up. The p-values are taken to be independent of those before.

    References:
        A. Ramdas, T. Zrnic, M. J. Wainwright, M. I. Jordan, "SAFFRON: an adaptive algorithm for online control of
        the false discovery rate", ICML 2018.

    Args:
        share: Of discoveries that may be false, on average.
        candidate: P-values up to this are candidates for a discovery.
        wealth: To begin with; half of the share.

    Example:
        >>> control = SAFFRON(share=0.05)
        >>> [control.update(p) for p in (1e-6, 0.02, 0.0004)]
        [True, False, True]
    """

    share: float = 0.05
    candidate: float = 0.5
    wealth: float | None = None

    tests: int = 0
    quiet: int = 0
    found: list[list[int]] = field(default_factory=list)
    """Of each discovery: its number, and how many tests that are no candidates came up to it."""

    def __post_init__(self) -> None:
        """Check the settings."""
        require(0 < self.share < 1, "share", self.share, "above 0 and below 1")
        require(0 < self.candidate < 1, "candidate", self.candidate, "above 0 and below 1")
        start = 0.0 if self.wealth is None else self.wealth
        require(0 <= start <= self.share, "wealth", self.wealth, "from 0 to the share")

    @property
    def level(self) -> float:
        """At which level the next test is made."""
        start = self.share / 2 if self.wealth is None else self.wealth
        # Only tests that were no candidates move a weight on.
        total = start * _weight(self.quiet + 1)
        since = [_weight(self.quiet - quiet + 1) for _, quiet in self.found]
        if since:
            total += (self.share - start) * since[0] + self.share * math.fsum(since[1:])
        return min(self.candidate, (1 - self.candidate) * total)

    def update(self, p_value: float) -> bool:
        """Take the p-value of a test, and say whether it is a discovery.

        Raises:
            InputError: If it is not a number from 0 to 1.
        """
        require(0 <= p_value <= 1, "a p-value", p_value, "a number from 0 to 1")
        discovered = p_value <= self.level
        self.tests += 1
        self.quiet += p_value > self.candidate
        if discovered:
            self.found.append([self.tests, self.quiet])
        return discovered


def _weight(place: int) -> float:
    return float(_SCALE / place**_POWER)
