"""ECDD: the control chart of the error rate, with exponential weights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, TypeVar

import numpy as np

from mainspring.monitoring.detectors.blocks import Floats, Ints, first, no_mistake, require
from mainspring.monitoring.detectors.blockwise import OnMistakes
from mainspring.monitoring.ports import DetectorState

Level = TypeVar("Level", float, Floats)

# Factors in the control limit for a weight of 0.2: of 1, p, p^3, p^5, p^7 in table 1 of the paper for 400 items.
# With its factors for 1000, as they are quoted everywhere, alarms come after 65 to 557 items. Those for 1000 and
# 10,000, of 1, sqrt(p), p, p sqrt(p), p^2, were fitted to 1000 simulated streams at 14 rates from 0.01 to 0.5.
_PAPER = (3.97, -6.56, 48.73, -330.13, 848.18)
_FITTED: Mapping[int, tuple[float, float, float, float, float]] = {
    1_000: (8.902, -31.839, 75.748, -88.709, 38.309),
    10_000: (10.749, -27.891, 38.169, -17.63, -4.531),
}
_LEAST = 0.01


@dataclass(slots=True, kw_only=True)
class ECDD(OnMistakes):
    """Compares the weighted error rate of the last items with that of all, and alarms past a control limit.

    The limit is chosen so that a steady stream gives one false alarm per ``run_length`` items whatever its error
    rate: it is not one for quiet streams of millions of items.

    References:
        G. J. Ross, N. M. Adams, D. K. Tasoulis, D. J. Hand, "Exponentially weighted moving average charts for
        detecting concept drift", Pattern Recognition Letters 33 (2012). The weight is 0.2, as in its table.

    Args:
        run_length: Items between two false alarms: 400, the limit that the paper has and others use, or 1000 or
            10,000, which suit a stream that is watched for long. They hold below an error rate of a half, at which
            the limit for 400 is never reached.
        warning: Share of the limit that makes a warning; 0.5, as in the paper.
        min_items: No word before so many items.

    Example:
        >>> detector = ECDD()
        >>> detector.update_many([item % 10 == 0 for item in range(1000)] + [item % 2 == 0 for item in range(200)])
        array([1006])
    """

    run_length: Literal[400, 1_000, 10_000] = 400
    warning: float = 0.5
    min_items: int = 30

    items: int = 0
    errors: int = 0
    weighted: float = 0.0
    decay: float = 1.0

    def __post_init__(self) -> None:
        """Check the settings."""
        require(self.run_length in (400, *_FITTED), "run_length", self.run_length, "400, 1000 or 10000")
        require(0 < self.warning <= 1, "warning", self.warning, "above 0 and at most 1")
        require(self.min_items >= 1, "min_items", self.min_items, "at least 1")

    def update(self, value: float) -> DetectorState:
        """Take one item: 1 (or true) for a mistake, 0 for a right answer.

        Raises:
            InputError: If it is neither.
        """
        if value not in (0, 1):
            raise no_mistake(value)
        self.items += 1
        self.errors += int(value)
        self.weighted = 0.8 * self.weighted + 0.2 * float(value)
        self.decay *= 0.64
        if self.items < self.min_items:
            return DetectorState.STABLE
        rate = self.errors / self.items
        held = max(rate, _LEAST)
        room = self._limit(held, math.sqrt(held)) * math.sqrt(rate * (1 - rate) * (1 - self.decay) / 9)
        if self.weighted > rate + room:
            self._begin()
            return DetectorState.DRIFT
        return DetectorState.WARNING if self.weighted > rate + self.warning * room else DetectorState.STABLE

    def _begin(self) -> None:
        self.items = self.errors = 0
        self.weighted, self.decay = 0.0, 1.0

    def _limit(self, p: Level, root: Level) -> Level:
        if self.run_length == 400:
            a, b, c, d, e = _PAPER
            square = p * p
            return a + p * (b + square * (c + square * (d + square * e)))
        a, b, c, d, e = _FITTED[self.run_length]
        return a + b * root + p * (c + d * root + e * p)

    def _scan(self, block: Ints) -> int | None:
        items = self.items + np.arange(1, block.size + 1)
        errors = self.errors + np.cumsum(block)
        pushed = (0.2 * block).tolist()
        weighted = np.array(
            list(accumulate(pushed, lambda kept, new: 0.8 * kept + new, initial=self.weighted))[1:]
        )
        decay = np.multiply.accumulate(np.concatenate([[self.decay], np.full(block.size, 0.64)]))[1:]
        rate = errors / items
        held = np.maximum(rate, _LEAST)
        room = self._limit(held, np.sqrt(held)) * np.sqrt(rate * (1 - rate) * (1 - decay) / 9)
        found = first((weighted > rate + room) & (items >= self.min_items))
        if found is not None:
            self._begin()
            return found
        self.items, self.errors = int(items[-1]), int(errors[-1])
        self.weighted, self.decay = float(weighted[-1]), float(decay[-1])
        return None
