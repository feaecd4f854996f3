"""DDM: has a model begun to make more mistakes?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mainspring.monitoring.detectors.blocks import Ints, at, first, last_least, no_mistake, require_deviations
from mainspring.monitoring.detectors.blockwise import OnMistakes
from mainspring.monitoring.ports import DetectorState


@dataclass(slots=True, kw_only=True)
class DDM(OnMistakes):
    """Follows the error rate of a classifier, and alarms when it has risen well above its best.

    After *i* items with error rate *p* and deviation *s = sqrt(p (1 - p) / i)*, the smallest *p + s* is kept; the
    state is a warning above *p_min + 2 s_min*, and drift above *p_min + 3 s_min*. After a beginning without any
    mistake the first one is an alarm: the method knows no other rate to compare with.

    References:
        J. Gama, P. Medas, G. Castillo, P. Rodrigues, "Learning with drift detection", SBIA 2004.

    Args:
        min_items: No word before so many items; 30, as in the paper.
        warning: How many deviations above the best make a warning; 2, as in the paper.
        drift: How many make an alarm; 3, as in the paper.

    Example:
        >>> detector = DDM()
        >>> states = [detector.update(item % 10 == 0) for item in range(100)]
        >>> states += [detector.update(True) for _ in range(10)]
        >>> states.index(DetectorState.DRIFT)
        106
    """

    _UNKNOWN: ClassVar[tuple[str, ...]] = ("best_rate", "best_deviation")

    min_items: int = 30
    warning: float = 2.0
    drift: float = 3.0

    items: int = 0
    errors: int = 0
    best_rate: float = math.inf
    best_deviation: float = math.inf

    def __post_init__(self) -> None:
        """Check the settings."""
        require_deviations(self.min_items, self.warning, self.drift)

    def update(self, value: float) -> DetectorState:
        """Take one item: 1 (or true) for a mistake, 0 for a right answer.

        Raises:
            InputError: If it is neither.
        """
        if value not in (0, 1):
            raise no_mistake(value)
        self.items += 1
        self.errors += int(value)
        if self.items < self.min_items:
            return DetectorState.STABLE
        rate = self.errors / self.items
        deviation = math.sqrt(rate * (1 - rate) / self.items)
        if rate + deviation <= self.best_rate + self.best_deviation:
            self.best_rate, self.best_deviation = rate, deviation
        if rate + deviation > self.best_rate + self.drift * self.best_deviation:
            self._begin()
            return DetectorState.DRIFT
        if rate + deviation > self.best_rate + self.warning * self.best_deviation:
            return DetectorState.WARNING
        return DetectorState.STABLE

    def _begin(self) -> None:
        self.items = self.errors = 0
        self.best_rate = self.best_deviation = math.inf

    def _scan(self, block: Ints) -> int | None:
        quiet = min(max(0, self.min_items - 1 - self.items), block.size)
        items = self.items + np.arange(1, block.size + 1)[quiet:]
        errors = self.errors + np.cumsum(block)
        if items.size:
            rate = errors[quiet:] / items
            deviation = np.sqrt(rate * (1 - rate) / items)
            best = last_least(rate + deviation, self.best_rate + self.best_deviation)
            best_rate, best_deviation = at(rate, best, self.best_rate), at(deviation, best, self.best_deviation)
            found = first(rate + deviation > best_rate + self.drift * best_deviation)
            if found is not None:
                self._begin()
                return quiet + found
            self.best_rate, self.best_deviation = float(best_rate[-1]), float(best_deviation[-1])
        self.items += block.size
        self.errors = int(errors[-1])
        return None
