"""PCA-CD: has the density along one of the main directions of a stream of rows changed?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np

from mainspring.core.records import Value
from mainspring.monitoring.detectors.blocks import Floats, require
from mainspring.monitoring.detectors.matrices import fitted
from mainspring.monitoring.detectors.page_hinkley import PageHinkley
from mainspring.monitoring.detectors.rowwise import Rowwise
from mainspring.monitoring.ports import DetectorState

# The deviation of the area by chance alone, for a window of one row: it is half the sum of absolute differences of
# shares, each close to normal.
_AREA = math.sqrt(0.5 - 1 / math.pi)


@dataclass(slots=True, kw_only=True, eq=False)
class PCACD(Rowwise):
    """Learns the main directions of the first rows, and watches the density of the last ones along them.

    A change in a correlation is one of a direction, so that it is seen even if no feature alone has changed. Every
    ``step`` rows the histograms of the last ``window`` rows are compared with those of the first, the largest of
    the distances is taken, and the test of Page and Hinkley says whether its mean has risen. After an alarm the
    rows that follow are learned from. Bins hold equally many of the rows learned from, so that no outlier hides a
    shift.

    References:
        A. Qahtan, B. Alharbi, S. Wang, X. Zhang, "A PCA-based change detection framework for multidimensional data
        streams", Knowledge Discovery and Data Mining (2015).

    Args:
        window: Rows that are learned from, and that are compared with them; 500, as in the paper. A multiple of
            ``step``.
        step: Rows between two looks; 25, the twentieth of the window as in the paper.
        variance: Directions are taken until they explain this share of the variance; 0.99.
        divergence: ``area`` that two histograms do not share, or the larger of both Kullback-Leibler divergences,
            ``kl``.
        bins: Of each histogram; 0 for the root of the window.
        delta: Rises of the distance smaller than this are put up with, in deviations of the distance by chance
            alone; 0.6.
        threshold: Of the test, in the same unit; 40: one alarm in 60,000 steady rows or fewer, for 500 rows.

    Example:
        >>> import numpy as np
        >>> random = np.random.default_rng(0)
        >>> rows = random.normal(size=(4000, 2))
        >>> rows[2000:, 1] = 0.9 * rows[2000:, 0] + 0.4 * rows[2000:, 1]
        >>> PCACD().update_many(rows)
        array([2324])
    """

    window: int = 500
    step: int = 25
    variance: float = 0.99
    divergence: Literal["area", "kl"] = "area"
    bins: int = 0
    delta: float = 0.6
    threshold: float = 40.0

    columns: int = 0
    pending: Floats | None = None
    learned: Floats | None = None
    origin: Floats | None = None
    directions: Floats | None = None
    edges: Floats | None = None
    counts: Floats | None = None
    codes: Floats | None = None
    """Of the rows learned from: their mean; directions ``[features, directions]`` for values less the mean; inner
    edges of bins and how many rows lie in each, a row per direction. Of the last rows: their bins."""
    scores: Mapping[str, Value] = field(default_factory=dict)

    _ARRAYS: ClassVar[tuple[str, ...]] = (
        "pending",
        "learned",
        "origin",
        "directions",
        "edges",
        "counts",
        "codes",
    )

    def __post_init__(self) -> None:
        """Check the settings."""
        require(self.step >= 1, "step", self.step, "at least 1")
        fits = self.window >= 2 * self.step and self.window % self.step == 0
        require(fits, "window", self.window, f"a multiple of the step ({self.step}), at least twice it")
        require(0 < self.variance <= 1, "variance", self.variance, "above 0 and at most 1")
        require(self.divergence in ("area", "kl"), "divergence", self.divergence, "area or kl")
        require(self.bins == 0 or self.bins >= 2, "bins", self.bins, "0, or at least 2")
        require(self.threshold > 0, "threshold", self.threshold, "above 0")
        require(self.delta >= 0, "delta", self.delta, "0 or more")

    def _take(self, block: Floats) -> bool:
        if self.directions is None:
            self.learned = block.copy() if self.learned is None else np.concatenate([self.learned, block])
            if len(self.learned) == self.window:
                self._learn(self.learned)
            return False
        placed = self._placed(block)
        self.codes = placed if self.codes is None else np.concatenate([self.codes, placed])[-self.window :]
        return len(self.codes) == self.window and self._alarmed(self._score())

    def _learn(self, rows: Floats) -> None:
        """Find the directions in which the rows vary, each feature in its own unit, and the bins along them."""
        self.learned, self.origin = None, rows.mean(axis=0)
        scale = rows.std(axis=0)
        scale[scale == 0] = 1.0
        _, sizes, axes = np.linalg.svd((rows - self.origin) / scale, full_matrices=False)
        explained = np.cumsum(np.square(sizes))
        kept = 1 + int(np.searchsorted(explained, self.variance * explained[-1])) if explained[-1] else 1
        self.directions = axes[:kept].T / scale[:, None]
        along = (rows - self.origin) @ self.directions
        count = self._bins()
        self.edges = np.quantile(along, np.arange(1, count) / count, axis=0).T.copy()
        self.counts = self._counted(self._placed(rows))

    def _bins(self) -> int:
        return self.bins or max(2, math.isqrt(self.window))

    def _placed(self, rows: Floats) -> Floats:
        """The bin of each row along each direction, ``[rows, directions]``."""
        along, edges_of = (rows - fitted(self.origin)) @ fitted(self.directions), fitted(self.edges)
        places = [
            np.searchsorted(edges, values, side="right") for edges, values in zip(edges_of, along.T, strict=True)
        ]
        return np.stack(places, axis=1).astype(np.float64)

    def _counted(self, codes: Floats) -> Floats:
        """How many rows lie in each bin, ``[directions, bins]``."""
        bins, directions = self._bins(), codes.shape[1]
        through = codes.astype(np.int64) + bins * np.arange(directions)
        counts = np.bincount(through.ravel(), minlength=bins * directions)
        return counts.reshape(directions, bins).astype(np.float64)

    def _score(self) -> float:
        """The largest distance over the directions, in deviations by chance."""
        apart = divergences(fitted(self.counts), self._counted(fitted(self.codes)), self.divergence)
        unit = (
            _AREA / math.sqrt(self.window)
            if self.divergence == "area"
            else math.sqrt(2 * self._bins()) / self.window
        )
        return float(apart.max()) / unit

    def _alarmed(self, score: float) -> bool:
        test = PageHinkley.from_dict(self.scores) if self.scores else _rise(self.threshold, self.delta)
        if test.update(score) is not DetectorState.DRIFT:
            self.scores = test.as_dict()
            return False
        self.origin = self.directions = self.edges = self.counts = self.codes = None
        self.scores = {}
        return True


def divergences(one: Floats, other: Floats, kind: str) -> Floats:
    """How far apart histograms are, row by row.

    Args:
        one: Counts, ``[histograms, bins]``.
        other: The same of other items.
        kind: ``area``: 1 less what both shares have in common; ``kl``: the larger of the Kullback-Leibler
            divergences in both directions, with half an item more in each bin so that none is empty.
    """
    if kind == "area":
        shares = [counts / counts.sum(axis=1, keepdims=True) for counts in (one, other)]
        return np.asarray(1.0 - np.minimum(*shares).sum(axis=1))
    p, q = ((counts + 0.5) / (counts + 0.5).sum(axis=1, keepdims=True) for counts in (one, other))
    return np.asarray(np.maximum((p * np.log(p / q)).sum(axis=1), (q * np.log(q / p)).sum(axis=1)))


def _rise(threshold: float, delta: float) -> PageHinkley:
    return PageHinkley(threshold=threshold, delta=delta, direction="up", forgetting=1.0, min_items=2)
