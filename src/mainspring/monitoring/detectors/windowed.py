"""Windows over streams of rows that are held against a reference, with a threshold for a wanted run length."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from mainspring.monitoring.detectors.blocks import Floats, Ints, require
from mainspring.monitoring.detectors.matrices import matrix
from mainspring.monitoring.detectors.rowwise import Rowwise
from mainspring.monitoring.detectors.run_lengths import threshold_for

_PATHS = 100
_RUNS = 30
"""Steady streams that are simulated, and how many runs of the wanted length they are together."""


@dataclass(slots=True, kw_only=True, eq=False)
class Windowed(Rowwise):
    """A detector that compares the last ``window`` rows of a stream with a reference, every ``step`` rows.

    The reference are the rows given to :meth:`fit`, or the first of the stream. One half is what the window is
    compared with; from the other one steady streams are drawn, to find the threshold that is passed once in
    ``run`` rows. After an alarm the rows that follow are learned from.

    Args:
        window: Rows that are compared; 100. A multiple of ``step``.
        step: Rows between two looks; 10.
        reference: Rows that are learned from at the beginning of the stream; 1,000.
        run: Steady rows from alarm to alarm, on the mean; 10,000.
        width: Of the Gaussians, in deviations; the median distance of two rows if not given.
        seed: Of what is drawn.
    """

    # Fields of a subclass that are arrays and known after :meth:`_learn`.
    _LEARNED: ClassVar[tuple[str, ...]] = ()

    window: int = 100
    step: int = 10
    reference: int = 1000
    run: int = 10_000
    width: float | None = None
    seed: int = 0

    columns: int = 0
    pending: Floats | None = None
    learned: Floats | None = None
    limit: float = math.inf
    value: float = 0.0
    """The threshold, and how far the last window was."""
    bandwidth: float = 0.0
    middle: Floats | None = None
    wide: Floats | None = None
    """The width; median and deviation of features."""

    _UNKNOWN: ClassVar[tuple[str, ...]] = ("limit",)

    def fit(self, rows: npt.ArrayLike) -> Self:
        """Learn from rows instead of the beginning of the stream; what was learned before is forgotten.

        Args:
            rows: ``[rows, features]``, at least four windows long.

        Raises:
            InputError: If they are not that.
        """
        given = matrix(rows, least=4 * self.window, what="reference")
        self._begin()
        self.pending, self.columns = None, given.shape[1]
        self._calibrate(given)
        return self

    def _check(self) -> None:
        require(self.step >= 1, "step", self.step, "at least 1")
        fits = self.window >= 2 * self.step and self.window % self.step == 0
        require(fits, "window", self.window, f"a multiple of the step ({self.step}), at least twice it")
        fits = self.reference >= 4 * self.window and self.reference % self.step == 0
        require(fits, "reference", self.reference, f"a multiple of the step ({self.step}), at least four windows")
        require(self.run > self.window, "run", self.run, f"more than the window ({self.window})")
        require(self.width is None or self.width > 0, "width", self.width, "above 0")

    def _take(self, block: Floats) -> bool:
        if self.limit == math.inf:
            self.learned = block.copy() if self.learned is None else np.concatenate([self.learned, block])
            if len(self.learned) == self.reference:
                self._calibrate(self.learned)
            return False
        value = self._push(block)
        if value is None:
            return False
        self.value = value
        if value <= self.limit:
            return False
        self._begin()
        return True

    def _begin(self) -> None:
        self.learned, self.limit, self.value = None, math.inf, 0.0
        for name in self._LEARNED:
            setattr(self, name, None)

    def _calibrate(self, rows: Floats) -> None:
        self.learned = None
        dice = np.random.default_rng(self.seed)
        mixed = rows[dice.permutation(len(rows))]
        half = len(mixed) // 2
        self._learn(mixed[:half])
        steps = max(2, -(-_RUNS * self.run // (_PATHS * self.step)))
        draws = dice.integers(0, len(mixed) - half, size=(_PATHS, self.window // self.step - 1 + steps, self.step))
        self.limit = threshold_for(self._simulate(mixed[half:], draws), self.run / self.step)

    @abstractmethod
    def _learn(self, rows: Floats) -> None:
        """Learn what windows are compared with."""

    @abstractmethod
    def _push(self, block: Floats) -> float | None:
        """Move the window on by a block; how far it is from what was learned, ``None`` while it is not full."""

    @abstractmethod
    def _simulate(self, rows: Floats, draws: Ints) -> Floats:
        """How far the windows of streams of these rows are, ``[streams, steps]``.

        Args:
            rows: To draw from.
            draws: Places in them, ``[streams, blocks, step]``; windows are full from some block on.
        """


def scales(rows: Floats) -> tuple[Floats, Floats]:
    """The median of each feature and its deviation, by the interquartile range so that outliers count for nothing.

    Where most values are one the standard deviation is taken.
    """
    low, middle, high = np.quantile(rows, [0.25, 0.5, 0.75], axis=0)
    wide = (high - low) / 1.349
    wide = np.where(wide > 0, wide, rows.std(axis=0))
    return middle, np.where(wide > 0, wide, 1.0)
