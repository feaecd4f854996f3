"""CUSUM: has the mean of a stream left its target?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mainspring.monitoring.detectors.blocks import Floats, first, number, require, require_direction
from mainspring.monitoring.detectors.blockwise import OnNumbers
from mainspring.monitoring.ports import DetectorState

FARTHEST = 1e6
"""How far an item may lie from the target, in deviations; what lies farther counts as this."""


@dataclass(slots=True, kw_only=True)
class CUSUM(OnNumbers):
    """Cumulates how far items lie beyond a slack around the target, and alarms when the sum is past a threshold.

    Items are counted in standard deviations from the target. Each side has its sum, which never falls below 0.
    With a target and a deviation that are known it is the quickest there is for a shift of twice the slack. What
    is not known is learned from the first ``min_items`` items; if they are all equal, the first other one is an
    alarm.

    References:
        E. S. Page, "Continuous inspection schemes", Biometrika 41 (1954); D. C. Montgomery, "Introduction to
        statistical quality control", chapter 9 (run lengths).

    Args:
        target: The mean that is wanted; learned if it is not given.
        deviation: The standard deviation of the items; learned if it is not given.
        slack: Deviations from the target that are put up with; 0.5, the best for shifts of one deviation.
        threshold: Sum that makes an alarm, in deviations. Textbooks have 5, which gives a false alarm every 465
            items; 12 gives one in half a million where target and deviation are known, and 14 more items of delay.
        warning: Sum that makes a warning.
        min_items: Items from which target and deviation are learned.
        direction: Which movement of the mean counts; one side or both.

    Example:
        >>> detector = CUSUM(target=10, deviation=1, threshold=5)
        >>> detector.update_many([10, 9, 11, 10, 12, 12, 12, 12, 12])
        array([7])
    """

    target: float | None = None
    deviation: float | None = None
    slack: float = 0.5
    threshold: float = 12.0
    warning: float = 8.0
    min_items: int = 200
    direction: Literal["up", "down", "both"] = "both"

    items: int = 0
    start: float = 0.0
    total: float = 0.0
    squares: float = 0.0
    centre: float | None = None
    spread: float | None = None
    rise: float = 0.0
    rise_least: float = 0.0
    fall: float = 0.0
    fall_least: float = 0.0

    def __post_init__(self) -> None:
        """Check the settings."""
        require(self.deviation is None or self.deviation > 0, "deviation", self.deviation, "above 0")
        require(self.slack >= 0, "slack", self.slack, "0 or more")
        require(self.warning > 0, "warning", self.warning, "above 0")
        require(self.threshold > 0, "threshold", self.threshold, "above 0")
        require(self.min_items >= 2, "min_items", self.min_items, "at least 2")
        require_direction(self.direction)

    def update(self, value: float) -> DetectorState:
        """Take one item.

        Raises:
            InputError: If it is not a finite number.
        """
        value = number(value)
        self._known()
        self.items += 1
        if self.centre is None or self.spread is None:
            self._learn(value)
            return DetectorState.STABLE
        if self.spread > 0:
            off = min(max((value - self.centre) / self.spread, -FARTHEST), FARTHEST)
        else:
            off = 0.0 if value == self.centre else math.copysign(FARTHEST, value - self.centre)
        self.rise += off - self.slack
        self.fall += -off - self.slack
        self.rise_least = min(self.rise_least, self.rise)
        self.fall_least = min(self.fall_least, self.fall)
        up = self.rise - self.rise_least if self.direction != "down" else 0.0
        down = self.fall - self.fall_least if self.direction != "up" else 0.0
        if max(up, down) > self.threshold:
            self._begin()
            return DetectorState.DRIFT
        return DetectorState.WARNING if max(up, down) > self.warning else DetectorState.STABLE

    def _known(self) -> None:
        if self.target is not None and self.deviation is not None:
            self.centre, self.spread = self.target, self.deviation

    def _begin(self) -> None:
        self.items = 0
        self.start = self.total = self.squares = 0.0
        self.centre = self.spread = None
        self.rise = self.rise_least = self.fall = self.fall_least = 0.0

    def _learn(self, value: float) -> None:
        """Sums from the first item on, so that equal items have a deviation of exactly 0."""
        if self.items == 1:
            self.start = value
        off = value - self.start
        self.total += off
        self.squares += off * off
        if self.items == self.min_items:
            mean = self.total / self.items
            spread = math.sqrt(max(0.0, (self.squares - self.total * mean) / (self.items - 1)))
            self.centre = self.start + mean if self.target is None else self.target
            self.spread = spread if self.deviation is None else self.deviation

    def _scan(self, block: Floats) -> int | None:
        self._known()
        learned = 0
        while (self.centre is None or self.spread is None) and learned < block.size:
            self.update(float(block[learned]))
            learned += 1
        if self.centre is None or self.spread is None or learned == block.size:
            return None
        block = block[learned:]
        if self.spread > 0:
            with np.errstate(over="ignore"):
                off = np.clip((block - self.centre) / self.spread, -FARTHEST, FARTHEST)
        else:
            off = FARTHEST * np.sign(block - self.centre)
        rise = np.add.accumulate(np.concatenate([[self.rise], off - self.slack]))[1:]
        fall = np.add.accumulate(np.concatenate([[self.fall], -off - self.slack]))[1:]
        rise_least = np.minimum.accumulate(np.concatenate([[self.rise_least], rise]))[1:]
        fall_least = np.minimum.accumulate(np.concatenate([[self.fall_least], fall]))[1:]
        alarmed = np.zeros(block.size, dtype=bool)
        if self.direction != "down":
            alarmed |= rise - rise_least > self.threshold
        if self.direction != "up":
            alarmed |= fall - fall_least > self.threshold
        found = first(alarmed)
        if found is not None:
            self._begin()
            return learned + found
        self.items += block.size
        self.rise, self.rise_least = float(rise[-1]), float(rise_least[-1])
        self.fall, self.fall_least = float(fall[-1]), float(fall_least[-1])
        return None
