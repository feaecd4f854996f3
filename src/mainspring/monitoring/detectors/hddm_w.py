"""HDDM-W: has the weighted mean of a bounded stream moved, by McDiarmid's inequality?"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from mainspring.monitoring.detectors.blocks import Floats, require, require_direction, require_levels, share
from mainspring.monitoring.detectors.blockwise import OnShares
from mainspring.monitoring.ports import DetectorState


@dataclass(slots=True, kw_only=True)
class HDDMW(OnShares):
    """Compares two exponentially weighted means, before and after the best place, and alarms when they differ.

    Recent items weigh more, so that slow changes are seen too. Nothing is assumed of the items but that they lie
    between 0 and 1.

    References:
        I. Frías-Blanco, J. del Campo-Ávila, G. Ramos-Jiménez, R. Morales-Bueno, A. Ortiz-Díaz, Y. Caballero-Mota,
        "Online and non-parametric drift detection methods based on Hoeffding's bounds", IEEE Transactions on
        Knowledge and Data Engineering 27 (2015), the W-test.

    Args:
        drift: The chance of an alarm at a given item of a steady stream is at most so much; 0.001, as in the
            paper.
        warning: The same for a warning; 0.005, as in the paper.
        weight: The weight of the newest item; 0.05, as in the paper. Smaller sees slower changes.
        direction: Which movement of the mean counts; ``up``, because items are mostly mistakes.

    Example:
        >>> detector = HDDMW()
        >>> detector.update_many([item % 10 == 0 for item in range(1000)] + [item % 2 == 0 for item in range(200)])
        array([1066])
    """

    drift: float = 0.001
    warning: float = 0.005
    weight: float = 0.05
    direction: Literal["up", "down", "both"] = "up"

    items: int = 0
    mean: float = 0.0
    bound: float = 1.0
    up: list[float] = field(default_factory=list)
    down: list[float] = field(default_factory=list)
    """Of each side: the least bound, mean and spread there, mean and spread since then (1 without items)."""

    def __post_init__(self) -> None:
        """Check the settings."""
        require_levels(self.drift, self.warning)
        require(0 < self.weight < 1, "weight", self.weight, "above 0 and below 1")
        require_direction(self.direction)

    def update(self, value: float) -> DetectorState:
        """Take one item, from 0 to 1.

        Raises:
            InputError: If it is not.
        """
        value = share(value)
        if self._run([value]) is not None:
            return DetectorState.DRIFT
        log = math.log(1 / self.warning) / 2
        warned = any(
            side and side[4] < 1 and side[3] - side[1] > math.sqrt((side[2] + side[4]) * log)
            for side in (self.up, self.down)
        )
        return DetectorState.WARNING if warned else DetectorState.STABLE

    def _scan(self, block: Floats) -> int | None:
        return self._run(block.tolist())

    def _run(self, values: list[float]) -> int | None:
        weight, kept = self.weight, 1 - self.weight
        log, root = math.log(1 / self.drift) / 2, math.sqrt
        added, left = weight * weight, kept * kept
        sides = []
        if self.direction != "down":
            sides.append((1.0, self.up))
        if self.direction != "up":
            sides.append((-1.0, self.down))
        found = len(values)
        for sign, side in sides:
            mean, bound = sign * self.mean, self.bound
            least, old_mean, old_bound, new_mean, new_bound = side or (math.inf, 0.0, 1.0, 0.0, 1.0)
            if bound == 1:
                mean = sign * values[0]  # a weighted mean begins with its first item
            for place, item in enumerate(values):
                value = sign * item
                mean = weight * value + kept * mean
                bound = added + left * bound
                level = mean + root(bound * log)
                if level < least:
                    least, old_mean, old_bound, new_bound = level, mean, bound, 1.0
                else:
                    new_mean = weight * value + kept * new_mean if new_bound < 1 else value
                    new_bound = added + left * new_bound
                    gap = new_mean - old_mean
                    if gap > 0 and gap * gap > (old_bound + new_bound) * log:
                        found = min(found, place)
                        break
            side[:] = [least, old_mean, old_bound, new_mean, new_bound]
        if found < len(values):
            self.items, self.mean, self.bound = 0, 0.0, 1.0
            self.up, self.down = [], []
            return found
        self.items += len(values)
        self.mean, self.bound = sign * mean, bound
        return None
