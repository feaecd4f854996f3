"""KSWIN: do the last items have another distribution than those before, by the test of Kolmogorov and Smirnov?"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from mainspring.monitoring.detectors.blocks import (
    Floats,
    Ints,
    first,
    numbers,
    require,
)
from mainspring.monitoring.detectors.blockwise import OnNumbers
from mainspring.monitoring.ports import DetectorState

_BLOCK = 1024


@dataclass(slots=True, kw_only=True)
class KSWIN(OnNumbers):
    """Compares the last items of a window with as many drawn from the rest of it, and alarms when they differ.

    Any change of the distribution counts, not only that of the mean. The p-value is exact. It is tested at every
    item, so that the level is no share of false alarms: at 0.0001 there are a few in 100,000 steady items. After
    an alarm the window keeps the last items. It is not one for mistakes, of which a window holds too few.

    References:
        C. Raab, M. Heusinger, F.-M. Schleif, "Reactive soft prototype computing for concept drift streams",
        Neurocomputing 416 (2020).

    Args:
        level: Significance of an alarm; 0.0001, stricter than the 0.005 of others, for the reason above.
        window: Items in the window; 300. Others have 100, in which a change has passed before it is certain.
        recent: How many of them are the last ones; 100: a shift of one deviation is seen after 50 items. Others
            have 30, with which it is mostly missed at this level.
        seed: Of the drawing; the same items give the same alarms.

    Example:
        >>> detector = KSWIN(seed=1)
        >>> detector.update_many([item % 7 for item in range(500)] + [4 + item % 7 for item in range(100)])
        array([544])
    """

    level: float = 0.0001
    window: int = 300
    recent: int = 100
    seed: int = 0

    items: int = 0
    kept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Check the settings."""
        require(0 < self.level < 1, "level", self.level, "above 0 and below 1")
        require(self.recent >= 2, "recent", self.recent, "at least 2")
        require(self.window >= 2 * self.recent, "window", self.window, f"at least twice recent ({self.recent})")

    def update(self, value: float) -> DetectorState:
        """Take one item.

        Raises:
            InputError: If it is not a finite number.
        """
        return DetectorState.STABLE if self._scan(numbers([value])) is None else DetectorState.DRIFT

    def _scan(self, block: Floats) -> int | None:
        for begin in range(0, block.size, _BLOCK):
            found = self._piece(block[begin : begin + _BLOCK])
            if found is not None:
                return begin + found
        return None

    def _piece(self, block: Floats) -> int | None:
        seen = np.concatenate([self.kept, block])
        begun = self.items
        self.items += block.size
        # Windows that are full end at these items of the block.
        quiet = max(0, self.window - len(self.kept) - 1)
        if quiet < block.size:
            windows = np.lib.stride_tricks.sliding_window_view(seen, self.window)
            windows = windows[max(0, len(self.kept) + 1 - self.window) :]
            older = self.window - self.recent
            drawn = self._draw(begun + quiet + 1 + np.arange(len(windows)), older)
            pairs = np.concatenate([np.take_along_axis(windows, drawn, axis=1), windows[:, older:]], axis=1)
            found = first(_gaps(pairs) >= critical(self.recent, self.level))
            if found is not None:
                self.items = begun + quiet + found + 1
                self.kept = windows[found, older:].tolist()
                return quiet + found
        self.kept = seen[-self.window :].tolist()
        return None

    def _draw(self, items: Ints, older: int) -> Ints:
        """Places drawn without putting back, from the seed and the number of the item only."""
        if older == self.recent:
            return np.broadcast_to(np.arange(older), (items.size, older))
        keys: npt.NDArray[np.uint64] = np.uint64(self.seed % 2**63) + items.astype(np.uint64) * np.uint64(2**20)
        mixed = _mix(np.add.outer(_mix(keys), np.arange(older, dtype=np.uint64)))
        return np.argpartition(mixed, self.recent, axis=1)[:, : self.recent]


@lru_cache(maxsize=64)
def critical(size: int, level: float) -> int:
    """The least difference of counts between two samples of a size whose p-value is at most the level.

    The chance is exact for samples without ties (Gnedenko and Korolyuk, 1951); with ties it is smaller still.
    """
    for gap in range(1, size + 1):
        ways = sum((-1) ** (k - 1) * math.comb(2 * size, size - k * gap) for k in range(1, size // gap + 1))
        if 2 * ways <= level * math.comb(2 * size, size):
            return gap
    return size + 1


def _gaps(pairs: Floats) -> Ints:
    """The largest difference of counts between the first and the second half of each row."""
    half = pairs.shape[1] // 2
    order = np.argsort(pairs, axis=1)
    rank = np.take_along_axis(pairs, order, axis=1)
    apart = np.cumsum(np.where(order < half, np.int64(1), np.int64(-1)), axis=1)
    # Counts are compared after the last of equal items only.
    apart[:, :-1][rank[:, 1:] == rank[:, :-1]] = 0
    largest: Ints = np.abs(apart).max(axis=1)
    return largest


def _mix(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014)."""
    mixed = keys * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
