"""RDDM: DDM that forgets, so that long steady times do not make it deaf."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from mainspring.core.records import Value
from mainspring.monitoring.detectors.blocks import (
    Ints,
    as_plain,
    at,
    first,
    last_least,
    no_mistake,
    require,
    require_deviations,
)
from mainspring.monitoring.detectors.blockwise import OnMistakes
from mainspring.monitoring.ports import DetectorState


@dataclass(slots=True, kw_only=True)
class RDDM(OnMistakes):
    """Follows the error rate as DDM does, but over the recent items once a steady time has become long.

    The rate and its best are learned anew from the last ``kept`` items when ``longest`` items have passed, and a
    warning that lasts for ``patience`` items is an alarm too. After an alarm the items since its warning count
    already for what comes.

    References:
        R. Barros, D. Cabral, P. Gonçalves, S. Santos, "RDDM: Reactive drift detection method", Expert Systems with
        Applications 90 (2017).

    Args:
        min_items: No word before so many items; 129, as in the paper.
        warning: How many deviations above the best make a warning; 1.773, as in the paper.
        drift: How many make an alarm; 2.258, as in the paper.
        longest: Items after which the rate is learned anew; 40,000, as in the paper.
        kept: Items from which it is learned then; 7,000, as in the paper.
        patience: Items of warning in a row that make an alarm; 1,400, as in the paper.

    Example:
        >>> detector = RDDM()
        >>> detector.update_many([item % 10 == 0 for item in range(1000)] + [item % 2 == 0 for item in range(200)])
        array([1028])
    """

    _UNKNOWN: ClassVar[tuple[str, ...]] = ("best_rate", "best_deviation")

    min_items: int = 129
    warning: float = 1.773
    drift: float = 2.258
    longest: int = 40_000
    kept: int = 7_000
    patience: int = 1_400

    items: int = 0
    errors: int = 0
    best_rate: float = math.inf
    best_deviation: float = math.inf
    warned: int = 0
    recent: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Check the settings."""
        require_deviations(self.min_items, self.warning, self.drift)
        require(
            0 < self.patience < self.kept,
            "patience",
            self.patience,
            f"from 1 to less than kept ({self.kept})",
        )
        require(self.kept < self.longest, "kept", self.kept, f"less than longest ({self.longest})")

    def update(self, value: float) -> DetectorState:
        """Take one item: 1 (or true) for a mistake, 0 for a right answer.

        Raises:
            InputError: If it is neither.
        """
        if value not in (0, 1):
            raise no_mistake(value)
        self._remember([int(value)])
        self.items += 1
        self.errors += int(value)
        if self.items < self.min_items:
            return DetectorState.STABLE
        rate = self.errors / self.items
        deviation = math.sqrt(rate * (1 - rate) / self.items)
        if rate + deviation <= self.best_rate + self.best_deviation:
            self.best_rate, self.best_deviation = rate, deviation
        if rate + deviation > self.best_rate + self.drift * self.best_deviation:
            self._begin(self.warned + 1)
            return DetectorState.DRIFT
        if rate + deviation > self.best_rate + self.warning * self.best_deviation:
            self.warned += 1
            if self.warned > self.patience:
                self._begin(1)
                return DetectorState.DRIFT
            return DetectorState.WARNING
        self.warned = 0
        if self.items >= self.longest:
            self._forget()
        return DetectorState.STABLE

    def as_dict(self) -> Mapping[str, Value]:
        """Settings and memory as plain values; what is not known yet is ``None``."""
        return as_plain(self) | {"recent": self.recent[-self.kept :]}

    def _remember(self, values: list[int]) -> None:
        self.recent.extend(values)
        if len(self.recent) > 2 * self.kept:
            del self.recent[: -self.kept]

    def _begin(self, count: int) -> None:
        """Begin anew with the last items, as if they had come since."""
        self.recent = self.recent[-count:]
        self.best_rate = self.best_deviation = math.inf
        self.warned = 0
        items, errors = np.arange(1, len(self.recent) + 1), np.cumsum(self.recent)
        self.items, self.errors = len(self.recent), int(errors[-1])
        if self.items >= self.min_items:
            rate = (errors / items)[self.min_items - 1 :]
            deviation = np.sqrt(rate * (1 - rate) / items[self.min_items - 1 :])
            best = int(last_least(rate + deviation, math.inf)[-1])
            self.best_rate, self.best_deviation = float(rate[best]), float(deviation[best])

    def _forget(self) -> None:
        """Learn the rate from the last items; its best is looked for from here on."""
        self.recent = self.recent[-self.kept :]
        self.items, self.errors = len(self.recent), sum(self.recent)
        self.best_rate = self.best_deviation = math.inf

    def _scan(self, block: Ints) -> int | None:
        """Take the block piece by piece: each time that the rate is learned anew begins another."""
        begin = 0
        while begin < block.size:
            end = begin + max(1, self.longest - self.items)
            found = self._piece(block[begin:end])
            if found is not None:
                return begin + found
            begin = end
        return None

    def _piece(self, block: Ints) -> int | None:
        quiet = min(max(0, self.min_items - 1 - self.items), block.size)
        items = self.items + np.arange(1, block.size + 1)[quiet:]
        errors = self.errors + np.cumsum(block)
        warned = self.warned
        if items.size:
            rate = errors[quiet:] / items
            deviation = np.sqrt(rate * (1 - rate) / items)
            best = last_least(rate + deviation, self.best_rate + self.best_deviation)
            best_rate, best_deviation = at(rate, best, self.best_rate), at(deviation, best, self.best_deviation)
            drifted = rate + deviation > best_rate + self.drift * best_deviation
            warn = rate + deviation > best_rate + self.warning * best_deviation
            # How many items of warning there have been in a row.
            places = np.arange(items.size)
            calm = np.maximum.accumulate(np.where(warn, -1 - self.warned, places))
            row = np.where(warn, places - calm, 0)
            found = first(drifted | (row > self.patience))
            if found is not None:
                self._remember(block[: quiet + found + 1].tolist())
                self._begin(int(row[found]) if drifted[found] else 1)
                return quiet + found
            self.best_rate, self.best_deviation = float(best_rate[-1]), float(best_deviation[-1])
            warned = int(row[-1])
        self._remember(block.tolist())
        self.items += block.size
        self.errors, self.warned = int(errors[-1]), warned
        if self.items >= self.longest and not warned:
            self._forget()
        return None
