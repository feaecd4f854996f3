"""ECSMiner: several models, and outliers of all of them that lie nearer to each other than to any class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from mainspring.monitoring.detectors.blocks import require
from mainspring.monitoring.novelty.ports import UNKNOWN
from mainspring.monitoring.novelty.spheres import FEW, Floats, Ints, Spheres, distances, gather
from mainspring.monitoring.novelty.stepwise import Rows, Settled, Stepwise, check_labelled, read_labels


def _spheres(value: Any) -> list[Spheres]:
    return [Spheres.from_dict(one) for one in value]


@dataclass(slots=True, kw_only=True)
class ECSMiner(Stepwise):
    """Holds several models, each of them spheres around the rows of a part of what is known.

    A row that lies in a sphere of some model has the class for which most of the models that hold it vote, each
    with its nearest sphere. (In the paper all models vote; but those that do not know a new class would outvote
    the one that does.) A row outside of all spheres waits. For each waiting row and model
    *q-NSC = (b - a) / max(a, b)* is computed: *a* is its mean distance from the ``neighbours`` nearest waiting
    rows, *b* that from the nearest rows of the nearest class, as the spheres have them. If more than
    ``neighbours`` rows have a positive value in all models they are a novelty. A row that has waited for
    ``patience`` rows gets the class that most models vote for after all.

    When labels come later, :meth:`learn` makes a model of them; the model of those before that errs most on them
    is given up. Rows of a novelty whose class became known in this way have that class from then on.

    In the paper all rows of one time are one novelty; here they are as many as there are groups of clusters that
    touch, as M. M. Masud et al. do in "Addressing concept-evolution in concept-drifting data streams", ICDM 2010.

    References:
        M. M. Masud, J. Gao, L. Khan, J. Han, B. Thuraisingham, "Classification and novel class detection in
        concept-drifting data streams under time constraints", IEEE Transactions on Knowledge and Data Engineering
        23 (2011).

    Args:
        clusters: Spheres of a model, over all classes; 50, as in the paper.
        models: How many there are; 6, as in the paper. The rows of the fit are dealt out to them.
        neighbours: *q*: 50, as in the paper.
        patience: Rows that one waits at most for its class; 400, as in the paper.
        step: Rows between two looks at the waiting ones.
        least: Rows of a cluster of a novelty, about.
        memory: Rows that wait at most; the oldest are given up.
        seed: Of the first centres of clusters.

    Example:
        >>> import numpy as np
        >>> random = np.random.default_rng(0)
        >>> known = np.concatenate([random.normal(0, 1, (500, 2)), random.normal(9, 1, (500, 2))])
        >>> detector = ECSMiner().fit(known, ["a"] * 500 + ["b"] * 500)
        >>> detector.update([[0.2, -0.5], [9, 8.5], [20, 0]]).labels
        ['a', 'b', 'unknown']
        >>> detector.update(random.normal([20, 0], 1, (97, 2))).found[0].number
        1
        >>> detector.learn([[20, 0]] * 40, ["c"] * 40).update([[20, 0]]).labels
        ['c']
    """

    _RESTORED: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "waiting": Rows.from_dict,
        "ensemble": _spheres,
        "novel": Spheres.from_dict,
    }
    _LEARNED: ClassVar[tuple[str, ...]] = (*Stepwise._LEARNED, "learned", "ensemble", "novel")

    clusters: int = 50
    models: int = 6
    neighbours: int = 50
    patience: int = 400

    learned: int = 0
    ensemble: list[Spheres] = field(default_factory=list)
    novel: Spheres = field(default_factory=lambda: Spheres.none(0))

    def __post_init__(self) -> None:
        """Check the settings."""
        Stepwise.__post_init__(self)
        require(self.clusters >= 1, "clusters", self.clusters, "at least 1")
        require(self.models >= 1, "models", self.models, "at least 1")
        require(self.neighbours >= 1, "neighbours", self.neighbours, "at least 1")
        require(self.patience >= self.step, "patience", self.patience, f"at least step ({self.step})")

    def learn(self, rows: npt.ArrayLike, labels: npt.ArrayLike) -> Self:
        """Take in rows whose class became known; new classes may be among them.

        Args:
            rows: ``[rows, features]``.
            labels: ``[rows]``.

        Raises:
            StateError: If it is not fitted.
            InputError: If the rows and labels do not fit.
        """
        given, said = self._read(rows), read_labels(labels)
        check_labelled(given, said)
        self.classes += sorted(set(said) - set(self.classes), key=str)
        codes = self._codes(said)
        errors = [float((self._nearest(model, given)[0] != codes).mean()) for model in self.ensemble]
        if len(self.ensemble) >= self.models:
            del self.ensemble[int(np.argmax(errors))]
        self.ensemble.append(self._model(given, codes))
        self.novel = self.novel.pick(~self._inside(self.ensemble[-1], self.novel.centres))
        return self

    def _learn(self, rows: Floats, codes: Ints) -> None:
        self.novel, self.learned, self.ensemble = Spheres.none(self.features), 0, []
        parts = max(1, min(self.models, len(rows) // (2 * len(self.classes))))
        # Dealt out class by class, so that every model knows every class of which there are enough rows.
        dealt = np.empty(len(rows), dtype=np.int64)
        dealt[np.argsort(codes, kind="stable")] = np.arange(len(rows)) % parts
        self.ensemble = [self._model(rows[dealt == part], codes[dealt == part]) for part in range(parts)]

    def _model(self, rows: Floats, codes: Ints) -> Spheres:
        made = Spheres.none(self.features)
        for code in np.unique(codes).tolist():
            ours = rows[codes == code]
            # A sphere of very few rows has a reach that says nothing.
            most = max(1, min(round(self.clusters * len(ours) / len(rows)), len(ours) // FEW))
            found, _ = gather(ours, most, [self.seed, self.learned, code])
            made = made.joined(found.coded(code, self.items))
        self.learned += 1
        return made

    def _sort(self, rows: Floats, numbers: Ints) -> Ints:
        holds = np.stack([self._inside(model, rows) for model in self.ensemble])
        known = holds.any(axis=0)
        codes = np.where(known, self._vote(rows, holds | ~known), UNKNOWN)
        if len(self.novel):
            away = self.novel.distances(rows)
            again = ~known & (away <= self.novel.reaches).any(axis=1)
            off = np.where(away <= self.novel.reaches, away, np.inf)
            codes = np.where(again, self.novel.codes[off.argmin(axis=1)], codes)
        return codes

    def _look(self, settled: Settled) -> None:
        if len(self.waiting) > self.neighbours:
            apart = self._apart()
            if apart.sum() > self.neighbours:
                self._gather(apart, settled)
        late = self.waiting.numbers < self.items - self.patience
        if late.any():
            rows = self.waiting.values[late]
            everyone = np.ones((len(self.ensemble), len(rows)), dtype=bool)
            settled.settle(self.waiting.numbers[late], self._vote(rows, everyone))
        self._forget(~late)

    def _apart(self) -> npt.NDArray[np.bool_]:
        """Waiting rows whose q-NSC is positive in all models."""
        rows = self.waiting.values
        among = distances(rows, rows)
        # The nearest one is the row itself.
        own = np.partition(among, self.neighbours, axis=1)[:, : self.neighbours + 1]
        own_mean = own.sum(axis=1) / self.neighbours
        apart = np.stack([own_mean < self._from_classes(model, rows) for model in self.ensemble])
        every: npt.NDArray[np.bool_] = np.logical_and.reduce(apart, axis=0)
        return every

    def _from_classes(self, model: Spheres, rows: Floats) -> Floats:
        """Mean distance from the nearest rows of the nearest class; a sphere's rows are as far as its centre."""
        found = []
        for code in np.unique(model.codes):
            spheres = model.pick(model.codes == code)
            away = spheres.distances(rows)
            order = np.argsort(away, axis=1)
            counts = spheres.counts[order]
            before = np.cumsum(counts, axis=1) - counts
            taken = np.clip(self.neighbours - before, 0, counts)
            nearest = np.take_along_axis(away, order, axis=1)
            found.append((nearest * taken).sum(axis=1) / taken.sum(axis=1))
        least: Floats = np.stack(found).min(axis=0)
        return least

    def _gather(self, apart: npt.NDArray[np.bool_], settled: Settled) -> None:
        """Make novelties of rows that lie apart: one of each group of clusters that touch."""
        rows = self.waiting.only(apart)
        most = max(1, len(rows) // self.least)
        found, places = gather(rows.values, most, [self.seed, 1, self.items])
        groups = _groups(found)
        for group in np.unique(groups).tolist():
            spheres = found.pick(groups == group)
            code = self._meaning(spheres)
            self.novel = self.novel.joined(spheres.coded(code, self.items))
            inside = rows.only(groups[places] == group)
            settled.settle(inside.numbers, code)
            whole, _ = gather(inside.values, 1, [self.seed])
            settled.found.append(self._found(inside, whole.coded(code, self.items)))
        self._forget(~apart)

    def _meaning(self, spheres: Spheres) -> int:
        """The novelty that they touch, or a new one."""
        gaps = self.novel.distances(spheres.centres) - self.novel.reaches - spheres.reaches[:, None]
        if gaps.size and gaps.min() <= 0:
            return int(self.novel.codes[gaps.min(axis=0).argmin()])
        return self._new_code()

    def _vote(self, rows: Floats, voting: npt.NDArray[np.bool_]) -> Ints:
        """The class of most models among those that vote on each row; of several that with the nearest sphere."""
        every = np.arange(len(rows))
        votes, sure = np.zeros((len(rows), len(self.classes))), np.full((len(rows), len(self.classes)), np.inf)
        for model, votes_on in zip(self.ensemble, voting, strict=True):
            codes, away = self._nearest(model, rows)
            votes[every, codes] += votes_on
            sure[every, codes] = np.minimum(sure[every, codes], np.where(votes_on, away, np.inf))
        best = votes == votes.max(axis=1, keepdims=True)
        chosen: Ints = np.where(best, sure, np.inf).argmin(axis=1)
        return chosen

    @staticmethod
    def _nearest(model: Spheres, rows: Floats) -> tuple[Ints, Floats]:
        away = model.distances(rows)
        return model.codes[away.argmin(axis=1)], away.min(axis=1)

    @staticmethod
    def _inside(model: Spheres, rows: Floats) -> npt.NDArray[np.bool_]:
        within: npt.NDArray[np.bool_] = np.logical_or.reduce(model.distances(rows) <= model.reaches, axis=1)
        return within


def _groups(spheres: Spheres) -> Ints:
    """The group of each sphere: those that touch, directly or over others, are one."""
    touch = spheres.distances(spheres.centres) <= spheres.reaches[:, None] + spheres.reaches
    groups = np.arange(len(spheres))
    while True:
        least = np.where(touch, groups, len(spheres)).min(axis=1)
        if np.array_equal(least, groups):
            return groups
        groups = least
