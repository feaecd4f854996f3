"""DDM: has a model begun to make more mistakes?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.monitoring.ports import DetectorState


@dataclass(slots=True, kw_only=True)
class DDM:
    """Follows the error rate of a classifier, and alarms when it has risen well above its best.

    After *i* items with error rate *p* and deviation *s = sqrt(p (1 - p) / i)*, the smallest *p + s* is kept; the
    state is a warning above *p_min + 2 s_min*, and drift above *p_min + 3 s_min*. After a beginning without any
    mistake the first one is an alarm: the method knows no other rate to compare with.

    References:
        J. Gama, P. Medas, G. Castillo, P. Rodrigues, "Learning with drift detection", SBIA 2004.

    Args:
        min_items: No word before so many items.
        warning: How many deviations above the best make a warning.
        drift: How many make an alarm.

    Example:
        >>> detector = DDM()
        >>> states = [detector.update(item % 10 == 0) for item in range(100)]
        >>> states += [detector.update(True) for _ in range(10)]
        >>> states.index(DetectorState.DRIFT)
        106
    """

    min_items: int = 30
    warning: float = 2.0
    drift: float = 3.0

    items: int = 0
    errors: int = 0
    best_rate: float = math.inf
    best_deviation: float = math.inf

    def update(self, value: float) -> DetectorState:
        """Take one item: 1 (or true) for a mistake, 0 for a right answer.

        Raises:
            InputError: If it is neither.
        """
        if value not in (0, 1):
            raise InputError(f"the item is {value}", expected="1 for a mistake, 0 for a right answer")
        self.items += 1
        self.errors += int(value)
        if self.items < self.min_items:
            return DetectorState.STABLE
        rate = self.errors / self.items
        deviation = math.sqrt(rate * (1 - rate) / self.items)
        if rate + deviation <= self.best_rate + self.best_deviation:
            self.best_rate, self.best_deviation = rate, deviation
        if rate + deviation > self.best_rate + self.drift * self.best_deviation:
            self.items = self.errors = 0
            self.best_rate = self.best_deviation = math.inf
            return DetectorState.DRIFT
        if rate + deviation > self.best_rate + self.warning * self.best_deviation:
            return DetectorState.WARNING
        return DetectorState.STABLE

    def as_dict(self) -> Mapping[str, Value]:
        """Settings and memory as plain values; what is not known yet is ``None``."""
        kept = asdict(self)
        return {name: None if kept[name] == math.inf else kept[name] for name in kept}

    @classmethod
    def from_dict(cls, value: Mapping[str, Value]) -> Self:
        """The inverse of :meth:`as_dict`."""
        known: dict[str, Any] = {field.name: value[field.name] for field in fields(cls)}
        for name in ("best_rate", "best_deviation"):
            known[name] = math.inf if known[name] is None else known[name]
        return cls(**known)
