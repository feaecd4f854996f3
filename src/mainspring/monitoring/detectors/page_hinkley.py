"""The Page-Hinkley test: has the mean of a stream moved?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mainspring.monitoring.detectors.blocks import Floats, first, number, require, require_direction
from mainspring.monitoring.detectors.blockwise import OnNumbers
from mainspring.monitoring.ports import DetectorState

_LEAST_KEPT = 2.0**-30
"""Sums are written anew when so little of their first item is kept."""


@dataclass(slots=True, kw_only=True)
class PageHinkley(OnNumbers):
    """Cumulates how far items lie from the mean so far, and alarms when the sum has left its extreme.

    References:
        E. S. Page, "Continuous inspection schemes", Biometrika 41 (1954); D. V. Hinkley, "Inference about the
        change-point from cumulative sum tests", Biometrika 58 (1971).

    Args:
        threshold: How far the sum may rise above its least (or fall below its most), in the unit of the items; 50,
            for mistakes. For other figures take ten to fifty of their deviations.
        delta: Changes of the mean smaller than this are put up with, in the unit of the items; 0.005.
        forgetting: What is kept of the sum from item to item; 0.9999 as in MOA, 1 keeps everything.
        min_items: No alarm before so many items; 30.
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
    total: float = 0.0
    kept: float = 1.0
    risen: float = 0.0
    rise_least: float = 0.0
    fallen: float = 0.0
    fall_most: float = 0.0
    """The sums are ``kept`` times what is added up in ``risen`` and ``fallen``: what is forgotten is taken off all
    items at once, so that many items can be added up as quickly as where nothing is forgotten."""

    def __post_init__(self) -> None:
        """Check the settings."""
        require(self.threshold > 0, "threshold", self.threshold, "above 0")
        require(self.delta >= 0, "delta", self.delta, "0 or more")
        require(0 < self.forgetting <= 1, "forgetting", self.forgetting, "above 0 and at most 1")
        require_direction(self.direction)

    @property
    def mean(self) -> float:
        """The mean of the items since the last alarm; 0 before the first."""
        return self.total / self.items if self.items else 0.0

    @property
    def rise(self) -> float:
        """The sum that rises with the mean."""
        return self.kept * self.risen

    @property
    def fall(self) -> float:
        """The sum that falls with the mean."""
        return self.kept * self.fallen

    def update(self, value: float) -> DetectorState:
        """Take one item.

        Raises:
            InputError: If it is not a finite number.
        """
        value = number(value)
        self.items += 1
        self.total += value
        off = value - self.total / self.items
        kept = self.kept = self.kept * self.forgetting
        self.risen += (off - self.delta) / kept
        self.fallen += (off + self.delta) / kept
        rise, fall = kept * self.risen, kept * self.fallen
        if rise < self.rise_least:
            self.rise_least = rise
        if fall > self.fall_most:
            self.fall_most = fall
        if self.items >= self.min_items and self._left(rise, fall):
            self._begin()
            return DetectorState.DRIFT
        if kept < _LEAST_KEPT:
            self.kept, self.risen, self.fallen = 1.0, rise, fall
        return DetectorState.STABLE

    def _begin(self) -> None:
        self.items, self.total = 0, 0.0
        self.kept = 1.0
        self.risen = self.rise_least = self.fallen = self.fall_most = 0.0

    def _left(self, rise: float, fall: float) -> bool:
        if self.direction != "down" and rise - self.rise_least > self.threshold:
            return True
        return self.direction != "up" and self.fall_most - fall > self.threshold

    def _scan(self, block: Floats) -> int | None:
        """Take the block piece by piece: each time that too little is kept begins another."""
        begin = 0
        while begin < block.size:
            kept = np.full(block.size - begin + 1, self.forgetting)
            kept[0] = self.kept
            kept = np.multiply.accumulate(kept)[1:]
            end = first(kept < _LEAST_KEPT)
            size = kept.size if end is None else end + 1
            found = self._piece(block[begin : begin + size], kept[:size])
            if found is not None:
                return begin + found
            begin += size
        return None

    def _piece(self, block: Floats, kept: Floats) -> int | None:
        items = self.items + np.arange(1, block.size + 1)
        total = np.add.accumulate(np.concatenate([[self.total], block]))[1:]
        off = block - total / items
        risen = _sums((off - self.delta) / kept, self.risen)
        fallen = _sums((off + self.delta) / kept, self.fallen)
        rise, fall = kept * risen, kept * fallen
        least = np.minimum.accumulate(np.concatenate([[self.rise_least], rise]))[1:]
        most = np.maximum.accumulate(np.concatenate([[self.fall_most], fall]))[1:]
        alarmed = np.zeros(block.size, dtype=bool)
        if self.direction != "down":
            alarmed |= rise - least > self.threshold
        if self.direction != "up":
            alarmed |= most - fall > self.threshold
        found = first(alarmed & (items >= self.min_items))
        if found is not None:
            self._begin()
            return found
        self.items, self.total = int(items[-1]), float(total[-1])
        self.rise_least, self.fall_most = float(least[-1]), float(most[-1])
        self.kept, self.risen, self.fallen = float(kept[-1]), float(risen[-1]), float(fallen[-1])
        if self.kept < _LEAST_KEPT:
            self.kept, self.risen, self.fallen = 1.0, float(rise[-1]), float(fall[-1])
        return None


def _sums(terms: Floats, before: float) -> Floats:
    """The sums after each term; item by item, so that no digit differs from :meth:`PageHinkley.update`."""
    return np.add.accumulate(np.concatenate([[before], terms]))[1:]
