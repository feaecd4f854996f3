"""Metrics of classifiers that may give a row several labels, each with a probability of its own.

The plain name is the mean over labels (macro), ``*_weighted`` the mean weighted by how often each label occurs,
``*_micro`` that of all answers together; the name of a label in brackets means that label: ``recall[urgent]``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import Final

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.metrics import confusion
from mainspring.evaluation.metrics.confusion import Tally
from mainspring.evaluation.metrics.facts import Better, Fact, Facts, MetricName
from mainspring.evaluation.metrics.grouping import MOST_GROUPS, Floats, Ints, shares
from mainspring.evaluation.metrics.intervals import CLOSED, Intervals, proportion
from mainspring.evaluation.metrics.means import RowMean
from mainspring.evaluation.metrics.measured import Interval, Measured, Sheet
from mainspring.evaluation.metrics.one_class import FACTS as OF_ONE
from mainspring.evaluation.metrics.one_class import OneClass, by_class
from mainspring.evaluation.metrics.ranking import STEPS, Ranked, Ranking
from mainspring.evaluation.metrics.resampling import PARTS, percentiles, random_buckets
from mainspring.evaluation.metrics.several_classes import AVERAGED

FACTS: Final[Facts] = {
    "count": Fact(better=Better.NEITHER, title="rows", says="the rows that were judged"),
    "exact_match": Fact(
        better=Better.HIGHER, title="exact match", says="the share of rows with every label right", unit=True
    ),
    "hamming_loss": Fact(
        better=Better.LOWER, title="Hamming loss", says="the share of labels that are wrong", unit=True
    ),
    "jaccard": Fact(
        better=Better.HIGHER,
        title="Jaccard",
        says="the mean share of labels given rightly of those that are or were given",
        unit=True,
    ),
    **OF_ONE,
    "log_loss": Fact(better=Better.LOWER, title="log loss", says="the mean negative log-likelihood of the labels"),
    "brier": Fact(
        better=Better.LOWER, title="Brier score", says="the mean squared error of the probabilities", unit=True
    ),
}

USUAL: Final = ("precision", "recall", "f1")
RANKED: Final = ("auc", "average_precision", "calibration_error")

_NO_ROWS = "there are no rows with a label"
_BROKEN = "the model gave no finite probabilities for {} of {} rows"
_SMALLEST = float(np.finfo(np.float64).eps)
_FEWEST_GROUPS = 2_048
_MEANS = ("exact_match", "hamming_loss", "jaccard", "log_loss", "brier")


@dataclass(frozen=True, eq=False, kw_only=True)
class LabelSetState:
    """All that is kept of a set of rows.

    Attributes:
        classes: The labels.
        rows: Rows, unweighted.
        broken: Rows whose scores are not all finite.
        tallies: Weight of rows by random part, label and kind of answer (the fields of a
            :class:`~mainspring.evaluation.metrics.confusion.Tally`), shape ``[parts, labels, 4]``.
        squares: Squared weight by label and kind of answer; ``None`` where every row weighs 1.
        means: Of one number per row: exact match, Hamming loss, Jaccard, log loss, Brier score.
        rankings: One for each label.
        wishes: Metrics that were asked for besides the usual ones.
    """

    classes: tuple[str, ...]
    rows: int
    broken: int
    tallies: Floats
    squares: Floats | None
    means: tuple[RowMean, ...]
    rankings: tuple[Ranking, ...]
    wishes: tuple[str, ...] = ()

    def merge(self, other: LabelSetState) -> LabelSetState:
        """The state over the rows of both."""
        return replace(
            self,
            rows=self.rows + other.rows,
            broken=self.broken + other.broken,
            tallies=self.tallies + other.tallies,
            squares=None if self.squares is None or other.squares is None else self.squares + other.squares,
            means=tuple(a.merge(b) for a, b in zip(self.means, other.means, strict=True)),
            rankings=tuple(a.merge(b) for a, b in zip(self.rankings, other.rankings, strict=True)),
        )

    @property
    def weighted(self) -> bool:
        """Whether rows carry weights (then there are no closed intervals)."""
        return self.squares is not None

    def measure(self, intervals: Intervals = CLOSED) -> Measured:
        """All metrics."""
        sheet = Sheet(self.rows)
        sheet.put("count", self.rows)
        for name, mean in zip(_MEANS, self.means, strict=True):
            interval = mean.interval(intervals, weighted=self.weighted)
            if name == "exact_match" and not self.weighted and intervals.method in ("closed", "exact"):
                interval = proportion(mean.total, mean.weight, intervals)
            sheet.put(name, mean.value, why=_NO_ROWS, interval=interval)
        self._put_averages(sheet, intervals)
        for stem in RANKED:
            self._put_ranked(sheet, stem, intervals)
        for of, keys in by_class(self.wishes).items():
            if of is not None:
                self.one(self.classes.index(of)).put(sheet, keys, intervals, suffix=f"[{of}]")
        if self.broken:
            sheet.spoil(_BROKEN.format(self.broken, self.rows), keep=frozenset({"count"}))
        return sheet.done()

    def one(self, place: int) -> OneClass:
        """One label against the rest."""
        tally = Tally(*self.tallies.sum(axis=0)[place])
        squares = None if self.squares is None else Tally(*self.squares[place])
        return OneClass(label=self.classes[place], tally=tally, squares=squares, ranking=self.rankings[place])

    def _averages(self) -> list[str]:
        usual = [f"{stem}{suffix}" for stem in USUAL for suffix in ("", "_weighted", "_micro")]
        parsed = [(wish, MetricName.parse(wish)) for wish in self.wishes]
        wished = [wish for wish, name in parsed if name.stem in AVERAGED and name.of is None]
        return list(dict.fromkeys([*usual, *wished]))

    def _of_answers(self, tallies: Floats) -> dict[str, Floats]:
        """Figures of the answers for all labels, shape ``[…, labels, 4]``."""
        by_label = confusion.figures(Tally(*np.moveaxis(tallies, -1, 0)))
        pooled = confusion.figures(Tally(*np.moveaxis(tallies.sum(axis=-2), -1, 0)))
        actual = tallies[..., 0] + tallies[..., 2]
        found = {}
        for name in self._averages():
            parsed = MetricName.parse(name)
            values = by_label[parsed.stem]
            if parsed.average == "micro":
                found[name] = pooled[parsed.stem]
            elif parsed.average == "weighted":
                share = shares(actual, actual.sum(axis=-1, keepdims=True))
                parts = np.where(share == 0, 0.0, values * share)
                found[name] = np.asarray(parts.sum(axis=-1))
            else:
                found[name] = np.asarray(values.mean(axis=-1))
        return found

    def _put_averages(self, sheet: Sheet, intervals: Intervals) -> None:
        whole = self.tallies.sum(axis=0)
        ends: dict[str, Interval] = {}
        if intervals.method == "bootstrap":
            random = np.random.default_rng(intervals.seed)
            times = random.poisson(1.0, (intervals.resamples, len(self.tallies))).astype(np.float64)
            drawn = np.tensordot(times, self.tallies, axes=1)
            ends = {name: percentiles(x, intervals.level) for name, x in self._of_answers(drawn).items()}
        for name, value in self._of_answers(whole).items():
            sheet.put(name, float(value), why=self._why(name, whole), interval=ends.get(name))

    def _why(self, name: str, whole: Floats) -> str:
        if not self.rows:
            return _NO_ROWS
        parsed = MetricName.parse(name)
        if parsed.average == "micro":
            return confusion.lacking(parsed.stem, Tally(*whole.sum(axis=0)), None)
        for place, label in enumerate(self.classes):
            tally = Tally(*whole[place])
            if np.isnan(confusion.figures(tally)[parsed.stem]):
                return confusion.lacking(parsed.stem, tally, label)
        return "no row has any label"

    def _put_ranked(self, sheet: Sheet, stem: str, intervals: Intervals) -> None:
        """The means over labels of a metric of rankings, and that of all answers together.

        Labels share their rows, so their figures do not vary independently. The interval of a mean takes them to
        vary all together, and so is rather too wide than too narrow. All answers together have none.
        """
        ones = [self.one(place) for place in range(len(self.classes))]
        values = np.array([_ranked(one.ranking, stem) for one in ones])
        actual = np.array([float(one.tally.actual) for one in ones])
        share = np.nan_to_num(shares(actual, actual.sum()))
        draws = None
        if intervals.method == "bootstrap":
            draws = np.column_stack([np.sort(one.draws([stem], intervals)[stem]) for one in ones])
        nothing = np.flatnonzero(np.isnan(values))
        why = ones[int(nothing[0])].why(stem) if len(nothing) and self.rows else _NO_ROWS
        there = share > 0
        averages: dict[str, Callable[[Floats], Floats]] = {
            stem: lambda x: np.asarray(x.mean(axis=-1)),
            f"{stem}_weighted": lambda x: (
                np.asarray((x[..., there] * share[there]).sum(axis=-1))
                if there.any()
                else np.full(x.shape[:-1], np.nan)
            ),
        }
        for name, average in averages.items():
            ends = None if draws is None else percentiles(average(draws), intervals.level)
            sheet.put(name, float(average(values)), why=why, interval=ends)
        pooled = reduce(lambda a, b: a.merge(b), self.rankings)
        sheet.put(f"{stem}_micro", _ranked(pooled, stem), why=why)


def _ranked(ranking: Ranking, stem: str) -> float:
    if stem == "auc":
        return ranking.auc()
    return ranking.average_precision() if stem == "average_precision" else ranking.calibration_errors()[0]


@dataclass(frozen=True, eq=False, kw_only=True)
class LabelSetRows:
    """Rows with the labels that they have and the probability of each.

    Attributes:
        classes: The labels.
        truth: Whether a row has a label, shape ``[n, labels]``; ``chosen`` whether it was given.
        scores: Probabilities, finite, shape ``[n, labels]``.
        finite: Whether all scores of a row were finite.
        weights: Row weights; ``None`` weighs every row 1.
        numbers: The number of each row in the whole table, which decides its random part.
        wishes: Metrics that are asked for besides the usual ones.
    """

    classes: tuple[str, ...]
    truth: npt.NDArray[np.bool_]
    chosen: npt.NDArray[np.bool_]
    scores: Floats
    finite: npt.NDArray[np.bool_]
    weights: Floats | None
    numbers: Ints
    wishes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        truth: npt.NDArray[np.bool_],
        scores: Floats,
        *,
        classes: tuple[str, ...],
        weights: Floats | None = None,
        cutoff: float = 0.5,
        numbers: Ints | None = None,
        wishes: Sequence[str] = (),
    ) -> LabelSetRows:
        """Line up labels and probabilities.

        Args:
            truth: Whether a row has a label, shape ``[n, labels]``.
            scores: Probabilities, shape ``[n, labels]``.
            classes: The labels.
            weights: Row weights, shape ``[n]``.
            cutoff: The least probability from which a label is given.
            numbers: The number of each row in the whole table; 0, 1, … without them.
            wishes: Metrics that are asked for besides the usual ones.
        """
        finite = np.asarray(np.isfinite(scores).all(axis=1))
        usable = np.where(finite[:, None], scores, 0.0)
        return cls(
            classes=classes,
            truth=truth,
            chosen=np.asarray(usable >= cutoff),
            scores=usable,
            finite=finite,
            weights=weights,
            numbers=np.arange(len(truth)) if numbers is None else numbers,
            wishes=tuple(wishes),
        )

    def __len__(self) -> int:
        return len(self.truth)

    def state(self, rows: Ints | None = None) -> LabelSetState:
        """The state of some rows, given by their indices, or of all."""
        part = slice(None) if rows is None else rows
        weights = None if self.weights is None else self.weights[part]
        finite = self.finite[part]
        kind, places = self._kinds[part], self._parts[part]
        tallies = np.empty((PARTS, len(self.classes), 4))
        squares = None if weights is None else np.empty((len(self.classes), 4))
        for place in range(len(self.classes)):
            found = np.bincount(places * 4 + kind[:, place], weights, PARTS * 4)
            tallies[:, place] = found.reshape(PARTS, 4)
            if squares is not None and weights is not None:
                squares[place] = np.bincount(kind[:, place], weights * weights, 4)
        return LabelSetState(
            classes=self.classes,
            rows=len(finite),
            broken=len(finite) - int(np.count_nonzero(finite)),
            tallies=tallies,
            squares=squares,
            means=tuple(RowMean.of(numbers[part], weights) for numbers in self._numbers),
            rankings=tuple(one.part(rows) for one in self._ranked),
            wishes=self.wishes,
        )

    @cached_property
    def _kinds(self) -> Ints:
        """Which field of a tally each answer falls in: hit 0, false alarm 1, miss 2, rejection 3."""
        return np.where(self.truth, np.where(self.chosen, 0, 2), np.where(self.chosen, 1, 3)).astype(np.int64)

    @cached_property
    def _parts(self) -> Ints:
        return random_buckets(self.numbers, PARTS, seed=0)

    @cached_property
    def _numbers(self) -> tuple[Floats, ...]:
        wrong = (self.truth != self.chosen).mean(axis=1)
        both, either = (self.truth & self.chosen).sum(axis=1), (self.truth | self.chosen).sum(axis=1)
        # Nothing there and nothing given is all right.
        jaccard = np.divide(both, either, out=np.ones(len(self)), where=either > 0)
        given = np.where(self.truth, self.scores, 1.0 - self.scores)
        log_loss = -np.log(np.clip(given, _SMALLEST, 1.0)).mean(axis=1)
        brier = ((self.scores - self.truth) ** 2).mean(axis=1)
        return (wrong == 0).astype(np.float64), wrong, jaccard, log_loss, brier

    @cached_property
    def _ranked(self) -> tuple[Ranked, ...]:
        limit = max(_FEWEST_GROUPS, MOST_GROUPS // max(1, len(self.classes)))
        wished = [float(name.at) for name in map(MetricName.parse, self.wishes) if name.at]
        marks = sorted({*(np.arange(1, STEPS // 10) / (STEPS // 10)).tolist(), *wished})
        return tuple(
            Ranked.of(self.scores[:, place], self.truth[:, place], self.weights, limit=limit, marks=marks)
            for place in range(len(self.classes))
        )
