"""The Page-Hinkley test: has the mean of a stream moved?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.monitoring.ports import DetectorState


@dataclass(slots=True, kw_only=True)
class PageHinkley:
    """Cumulates how far items lie from the mean so far, and alarms when the sum has left its extreme.

    References:
        E. S. Page, "Continuous inspection schemes", Biometrika 41 (1954); D. V. Hinkley, "Inference about the
        change-point from cumulative sum tests", Biometrika 58 (1971).

    Args:
        threshold: How far the sum may rise above its least (or fall below its most), in the unit of the items.
        delta: Changes of the mean smaller than this are put up with.
        forgetting: What is kept of the sum from item to item; 1 keeps everything.
        min_items: No alarm before so many items.
        direction: Which movement of the mean counts.

    Example:
        >>> detector = PageHinkley(threshold=2, delta=0, min_items=1)
        >>> [str(detector.update(value)) for value in (0, 0, 0, 0, 1, 1, 1)][-2:]
        ['STABLE', 'DRIFT']
    """

    threshold: float = 50.0
    delta: float = 0.005
    forgetting: float = 0.9999
    min_items: int = 30
    direction: Literal["up", "down", "both"] = "both"

    items: int = 0
    mean: float = 0.0
    rise: float = 0.0
    rise_least: float = 0.0
    fall: float = 0.0
    fall_most: float = 0.0

    def update(self, value: float) -> DetectorState:
        """Take one item.

        Raises:
            InputError: If it is not a finite number.
        """
        if not math.isfinite(value):
            raise InputError(f"the item is {value}", expected="a finite number")
        self.items += 1
        self.mean += (value - self.mean) / self.items
        off = value - self.mean
        self.rise = self.forgetting * self.rise + off - self.delta
        self.fall = self.forgetting * self.fall + off + self.delta
        self.rise_least = min(self.rise_least, self.rise)
        self.fall_most = max(self.fall_most, self.fall)
        if self.items < self.min_items or not self._left():
            return DetectorState.STABLE
        self.items, self.mean = 0, 0.0
        self.rise = self.rise_least = self.fall = self.fall_most = 0.0
        return DetectorState.DRIFT

    def as_dict(self) -> Mapping[str, Value]:
        """Settings and memory as plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, value: Mapping[str, Value]) -> Self:
        """The inverse of :meth:`as_dict`."""
        known: dict[str, Any] = {field.name: value[field.name] for field in fields(cls)}
        return cls(**known)

    def _left(self) -> bool:
        up = self.direction != "down" and self.rise - self.rise_least > self.threshold
        return up or (self.direction != "up" and self.fall_most - self.fall > self.threshold)
