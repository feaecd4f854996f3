"""FHDDM: is the share of mistakes among the last items above its least, by Hoeffding's inequality?"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from mainspring.monitoring.detectors.blocks import Ints, first, no_mistake, require
from mainspring.monitoring.detectors.blockwise import OnMistakes
from mainspring.monitoring.ports import DetectorState


@dataclass(slots=True, kw_only=True)
class FHDDM(OnMistakes):
    """Counts mistakes in a window of the last items, and alarms when there are too many more than there ever were
    least.

    Too many more is *sqrt(ln(1 / level) / (2 window))* of the window. It says nothing before the window is full,
    which it is again only so many items after an alarm.

    References:
        A. Pesaranghader, H. L. Viktor, "Fast Hoeffding drift detection method for evolving data streams", European
        Conference on Machine Learning and Principles and Practice of Knowledge Discovery in Databases 2016.

    Args:
        window: Items in the window; 100.
        level: The chance that the share in a window of a steady stream is that far from the true one; 0.000001.
        The
            least of many windows is compared with the last one, so that it is no share of false alarms.

    Example:
        >>> detector = FHDDM()
        >>> detector.update_many([item % 10 == 0 for item in range(1000)] + [item % 2 == 0 for item in range(200)])
        array([1066])
    """

    _UNKNOWN: ClassVar[tuple[str, ...]] = ("least",)

    window: int = 100
    level: float = 0.000001

    errors: int = 0
    least: float = math.inf
    last: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Check the settings."""
        require(self.window >= 2, "window", self.window, "at least 2")
        require(0 < self.level < 1, "level", self.level, "above 0 and below 1")

    def update(self, value: float) -> DetectorState:
        """Take one item: 1 (or true) for a mistake, 0 for a right answer.

        Raises:
            InputError: If it is neither.
        """
        if value not in (0, 1):
            raise no_mistake(value)
        self.last.append(int(value))
        self.errors += int(value)
        if len(self.last) < self.window:
            return DetectorState.STABLE
        if len(self.last) > self.window:
            self.errors -= self.last.pop(0)
        self.least = min(self.least, self.errors)
        if self.errors - self.least <= self._room():
            return DetectorState.STABLE
        self._begin()
        return DetectorState.DRIFT

    def _room(self) -> float:
        """How many more mistakes than the least are put up with."""
        return math.sqrt(self.window * math.log(1 / self.level) / 2)

    def _begin(self) -> None:
        self.least, self.errors, self.last = math.inf, 0, []

    def _scan(self, block: Ints) -> int | None:
        seen = np.concatenate([np.array(self.last, dtype=np.int64), block])
        sums = np.concatenate([[0], np.cumsum(seen)])
        quiet = max(0, self.window - 1 - len(self.last))
        if quiet < block.size:
            errors = sums[-(block.size - quiet) :] - sums[-(block.size - quiet) - self.window : -self.window]
            least = np.minimum.accumulate(np.concatenate([[self.least], errors]))[1:]
            found = first(errors - least > self._room())
            if found is not None:
                self._begin()
                return quiet + found
            self.least = float(least[-1])
        self.last = seen[-self.window :].tolist()
        self.errors = sum(self.last)
        return None
