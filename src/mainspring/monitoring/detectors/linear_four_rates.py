"""Linear four rates: has one of the rates of a confusion matrix moved?"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.monitoring.detectors.blocks import Floats, Ints, first, mistakes, numbers, require, walk
from mainspring.monitoring.detectors.blockwise import Kept
from mainspring.monitoring.ports import DetectorState

RATES = ("tpr", "tnr", "ppv", "npv")

# The rates that an item is counted in: of its truth, and of its prediction.
_COUNTED = ((1, 3), (1, 2), (0, 3), (0, 2))
_OF_RATE = np.array([[rate in counted for counted in _COUNTED] for rate in range(len(RATES))])
_GRID = 2000
_PARTS = 100

Limits = tuple[float, float, float, float]


@dataclass(slots=True, kw_only=True)
class LinearFourRates(Kept):
    """Follows the true positive and negative and the predictive rates of a classifier of two classes.

    Each rate has an exponentially weighted twin; the state is drift when a twin leaves what chance allows around
    its rate. It sees a change that leaves the error rate as it was, and one in a rare class. An item is an
    *outcome*: ``2 * truth + prediction``, see :meth:`outcomes`. The paper finds the limits by simulation; here the
    distribution of the twin is computed, step by step, so that nothing is random and levels may be as small as
    wished.

    References:
        H. Wang, Z. Abraham, "Concept drift detection for streaming data", International Joint Conference on Neural
        Networks 2015.

    Args:
        decay: What is kept of a twin from item to item; 0.9, as in the paper.
        drift: The chance that a twin of a steady rate is beyond its limit on one side; 0.00001. Four rates are
            tested at every item on both sides: it gives 1 or 2 false alarms in 100,000 items, 0.0001 about 15.
        warning: The same for a warning; 0.001.
        min_items: No word about a rate before so many items were counted in it; 50.

    Example:
        >>> detector = LinearFourRates()
        >>> truth = [item % 2 for item in range(2000)]
        >>> predicted = [one if item < 1000 or item % 5 else 0 for item, one in enumerate(truth)]
        >>> detector.update_many(LinearFourRates.outcomes(truth, predicted))
        array([1005])
        >>> detector.moved
        'tpr'
    """

    decay: float = 0.9
    drift: float = 0.00001
    warning: float = 0.001
    min_items: int = 50

    counts: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    right: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    weighted: list[float] = field(default_factory=lambda: [0.5, 0.5, 0.5, 0.5])
    moved: str = ""
    """The rate of the last alarm."""

    def __post_init__(self) -> None:
        """Check the settings."""
        require(0 < self.decay < 1, "decay", self.decay, "above 0 and below 1")
        require(0 < self.drift <= self.warning < 0.5, "drift", self.drift, f"above 0, at most {self.warning}")
        require(self.min_items >= 1, "min_items", self.min_items, "at least 1")

    @staticmethod
    def outcomes(truth: npt.ArrayLike, predicted: npt.ArrayLike) -> Ints:
        """The items for pairs of classes, both 0 or 1.

        Raises:
            InputError: If a class is neither, or one row is longer than the other.
        """
        true, said = mistakes(truth), mistakes(predicted)
        require(
            true.size == said.size,
            "predicted",
            f"{said.size} classes",
            f"as many as there are truths: {true.size}",
        )
        return 2 * true + said

    def update(self, value: float) -> DetectorState:
        """Take one outcome: 0 true negative, 1 false positive, 2 false negative, 3 true positive.

        Raises:
            InputError: If it is none of these.
        """
        if value not in (0, 1, 2, 3):
            raise InputError(f"the item is {value}", expected="an outcome, 2 * truth + prediction: 0, 1, 2 or 3")
        outcome = int(value)
        right = 1 if outcome in (0, 3) else 0
        warned = False
        for rate in _COUNTED[outcome]:
            self.counts[rate] += 1
            self.right[rate] += right
            count = self.counts[rate]
            twin = self.weighted[rate] = self.decay * self.weighted[rate] + (1 - self.decay) * right
            if count < self.min_items:
                continue
            # The paper begins with one item of each outcome, and a twin of a half.
            place = (self.right[rate] + 1) / (count + 2) * _PARTS
            part = min(int(place), _PARTS - 1)
            low, high, least, most = self._limits(count, part, place - part)
            if not least <= twin <= most:
                self._begin()
                self.moved = RATES[rate]
                return DetectorState.DRIFT
            warned = warned or not low <= twin <= high
        return DetectorState.WARNING if warned else DetectorState.STABLE

    def update_many(self, values: npt.ArrayLike) -> Ints:
        """Take outcomes one after the other, and give the places of the alarms.

        Raises:
            InputError: If one of them is none; then none has been taken.
        """
        given = numbers(values)
        bad = ~np.isin(given, (0, 1, 2, 3))
        if bad.any():
            place = int(bad.argmax())
            raise InputError(f"item {place} is {given[place]}", expected="an outcome, 2 * truth + prediction")
        return walk(given.astype(np.int64), self._scan)

    def _begin(self) -> None:
        self.counts, self.right = [0, 0, 0, 0], [0, 0, 0, 0]
        self.weighted = [0.5, 0.5, 0.5, 0.5]

    def _scan(self, block: Ints) -> int | None:
        """Take a block up to its first alarm; see :func:`mainspring.monitoring.detectors.blocks.walk`."""
        right = ((block == 0) | (block == 3)).astype(np.int64)
        alarms, after = [], []
        for rate in range(len(RATES)):
            places = np.flatnonzero(_OF_RATE[rate][block])
            counts = self.counts[rate] + np.arange(1, places.size + 1)
            goods = self.right[rate] + np.cumsum(right[places])
            twin = self._twins(self.weighted[rate], right[places])
            found = first(self._left(counts, goods, twin))
            if found is not None:
                place = int(places[found])
                alarms.append((place, _COUNTED[block[place]].index(rate), rate))
            if places.size:
                after.append((rate, int(counts[-1]), int(goods[-1]), float(twin[-1])))
        if alarms:
            place, _, rate = min(alarms)
            self._begin()
            self.moved = RATES[rate]
            return place
        for rate, count, good, weighted in after:
            self.counts[rate], self.right[rate], self.weighted[rate] = count, good, weighted
        return None

    def _twins(self, before: float, right: Ints) -> Floats:
        """The weighted rate after each item; item by item, so that no digit differs from :meth:`update`."""
        kept = self.decay
        added = ((1 - kept) * right).tolist()
        return np.array(list(accumulate(added, lambda old, new: kept * old + new, initial=before))[1:])

    def _left(self, counts: Ints, goods: Ints, twin: Floats) -> npt.NDArray[np.bool_]:
        """Whether a twin is beyond its limits after each item."""
        left = np.zeros(counts.size, dtype=bool)
        quiet = int(np.searchsorted(counts, self.min_items))
        counts, goods, twin = counts[quiet:], goods[quiet:], twin[quiet:]
        if counts.size:
            place = (goods + 1) / (counts + 2) * _PARTS
            part = np.minimum(place.astype(np.int64), _PARTS - 1)
            share = place - part
            parts = np.unique(part)
            settings = self.decay, self.warning, self.drift
            tables = np.stack([(_alarms(one, *settings), _alarms(one + 1, *settings)) for one in parts.tolist()])
            row = np.minimum(counts, tables.shape[2] - 1)
            below, above = tables[np.searchsorted(parts, part), :, row].transpose(1, 2, 0)
            least, most = (1 - share) * below + share * above
            left[quiet:] = ~((least <= twin) & (twin <= most))
        return left

    def _limits(self, count: int, part: int, share: float) -> Limits:
        """Limits of warning and alarm, between those of the two nearest rates that are computed."""
        below = limits(part, self.decay, self.warning, self.drift)
        above = limits(part + 1, self.decay, self.warning, self.drift)
        (a, b, c, d), (e, f, g, h) = below[min(count, len(below) - 1)], above[min(count, len(above) - 1)]
        rest = 1 - share
        return rest * a + share * e, rest * b + share * f, rest * c + share * g, rest * d + share * h


@lru_cache(maxsize=8 * (_PARTS + 1))
def limits(part: int, decay: float, warning: float, drift: float) -> list[Limits]:
    """What chance allows a weighted rate after each number of items, until it does not change any more.

    With *R' = decay R + (1 - decay) B* the distribution of *R'* follows from that of *R*: *F'(r) = (1 - p) F(r /
    decay) + p F((r - 1 + decay) / decay)*, which is computed on a grid, from a half on.

    Args:
        part: The rate, in hundredths.
        decay: What is kept from item to item.
        warning: The chance beyond the limit of a warning, on each side.
        drift: The chance beyond the limit of an alarm.

    Returns:
        Least and most without a warning, least and most without an alarm; the place is the number of items.
    """
    rate = part / _PARTS
    grid = np.linspace(0.0, 1.0, _GRID + 1)
    below = (grid >= 0.5).astype(np.float64)
    found: list[Limits] = []
    for _ in range(math.ceil(math.log(1e-4) / math.log(decay)) + 1):
        found.append((*_between(grid, below, warning), *_between(grid, below, drift)))
        wrong = np.interp(grid / decay, grid, below)
        good = np.interp((grid - (1 - decay)) / decay, grid, below, left=0.0)
        below = (1 - rate) * wrong + rate * good
    return found


@lru_cache(maxsize=8 * (_PARTS + 1))
def _alarms(part: int, decay: float, warning: float, drift: float) -> Floats:
    """Least and most without an alarm of :func:`limits`, ``[items, 2]``."""
    return np.array([(least, most) for _, _, least, most in limits(part, decay, warning, drift)])


def _between(grid: npt.NDArray[np.float64], below: npt.NDArray[np.float64], level: float) -> tuple[float, float]:
    """The most on the left and the least on the right beyond which the chance is at most the level."""
    least = int(np.searchsorted(below, level, side="right")) - 1
    # Compared from the right: 1 - level would lose the digits of a small level.
    most = below.size - int(np.searchsorted((1 - below)[::-1], level, side="right"))
    return float(grid[max(least, 0)]), float(grid[min(most, below.size - 1)])
