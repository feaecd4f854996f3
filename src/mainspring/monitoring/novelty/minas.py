"""MINAS: micro-clusters that follow the stream, and new ones that are made of what waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np

from mainspring.monitoring.detectors.blocks import require
from mainspring.monitoring.novelty.ports import UNKNOWN
from mainspring.monitoring.novelty.spheres import FEW, Floats, Ints, Spheres, distances, gather
from mainspring.monitoring.novelty.stepwise import Rows, Settled, Stepwise


@dataclass(slots=True, kw_only=True)
class MINAS(Stepwise):
    """Holds micro-clusters of each class; a row within the radius of the nearest one belongs to its class and
    moves it.

    Other rows are unknown, and wait. When enough of them do they are divided into clusters. One of enough rows
    that lies nearer together than to the nearest micro-cluster becomes a micro-cluster itself: it *extends* the
    class of the nearest one if that is not too far, else it is a *novelty*. A micro-cluster that has taken in no
    row for long sleeps; a new one that lies near to it wakes it up and has its class, so that what comes back
    keeps its name.

    Micro-clusters move after every ``step`` rows, not after each one, so that rows can be sorted all at once.

    References:
        E. R. de Faria, A. C. P. L. F. de Carvalho, J. Gama, "MINAS: multiclass learning algorithm for novelty
        detection in data streams", Data Mining and Knowledge Discovery 30 (2016).

    Args:
        clusters: Micro-clusters for each class, and clusters that the waiting rows are divided into, at most.
        radius: Of a micro-cluster, in root mean square distances of its rows from its centre. The paper has 1.1,
            beyond which a third of the rows of a round cluster lie; beyond 2 it is one in fifty.
        near: What is not too far from the nearest micro-cluster: ``deviation``, its root mean square distance;
            ``largest`` or ``mean``, of the distances of its centre from the others of its class. Where that has no
            other one, radii that touch.
        factor: What that is multiplied by; 1.1.
        enough: Rows that must wait before they are looked at.
        asleep: Rows after which a micro-cluster that has taken in none sleeps, and a waiting row is given up.
        step: Rows between two looks at the waiting ones, and between two moves of the micro-clusters.
        least: Rows of a cluster that counts.
        memory: Rows that wait at most; the oldest are given up.
        seed: Of the first centres of clusters.

    Example:
        >>> import numpy as np
        >>> random = np.random.default_rng(0)
        >>> known = np.concatenate([random.normal(0, 1, (500, 2)), random.normal(9, 1, (500, 2))])
        >>> detector = MINAS(enough=50).fit(known, ["a"] * 500 + ["b"] * 500)
        >>> detector.update([[0.2, -0.5], [9, 8.5], [20, 0]]).labels
        ['a', 'b', 'unknown']
        >>> [cluster.number for cluster in detector.update(random.normal([20, 0], 1, (97, 2))).found][:1]
        [1]
        >>> detector.update([20, 0.5]).labels
        ['novel 1']
    """

    _RESTORED: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "waiting": Rows.from_dict,
        "moving": Rows.from_dict,
        "spheres": Spheres.from_dict,
        "sleeping": Spheres.from_dict,
    }
    _LEARNED: ClassVar[tuple[str, ...]] = (*Stepwise._LEARNED, "spheres", "sleeping", "moving")

    clusters: int = 50
    radius: float = 2.0
    near: Literal["deviation", "largest", "mean"] = "mean"
    factor: float = 1.1
    enough: int = 100
    asleep: int = 10_000

    spheres: Spheres = field(default_factory=lambda: Spheres.none(0))
    sleeping: Spheres = field(default_factory=lambda: Spheres.none(0))
    moving: Rows = field(default_factory=lambda: Rows.none(0))
    """Rows since the last look, and the places of their micro-clusters."""

    def __post_init__(self) -> None:
        """Check the settings."""
        Stepwise.__post_init__(self)
        require(self.clusters >= 1, "clusters", self.clusters, "at least 1")
        require(self.radius > 0, "radius", self.radius, "above 0")
        require(self.near in ("deviation", "largest", "mean"), "near", self.near, "deviation, largest or mean")
        require(self.factor > 0, "factor", self.factor, "above 0")
        require(self.enough >= 1, "enough", self.enough, "at least 1")
        require(self.asleep >= self.step, "asleep", self.asleep, f"at least step ({self.step})")

    def _learn(self, rows: Floats, codes: Ints) -> None:
        self.sleeping = self.spheres = Spheres.none(self.features)
        self.moving = Rows.none(self.features)
        for code in range(len(self.classes)):
            ours = rows[codes == code]
            # A micro-cluster of very few rows has a radius that says nothing.
            found, _ = gather(ours, max(1, min(self.clusters, len(ours) // FEW)), [self.seed, code])
            self.spheres = self.spheres.joined(found.coded(code, 0))

    def _sort(self, rows: Floats, numbers: Ints) -> Ints:
        if not len(self.spheres):
            return np.full(len(rows), UNKNOWN)
        away = self.spheres.distances(rows)
        nearest = away.argmin(axis=1)
        within = away[np.arange(len(rows)), nearest] <= self.radius * self.spheres.spreads[nearest]
        self.moving = self.moving.and_also(rows[within], nearest[within])
        return np.where(within, self.spheres.codes[nearest], UNKNOWN)

    def _look(self, settled: Settled) -> None:
        self._move()
        if len(self.waiting) >= max(self.enough, self.least):
            self._gather(settled)
        self._forget(self.waiting.numbers >= self.items - self.asleep)
        tired = self.spheres.last < self.items - self.asleep
        self.sleeping = self.sleeping.joined(self.spheres.pick(tired))
        self.spheres = self.spheres.pick(~tired)

    def _move(self) -> None:
        """Let the micro-clusters take in the rows since the last look."""
        places, size = self.moving.numbers, len(self.spheres)
        added = np.bincount(places, minlength=size)
        counts = self.spheres.counts + added
        off = self.moving.values - self.spheres.centres[places]
        sums = [np.bincount(places, weights=one, minlength=size) for one in off.T]
        shift = np.stack(sums, axis=1) / np.maximum(counts, 1)[:, None]
        squared = np.bincount(places, weights=(off**2).sum(axis=1), minlength=size)
        moments = self.spheres.moments + squared - counts * (shift**2).sum(axis=1)
        last = np.where(added > 0, self.items, self.spheres.last)
        self.spheres = Spheres(
            self.spheres.centres + shift,
            counts,
            np.maximum(moments, 0.0),
            self.spheres.reaches,
            self.spheres.codes,
            last,
        )
        self.moving = Rows.none(self.features)

    def _gather(self, settled: Settled) -> None:
        waiting = self.waiting
        most = max(1, min(self.clusters, len(waiting) // self.least))
        found, places = gather(waiting.values, most, [self.seed, 1, self.items])
        known = self.spheres.joined(self.sleeping)
        apart = known.distances(found.centres).min(axis=1)
        valid = (found.counts >= self.least) & (apart > found.spreads)
        self._take_in(found, places, valid, self._know, settled)

    def _know(self, sphere: Spheres) -> Spheres:
        coded = sphere.coded(self._meaning(sphere), self.items)
        self.spheres = self.spheres.joined(coded)
        return coded

    def _meaning(self, sphere: Spheres) -> int:
        """The class of the nearest micro-cluster, awake or asleep, or a new one."""
        for among in (self.spheres, self.sleeping):
            if not len(among):
                continue
            away = among.distances(sphere.centres)[0]
            nearest = int(away.argmin())
            if away[nearest] <= self._not_far(among, nearest, float(sphere.spreads[0])):
                if among is self.sleeping:
                    self._wake(nearest)
                return int(among.codes[nearest])
        return self._new_code()

    def _not_far(self, among: Spheres, place: int, spread: float) -> float:
        """How far a new micro-cluster with that spread may lie from one of those."""
        others = among.codes == among.codes[place]
        others[place] = False
        if self.near == "deviation":
            return self.factor * float(among.spreads[place])
        if not others.any():
            # One that is alone in its class: their radii may touch.
            return self.radius * (float(among.spreads[place]) + spread)
        away = distances(among.centres[place : place + 1], among.centres[others])
        return self.factor * float(away.max() if self.near == "largest" else away.mean())

    def _wake(self, place: int) -> None:
        chosen = np.arange(len(self.sleeping)) == place
        woken = self.sleeping.pick(chosen)
        self.spheres = self.spheres.joined(woken.coded(int(woken.codes[0]), self.items))
        self.sleeping = self.sleeping.pick(~chosen)
