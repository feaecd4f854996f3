"""STEPD: are the last answers worse than those before, by a test of equal proportions?"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from mainspring.monitoring.detectors.blocks import Ints, first, no_mistake, require, require_levels
from mainspring.monitoring.detectors.blockwise import OnMistakes
from mainspring.monitoring.ports import DetectorState


@dataclass(slots=True, kw_only=True)
class STEPD(OnMistakes):
    """Compares the error rate of the last items with that of all before them, and alarms when it is higher.

    The test of equal proportions has the correction for continuity, and is one-sided: fewer mistakes are no alarm.
    It is made at every item, so that a steady stream gives false alarms, about 50 in 100,000 items.

    References:
        K. Nishida, K. Yamauchi, "Detecting concept drift using statistical testing", Discovery Science 2007.

    Args:
        recent: How many items are the last ones; 30, as in the paper. No word before twice as many.
        drift: Significance of an alarm; 0.003, as in the paper.
        warning: Significance of a warning; 0.05, as in the paper.

    Example:
        >>> detector = STEPD()
        >>> detector.update_many([item % 10 == 0 for item in range(1000)] + [item % 2 == 0 for item in range(200)])
        array([1014])
    """

    recent: int = 30
    drift: float = 0.003
    warning: float = 0.05

    items: int = 0
    errors: int = 0
    last: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Check the settings."""
        require(self.recent >= 2, "recent", self.recent, "at least 2")
        require_levels(self.drift, self.warning, below=0.5)

    def update(self, value: float) -> DetectorState:
        """Take one item: 1 (or true) for a mistake, 0 for a right answer.

        Raises:
            InputError: If it is neither.
        """
        if value not in (0, 1):
            raise no_mistake(value)
        self.items += 1
        self.errors += int(value)
        self.last.append(int(value))
        if len(self.last) > self.recent:
            del self.last[0]
        if self.items < 2 * self.recent:
            return DetectorState.STABLE
        older, newer = self.items - self.recent, sum(self.last)
        each = 1 / older + 1 / self.recent
        rate = self.errors / self.items
        spread = math.sqrt(rate * (1 - rate) * each)
        off = newer / self.recent - (self.errors - newer) / older - each / 2
        if off > _quantile(self.drift) * spread:
            self._begin()
            return DetectorState.DRIFT
        return DetectorState.WARNING if off > _quantile(self.warning) * spread else DetectorState.STABLE

    def _begin(self) -> None:
        self.items = self.errors = 0
        self.last = []

    def _scan(self, block: Ints) -> int | None:
        seen = np.concatenate([np.array(self.last, dtype=np.int64), block])
        sums = np.concatenate([[0], np.cumsum(seen)])
        ends = len(self.last) + np.arange(1, block.size + 1)
        newer = sums[ends] - sums[np.maximum(ends - self.recent, 0)]
        items = self.items + np.arange(1, block.size + 1)
        errors = self.errors + np.cumsum(block)
        older = np.maximum(items - self.recent, 1)
        each = 1 / older + 1 / self.recent
        rate = errors / items
        spread = np.sqrt(rate * (1 - rate) * each)
        off = newer / self.recent - (errors - newer) / older - each / 2
        found = first((off > _quantile(self.drift) * spread) & (items >= 2 * self.recent))
        if found is not None:
            self._begin()
            return found
        self.items, self.errors = int(items[-1]), int(errors[-1])
        self.last = seen[-self.recent :].tolist()
        return None


@lru_cache(maxsize=64)
def _quantile(level: float) -> float:
    return NormalDist().inv_cdf(1 - level)
