"""OLINDDA: spheres around what is usual, and dense clusters outside of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from mainspring.monitoring.detectors.blocks import require
from mainspring.monitoring.novelty.ports import UNKNOWN
from mainspring.monitoring.novelty.spheres import FEW, Floats, Ints, Spheres, distances, gather
from mainspring.monitoring.novelty.stepwise import Rows, Settled, Stepwise


@dataclass(slots=True, kw_only=True)
class OLINDDA(Stepwise):
    """Holds spheres around the rows of each class; what lies in none of them is unknown, and waits.

    The waiting rows are divided into clusters. One of enough rows that is at least as dense as the sparsest of the
    learned spheres becomes a sphere of its own: an *extension* of a class if its centre lies within the region of
    that class (around the mean of its centres, up to the farthest), else a *novelty*. A novelty that touches
    another one is the same. In the paper all known rows are of one class, the usual; here each class has its
    spheres, so that known rows are told apart too.

    References:
        E. J. Spinosa, A. C. P. L. F. de Carvalho, J. Gama, "OLINDDA: a cluster-based approach for detecting
        novelty and concept drift in data streams", ACM Symposium on Applied Computing 2007; "Novelty detection
        with application to data streams", Intelligent Data Analysis 13 (2009).

    Args:
        clusters: Spheres for each class, and clusters that the waiting rows are divided into, at most.
        loose: How much sparser than the sparsest learned sphere a cluster may be.
        step: Rows between two looks at the waiting ones.
        least: Rows of a cluster that counts.
        memory: Rows that wait at most; the oldest are given up.
        seed: Of the first centres of clusters.

    Example:
        >>> import numpy as np
        >>> random = np.random.default_rng(0)
        >>> detector = OLINDDA().fit(random.normal(0, 1, (500, 2)), ["usual"] * 500)
        >>> detector.update([[0.5, -0.5], [20, 20]]).labels
        ['usual', 'unknown']
        >>> detector.update(random.normal(20, 1, (98, 2))).found[0].number
        1
        >>> detector.update([20, 20.5]).labels
        ['novel 1']
    """

    _RESTORED: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "waiting": Rows.from_dict,
        "spheres": Spheres.from_dict,
    }
    _LEARNED: ClassVar[tuple[str, ...]] = (*Stepwise._LEARNED, "sparsest", "spheres")

    clusters: int = 10
    loose: float = 1.0

    sparsest: float = 0.0
    spheres: Spheres = field(default_factory=lambda: Spheres.none(0))

    def __post_init__(self) -> None:
        """Check the settings."""
        Stepwise.__post_init__(self)
        require(self.clusters >= 1, "clusters", self.clusters, "at least 1")
        require(self.loose > 0, "loose", self.loose, "above 0")

    def _learn(self, rows: Floats, codes: Ints) -> None:
        self.spheres = Spheres.none(self.features)
        for code in range(len(self.classes)):
            ours = rows[codes == code]
            # A sphere of very few rows has a reach that says nothing.
            found, _ = gather(ours, max(1, min(self.clusters, len(ours) // FEW)), [self.seed, code])
            self.spheres = self.spheres.joined(found.coded(code, 0))
        self.sparsest = float(self.spheres.spreads.max())

    def _sort(self, rows: Floats, numbers: Ints) -> Ints:
        away = self.spheres.distances(rows)
        within = away <= self.spheres.reaches
        nearest = np.where(within, away, np.inf).argmin(axis=1)
        return np.where(within.any(axis=1), self.spheres.codes[nearest], UNKNOWN)

    def _look(self, settled: Settled) -> None:
        waiting = self.waiting
        if len(waiting) < self.least:
            return
        most = min(self.clusters, len(waiting) // self.least)
        found, places = gather(waiting.values, most, [self.seed, 1, self.items])
        valid = (found.counts >= self.least) & (found.spreads <= self.loose * self.sparsest)
        self._take_in(found, places, valid, self._know, settled)

    def _know(self, sphere: Spheres) -> Spheres:
        coded = sphere.coded(self._meaning(sphere), self.items)
        self.spheres = self.spheres.joined(coded)
        return coded

    def _meaning(self, sphere: Spheres) -> int:
        """The class that it extends, the novelty that it touches, or a new one."""
        for code in range(len(self.classes)):
            centres = self.spheres.centres[self.spheres.codes == code]
            middle = centres.mean(axis=0, keepdims=True)
            if distances(sphere.centres, middle)[0, 0] <= distances(centres, middle).max():
                return code
        novel = self.spheres.pick(self.spheres.codes < UNKNOWN)
        gaps = novel.distances(sphere.centres)[0] - novel.reaches - sphere.reaches[0]
        if len(gaps) and gaps.min() <= 0:
            return int(novel.codes[gaps.argmin()])
        return self._new_code()
