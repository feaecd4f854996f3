"""Metrics of classifiers, from one pass over the rows and a state that merges.

Binary: every figure that needs a positive class is about the stated one, answered as the predictions choose.
Several classes: the plain name is the mean over classes (macro), ``*_weighted`` the mean weighted by how often
each class occurs, ``*_micro`` that of all answers together; ``auc`` and the like are one-against-rest. The name of
a class in brackets means that class: ``recall[cat]``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.metrics import one_class, several_classes
from mainspring.evaluation.metrics.classes import natural
from mainspring.evaluation.metrics.confusion import Tally
from mainspring.evaluation.metrics.facts import Better, Fact, Facts, MetricName
from mainspring.evaluation.metrics.grouping import MOST_GROUPS, Floats, Ints, shares
from mainspring.evaluation.metrics.intervals import CLOSED, Intervals, proportion
from mainspring.evaluation.metrics.means import RowMean
from mainspring.evaluation.metrics.measured import Interval, Measured, Sheet
from mainspring.evaluation.metrics.one_class import OneClass
from mainspring.evaluation.metrics.ranking import STEPS, Ranked, Ranking
from mainspring.evaluation.metrics.resampling import percentiles, poisson
from mainspring.evaluation.metrics.several_classes import Several

FACTS: Final[Facts] = {
    "count": Fact(better=Better.NEITHER, title="rows", says="the rows that were judged"),
    "accuracy": Fact(
        better=Better.HIGHER, title="accuracy", says="the share of rows with the right class", unit=True
    ),
    **one_class.FACTS,
    **several_classes.FACTS,
    "log_loss": Fact(
        better=Better.LOWER, title="log loss", says="the mean negative log-likelihood of the true class"
    ),
    "brier": Fact(
        better=Better.LOWER, title="Brier score", says="the mean squared error of the probabilities", unit=True
    ),
}

_SMALLEST = float(np.finfo(np.float64).eps)
_NO_ROWS = "there are no rows with a label"
_BROKEN = "the model gave no finite probabilities for {} of {} rows"
_OF_LABELS = frozenset({"count", "base_rate"})
_FEWEST_GROUPS = 2_048


@dataclass(frozen=True, eq=False, kw_only=True)
class ClassificationState:
    """All that is kept of a set of rows.

    Attributes:
        classes: The model's classes, then labels that it does not know.
        known: How many of them the model knows.
        positive: Index of the positive class; ``None`` for more than two classes.
        rows: Rows, unweighted.
        broken: Rows whose scores are not all finite.
        confusion: Weight by true class (rows) and predicted class (columns).
        squares: The same of squared weights; ``None`` where every row weighs 1.
        log_loss: The mean of it; likewise ``brier``.
        rankings: One per ranked class: the positive one, or every class that the model knows.
        confidence: Of several classes, the largest probability of each row, positive where it is right.
        places: Of several classes, weight by how many classes were held more probable than the true one; at last
            rows with a label that the model does not know.
        wishes: Metrics that were asked for besides the usual ones.
    """

    classes: tuple[str, ...]
    known: int
    positive: int | None
    rows: int
    broken: int
    confusion: Floats
    squares: Floats | None
    log_loss: RowMean
    brier: RowMean
    rankings: tuple[Ranking, ...]
    confidence: Ranking | None = None
    places: Floats | None = None
    wishes: tuple[str, ...] = ()

    def merge(self, other: ClassificationState) -> ClassificationState:
        """The state over the rows of both; they must be of the same model."""
        unknown = sorted({*self.classes[self.known :], *other.classes[self.known :]}, key=natural)
        classes = (*self.classes[: self.known], *unknown)
        a, b = self._over(classes), other._over(classes)
        weighted = self.squares is not None or other.squares is not None
        return replace(
            self,
            classes=classes,
            rows=self.rows + other.rows,
            broken=self.broken + other.broken,
            confusion=a.confusion + b.confusion,
            squares=a._squares + b._squares if weighted else None,
            log_loss=self.log_loss.merge(other.log_loss),
            brier=self.brier.merge(other.brier),
            rankings=tuple(x.merge(y) for x, y in zip(self.rankings, other.rankings, strict=True)),
            confidence=None
            if self.confidence is None or other.confidence is None
            else self.confidence.merge(other.confidence),
            places=None if self.places is None or other.places is None else self.places + other.places,
        )

    def measure(self, intervals: Intervals = CLOSED) -> Measured:
        """All metrics."""
        sheet = Sheet(self.rows)
        sheet.put("count", self.rows)
        right = float(np.trace(self.confusion))
        sheet.fraction("accuracy", right, self._total, why=_NO_ROWS, interval=self._of_accuracy(right, intervals))
        if self.positive is None:
            self._several().put(sheet, intervals)
        else:
            self.one(self.positive).put(sheet, one_class.USUAL, intervals)
        for name, mean in (("log_loss", self.log_loss), ("brier", self.brier)):
            interval = mean.interval(intervals, weighted=self.weighted)
            sheet.put(name, mean.value, why=_NO_ROWS, interval=interval)
        self._put_wishes(sheet, intervals)
        if self.broken:
            sheet.spoil(_BROKEN.format(self.broken, self.rows), keep=_OF_LABELS)
        return sheet.done()

    def values(self, names: Sequence[str]) -> dict[str, float]:
        """Some figures alone, without intervals and reasons: of a binary task for a small part of the time.

        Args:
            names: Which; those that there are not are left out.
        """
        one = None if self.positive is None or self.broken else self.one(self.positive)
        right = float(np.trace(self.confusion))
        own = {
            "accuracy": right / self._total if self._total else math.nan,
            "brier": self.brier.value,
            "count": float(self.rows),
            "log_loss": self.log_loss.value,
        }
        keys = [name for name in names if name not in own]
        if one is None or not set(keys) <= set(one_class.USUAL):
            found = self.measure().values
            return {name: found[name] for name in names if name in found}
        told = one.values(keys) | own
        return {name: told[name] for name in names}

    def drawn(self, names: Sequence[str], intervals: Intervals) -> Mapping[str, Interval]:
        """The bootstrap's intervals of some figures; possibly of more, but for what these alone do not need.

        Args:
            names: Which.
            intervals: By the bootstrap.
        """
        if self.positive is None or self.broken or not set(names) <= set(one_class.USUAL):
            return self.measure(intervals).intervals
        found = self.one(self.positive).intervals(names, {}, intervals)
        return {name: ends for name, ends in found.items() if not math.isnan(ends.low)}

    @property
    def weighted(self) -> bool:
        """Whether rows carry weights (then there are no closed intervals)."""
        return self.squares is not None

    def one(self, place: int) -> OneClass:
        """A class that the model knows, against the rest."""
        if self.positive is None:
            ranking = self.rankings[place]
        else:
            ranking = self.rankings[0] if place == self.positive else self.rankings[0].mirrored()
        return OneClass(
            label=self.classes[place],
            tally=Tally.of(self.confusion, place),
            squares=None if self.squares is None else Tally.of(self.squares, place),
            ranking=ranking,
        )

    def _several(self) -> Several:
        empty = np.zeros(0)
        return Several(
            classes=self.classes,
            confusion=self.confusion,
            squares=self.squares,
            ones=tuple(map(self.one, range(self.known))),
            confidence=Ranking(empty, empty, empty) if self.confidence is None else self.confidence,
            places=empty if self.places is None else self.places,
            wishes=self.wishes,
        )

    @cached_property
    def _total(self) -> float:
        return float(self.confusion.sum())

    @property
    def _squares(self) -> Floats:
        return self.confusion if self.squares is None else self.squares

    def _over(self, classes: tuple[str, ...]) -> ClassificationState:
        """The same with more labels that the model does not know."""
        if classes == self.classes:
            return self
        places = [classes.index(name) for name in self.classes]
        matrices = []
        for matrix in (self.confusion, self._squares):
            wide = np.zeros((len(classes), len(classes)))
            wide[np.ix_(places, places)] = matrix
            matrices.append(wide)
        return replace(
            self, classes=classes, confusion=matrices[0], squares=None if self.squares is None else matrices[1]
        )

    def _of_accuracy(self, right: float, intervals: Intervals) -> Interval | None:
        if intervals.method == "bootstrap":
            drawn = self.drawn_confusions(intervals)
            found = shares(np.trace(drawn, axis1=-2, axis2=-1), drawn.sum(axis=(-2, -1)))
            return percentiles(found, intervals.level)
        return None if self.weighted else proportion(right, self._total, intervals)

    def drawn_confusions(self, intervals: Intervals) -> Floats:
        """The confusion of resampled rows, shape ``[resamples, classes, classes]``."""
        random = np.random.default_rng(intervals.seed)
        return poisson(random, self.confusion, self.squares, intervals.resamples)

    def _put_wishes(self, sheet: Sheet, intervals: Intervals) -> None:
        for of, keys in one_class.by_class(self.wishes).items():
            if of is not None:
                self.one(self.classes.index(of)).put(sheet, keys, intervals, suffix=f"[{of}]")
            elif self.positive is not None:
                others = [key for key in keys if MetricName.parse(key).stem in one_class.FACTS]
                self.one(self.positive).put(sheet, others, intervals)


@dataclass(frozen=True, eq=False, kw_only=True)
class ClassifiedRows:
    """Rows with their labels and predictions, and what each adds to the metrics, worked out once for all slices.

    Attributes:
        classes: The model's classes, then labels that it does not know.
        known: How many of them the model knows.
        positive: Index of the positive class; ``None`` for more than two classes.
        truth: Index of the label among ``classes``.
        predicted: Index of the class that the row is answered with.
        scores: Probabilities of the classes that the model knows, shape ``[n, known]``.
        weights: Row weights; ``None`` weighs every row 1.
        finite: Whether all scores of a row are finite.
        log_loss: Of each row.
        brier: Of each row.
        wishes: Metrics that are asked for besides the usual ones.
    """

    classes: tuple[str, ...]
    known: int
    positive: int | None
    truth: Ints
    predicted: Ints
    scores: Floats
    weights: Floats | None
    finite: npt.NDArray[np.bool_]
    log_loss: Floats
    brier: Floats
    wishes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        truth: Ints,
        scores: Floats,
        *,
        classes: tuple[str, ...],
        positive: int | None,
        weights: Floats | None = None,
        predicted: Ints | None = None,
        wishes: Sequence[str] = (),
    ) -> ClassifiedRows:
        """Work out the parts of the metrics that belong to single rows.

        Args:
            truth: Index of each row's label among ``classes``, shape ``[n]``.
            scores: Probabilities of the first classes, shape ``[n, known]``.
            classes: The model's classes, then labels that it does not know.
            positive: Index of the positive class; ``None`` for more than two classes.
            weights: Row weights, shape ``[n]``.
            predicted: Index of the class that each row is answered with; the most probable one without it.
            wishes: Metrics that are asked for besides the usual ones, as ``metrics.wishes`` checks them.
        """
        rows, known = scores.shape
        finite: npt.NDArray[np.bool_] = np.isfinite(scores.sum(axis=1))
        usable = scores if finite.all() else np.where(finite[:, None], scores, 0.0)
        seen = truth < known
        given = usable[np.arange(rows), np.minimum(truth, known - 1)] * seen
        log_loss = -np.log(np.clip(given, _SMALLEST, 1.0))
        if positive is None:
            brier = (usable**2).sum(axis=1) - 2 * given + 1.0
        else:
            brier = (usable[:, positive] - (truth == positive)) ** 2
        return cls(
            classes=classes,
            known=known,
            positive=positive,
            truth=truth,
            predicted=usable.argmax(axis=1).astype(np.int64) if predicted is None else predicted,
            scores=usable,
            weights=weights,
            finite=finite,
            log_loss=log_loss,
            brier=brier,
            wishes=tuple(wishes),
        )

    def __len__(self) -> int:
        return len(self.truth)

    def state(self, rows: Ints | None = None) -> ClassificationState:
        """The state of some rows, given by their indices, or of all."""
        part = slice(None) if rows is None else rows
        weights = None if self.weights is None else self.weights[part]
        size, count = len(self.classes), len(self._pairs[part])

        def table(by: Floats | None) -> Floats:
            return np.bincount(self._pairs[part], by, size * size).reshape(size, size).astype(np.float64)

        several = self.positive is None
        return ClassificationState(
            classes=self.classes,
            known=self.known,
            positive=self.positive,
            rows=count,
            broken=count - int(np.count_nonzero(self.finite[part])),
            confusion=table(weights),
            squares=None if weights is None else table(weights * weights),
            log_loss=RowMean.of(self.log_loss[part], weights),
            brier=RowMean.of(self.brier[part], weights),
            rankings=tuple(one.part(rows) for one in self._ranked),
            confidence=self._confidence.part(rows) if several else None,
            places=np.bincount(self._places[part], weights, self.known + 1).astype(np.float64)
            if several
            else None,
            wishes=self.wishes,
        )

    @cached_property
    def _pairs(self) -> Ints:
        return self.truth * len(self.classes) + self.predicted

    @cached_property
    def _ranked(self) -> tuple[Ranked, ...]:
        chosen = range(self.known) if self.positive is None else (self.positive,)
        return tuple(self._rank(self.scores[:, place], self.truth == place) for place in chosen)

    @cached_property
    def _confidence(self) -> Ranked:
        top = self.scores[np.arange(len(self)), self.predicted]
        return self._rank(top, self.truth == self.predicted)

    def _rank(self, scores: Floats, positive: npt.NDArray[np.bool_]) -> Ranked:
        limit = MOST_GROUPS if self.positive is not None else max(_FEWEST_GROUPS, MOST_GROUPS // (self.known + 1))
        return Ranked.of(scores, positive, self.weights, limit=limit, marks=self._marks)

    @cached_property
    def _marks(self) -> tuple[float, ...]:
        """Thresholds that counts are wanted at; the last bits of scores are dropped beside, not across them."""
        steps = STEPS if self.positive is not None else STEPS // 10
        wished = {float(name.at) for name in map(MetricName.parse, self.wishes) if name.at and is_share(name.at)}
        # A threshold of the other class of two is 1 minus it of this one.
        wished |= {1.0 - one for one in wished}
        return tuple(sorted({*(np.arange(1, steps) / steps).tolist(), *wished}))

    @cached_property
    def _places(self) -> Ints:
        """How many classes are held more probable than the true one; among equals, the earlier one is."""
        known = self.truth < self.known
        own = np.minimum(self.truth, self.known - 1)[:, None]
        given = np.take_along_axis(self.scores, own, axis=1)
        before = np.arange(self.known) < own
        above = (self.scores > given) | ((self.scores == given) & before)
        return np.where(known, above.sum(axis=1), self.known)


def is_share(text: str) -> bool:
    """Whether a parameter is a number between 0 and 1."""
    try:
        return 0.0 <= float(text) <= 1.0
    except ValueError:
        return False
