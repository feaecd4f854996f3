"""LORD++: tests without end, and few false discoveries among those that were made."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

from mainspring.monitoring.detectors.blocks import require
from mainspring.monitoring.detectors.blockwise import Kept

_SCALE: Final = 0.07720838
"""So that the weights sum to 1 (Javanmard and Montanari, 2018, equation 31)."""


@dataclass(slots=True, kw_only=True)
class LORD(Kept):
    """Gives each test of a sequence its level, so that the share of false discoveries among all stays small.

    A discovery earns some of the level back, so that a stream with much to find is tested sharply, and a quiet one
    more and more strictly: over all time, a stream in which nothing changes has a false discovery at all with at
    most the probability ``share``. The p-values are taken to be independent of those before.

    References:
        A. Ramdas, F. Yang, M. J. Wainwright, M. I. Jordan, "Online control of the false discovery rate with
        decaying memory", NIPS 2017; A. Javanmard, A. Montanari, "Online rules for control of false discovery
        rate and false discovery exceedance", Annals of Statistics 46 (2018).

    Args:
        share: Of discoveries that may be false, on average.
        wealth: To begin with; a tenth of the share.

    Example:
        >>> control = LORD(share=0.05)
        >>> [control.update(p) for p in (1e-6, 0.02, 0.0004)]
        [True, False, True]
    """

    share: float = 0.05
    wealth: float | None = None

    tests: int = 0
    found: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Check the settings."""
        require(0 < self.share < 1, "share", self.share, "above 0 and below 1")
        start = 0.0 if self.wealth is None else self.wealth
        require(0 <= start <= self.share, "wealth", self.wealth, "from 0 to the share")

    @property
    def level(self) -> float:
        """At which level the next test is made."""
        start = self.share / 10 if self.wealth is None else self.wealth
        now = self.tests + 1
        total = _weight(now) * start
        if self.found:
            total += (self.share - start) * _weight(now - self.found[0])
            total += self.share * math.fsum(_weight(now - before) for before in self.found[1:])
        return total

    def update(self, p_value: float) -> bool:
        """Take the p-value of a test, and say whether it is a discovery.

        Raises:
            InputError: If it is not a number from 0 to 1.
        """
        require(0 <= p_value <= 1, "a p-value", p_value, "a number from 0 to 1")
        discovered = p_value <= self.level
        self.tests += 1
        if discovered:
            self.found.append(self.tests)
        return discovered


def _weight(place: int) -> float:
    return _SCALE * math.log(max(place, 2)) / (place * math.exp(math.sqrt(math.log(place))))
