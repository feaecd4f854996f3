"""HDDM-A: has the mean of a bounded stream moved, by Hoeffding's inequality?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mainspring.monitoring.detectors.blocks import (
    Floats,
    at,
    first,
    last_least,
    require_direction,
    require_levels,
    share,
)
from mainspring.monitoring.detectors.blockwise import OnShares
from mainspring.monitoring.ports import DetectorState


@dataclass(slots=True, kw_only=True)
class HDDMA(OnShares):
    """Compares the mean of all items with that of the best beginning, and alarms when they differ too much.

    The best beginning is the one whose upper bound on the mean is least. Nothing is assumed of the items but that
    they lie between 0 and 1: mistakes, losses, shares. Abrupt changes are its strength; see HDDM-W for slow ones.

    References:
        I. Frías-Blanco, J. del Campo-Ávila, G. Ramos-Jiménez, R. Morales-Bueno, A. Ortiz-Díaz, Y. Caballero-Mota,
        "Online and non-parametric drift detection methods based on Hoeffding's bounds", IEEE Transactions on
        Knowledge and Data Engineering 27 (2015), the A-test.

    Args:
        drift: The chance of an alarm at a given item of a steady stream is at most so much; 0.001, as in the
            paper.
        warning: The same for a warning; 0.005, as in the paper.
        direction: Which movement of the mean counts; ``up``, because items are mostly mistakes.

    Example:
        >>> detector = HDDMA()
        >>> detector.update_many([item % 10 == 0 for item in range(1000)] + [item % 2 == 0 for item in range(200)])
        array([1022])
    """

    drift: float = 0.001
    warning: float = 0.005
    direction: Literal["up", "down", "both"] = "up"

    items: int = 0
    total: float = 0.0
    least_items: int = 0
    least_total: float = 0.0
    most_items: int = 0
    most_total: float = 0.0

    def __post_init__(self) -> None:
        """Check the settings."""
        require_levels(self.drift, self.warning)
        require_direction(self.direction)

    def update(self, value: float) -> DetectorState:
        """Take one item, from 0 to 1.

        Raises:
            InputError: If it is not.
        """
        value = share(value)
        self.items += 1
        self.total += value
        log = math.log(1 / self.drift)
        mean, bound = self.total / self.items, math.sqrt(log / (2 * self.items))
        least = _bound(self.least_items, self.least_total, log, 1.0)
        if mean + bound <= least:
            self.least_items, self.least_total = self.items, self.total
        most = _bound(self.most_items, self.most_total, log, -1.0)
        if bound - mean <= most:
            self.most_items, self.most_total = self.items, self.total
        if self._moved(mean, self.drift):
            self._begin()
            return DetectorState.DRIFT
        return DetectorState.WARNING if self._moved(mean, self.warning) else DetectorState.STABLE

    def _begin(self) -> None:
        self.items = self.least_items = self.most_items = 0
        self.total = self.least_total = self.most_total = 0.0

    def _moved(self, mean: float, level: float) -> bool:
        log = math.log(2 / level)
        if self.direction != "down" and self.least_items < self.items:
            bound = math.sqrt((self.items - self.least_items) / (self.least_items * self.items) / 2 * log)
            if mean - self.least_total / self.least_items >= bound:
                return True
        if self.direction != "up" and self.most_items < self.items:
            bound = math.sqrt((self.items - self.most_items) / (self.most_items * self.items) / 2 * log)
            return self.most_total / self.most_items - mean >= bound
        return False

    def _scan(self, block: Floats) -> int | None:
        items = (self.items + np.arange(1, block.size + 1)).astype(np.float64)
        total = np.add.accumulate(np.concatenate([[self.total], block]))[1:]
        log = math.log(1 / self.drift)
        mean, bound = total / items, np.sqrt(log / (2 * items))
        least = last_least(mean + bound, _bound(self.least_items, self.least_total, log, 1.0))
        most = last_least(bound - mean, _bound(self.most_items, self.most_total, log, -1.0))
        alarmed = np.zeros(block.size, dtype=bool)
        log = math.log(2 / self.drift)
        if self.direction != "down":
            before, part = at(items, least, self.least_items), at(total, least, self.least_total)
            bound = np.sqrt((items - before) / (before * items) / 2 * log)
            alarmed |= (mean - part / before >= bound) & (before < items)
        if self.direction != "up":
            before, part = at(items, most, self.most_items), at(total, most, self.most_total)
            bound = np.sqrt((items - before) / (before * items) / 2 * log)
            alarmed |= (part / before - mean >= bound) & (before < items)
        found = first(alarmed)
        if found is not None:
            self._begin()
            return found
        if least[-1] >= 0:
            self.least_items, self.least_total = int(items[least[-1]]), float(total[least[-1]])
        if most[-1] >= 0:
            self.most_items, self.most_total = int(items[most[-1]]), float(total[most[-1]])
        self.items, self.total = int(items[-1]), float(total[-1])
        return None


def _bound(items: int, total: float, log: float, sign: float) -> float:
    """The bound on the mean of a beginning: upper with 1, lower (turned round) with -1; infinite without items."""
    return math.sqrt(log / (2 * items)) + sign * (total / items) if items else math.inf
