"""Confidence-based performance estimation: how good a classifier is, from its own probabilities alone.

If the probabilities are right, every row tells how likely each class is to be the true one: it stands for a hit of
weight ``p`` and a miss of weight ``1 - p``. Adding these up gives the expected confusion matrix and the expected
ranking, and from them every metric. Probabilities that are not right are calibrated on reference rows first.

**What is assumed**: the relation of inputs to truth is as in the reference; then other inputs (covariate shift)
are judged rightly too, as far as the probabilities are right among them. **What is not seen**: a relation that has
changed (concept drift). An estimate is no substitute for labels; it bridges the time until they come.

Reference: NannyML, *How it works: confidence-based performance estimation* (documentation, version 0.13);
J. Białek, J. Kivimäki, W. Kuberski and N. Perrakis, *Estimating model performance under covariate shift without
labels*, arXiv:2401.08348 (2024), whose calibration with weighted reference rows is the option ``weights``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from mainspring.core.errors import InputError
from mainspring.core.slices import Slice
from mainspring.evaluation.metrics import ClassificationState, ClassifiedRows
from mainspring.evaluation.metrics.grouping import dot
from mainspring.evaluation.metrics.intervals import CLOSED, deviations
from mainspring.evaluation.metrics.means import RowMean
from mainspring.evaluation.metrics.measured import Interval, Measured
from mainspring.evaluation.metrics.wishes import sort_out
from mainspring.monitoring.quality.answers import Answers, Floats, Ints, Mask, read_answers, truth_codes
from mainspring.monitoring.quality.calibrators import Calibrator, calibrate_if_needed, resampled
from mainspring.monitoring.quality.costs import COST, mean_cost
from mainspring.monitoring.quality.measuring import BOOTSTRAP, USUAL, measure

if TYPE_CHECKING:
    from mainspring.data import Table

ASSUMPTION: Final = (
    "an estimate without labels: right if inputs lead to the truth as they did in the reference; "
    "a changed relation (concept drift) is not seen"
)
ALL_ROWS: Final = Slice()
LEAST_REFERENCE: Final = 100
"""So many reference rows with an answer and a truth are needed at least."""

_TIMES: Final = 20
_TRIED: Final = 4_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Confidence:
    """What was learned from the reference.

    Attributes:
        classes: The classes.
        positive: The class that a binary task is about.
        calibrator: Makes the probabilities right.
        others: The same, learned from rows drawn again.
        realised: The state of the reference rows, judged by their truth.
        costs: What each answer costs by truth; nothing if costs are not asked for.
    """

    classes: tuple[str, ...]
    positive: str | None
    calibrator: Calibrator
    others: tuple[Calibrator, ...]
    realised: ClassificationState
    costs: Mapping[str, Mapping[str, float]]

    @classmethod
    def fit(
        cls,
        reference: Table,
        *,
        positive: str | None = None,
        metrics: Sequence[str] = (),
        costs: Mapping[str, Mapping[str, float]] | None = None,
        weights: Floats | None = None,
        seed: int = 0,
    ) -> Confidence:
        """Learn from rows whose truth is known, and which the model was not trained on.

        Args:
            reference: With ``output.probability.<class>``, ``output.label`` and ``feedback.truth``.
            positive: The class that a binary task is about; the last in sorted order without it.
            metrics: Metrics that will be asked for besides the usual ones.
            costs: Truth to answer to what that costs a row (or earns, below 0); what is not named costs nothing.
            weights: Of the reference rows, ``[rows]``: how much more frequent rows like them are where quality is
                to be estimated. The curves are then learned from weighted rows, whether needed or not.
            seed: Of all draws.

        Raises:
            InputError: If there are no probabilities or no truth, or fewer than 100 rows of them.
        """
        answers = _probabilities(reference, positive)
        truth = truth_codes(answers, reference)
        kept = answers.known & (truth >= 0)
        if np.count_nonzero(kept) < LEAST_REFERENCE:
            raise InputError(
                f"{np.count_nonzero(kept)} reference rows have an answer and a truth",
                expected=f"at least {LEAST_REFERENCE}",
            )
        answers, truth = answers.where(kept), truth[kept]
        weight = None if weights is None else weights[kept]
        made = calibrate_if_needed(answers.scores, truth, seed=seed) if weight is None else None
        calibrator = Calibrator.fit(answers.scores, truth, weight) if made is None else made
        return cls(
            classes=answers.classes or (),
            positive=answers.positive,
            calibrator=calibrator,
            others=tuple(resampled(answers.scores, truth, times=_TIMES, seed=seed, weights=weight)),
            realised=_classified(answers, metrics, truth).state(),
            costs=costs or {},
        )

    def estimate(
        self,
        table: Table,
        *,
        metrics: Sequence[str] = (),
        parts: Mapping[Slice, Ints] | None = None,
    ) -> dict[Slice, Measured]:
        """Estimate the quality of the answers in a table.

        Args:
            table: Rows with answers.
            metrics: Names of metrics; the usual ones without any. ``cost`` is that of :attr:`costs`.
            parts: Slices with the places of their rows in the table.

        Returns:
            Slice to figures; ``Slice()`` is all rows. The 95 % intervals hold what sampling rows, the truth that
            is only probable, and the calibration may be off by.

        Raises:
            InputError: If the table has no probabilities, or a metric is none of the task.

        Example:
            ``Confidence.fit(reference).estimate(window)[Slice()].values["accuracy"]``
        """
        answers = _probabilities(table, self.positive)
        wanted = tuple(dict.fromkeys(metrics)) or USUAL[answers.kind]
        places = np.flatnonzero(answers.known)
        chosen = {ALL_ROWS: places} | {key: rows[answers.known[rows]] for key, rows in (parts or {}).items()}
        expected = _Expected(answers, self.calibrator, wanted)
        found = {}
        for key, rows in chosen.items():
            figures = self._measure(expected.state(rows), wanted)
            found[key] = self._widened(figures, answers.where(_mask(rows, len(answers))), wanted)
        return found

    @property
    def reference_rows(self) -> int:
        """How many rows it was learned from."""
        return self.realised.rows

    def usual(self, rows: int, metrics: Sequence[str]) -> Measured:
        """The realised figures of the reference, with the 95 % intervals that windows of so many rows would have.

        As draws of reference rows they say how far a figure goes up and down where nothing has changed.
        """
        state = _scaled(self.realised, rows / self.realised.rows)
        found = self._measure(state, metrics)
        drawn = state.drawn([name for name in metrics if name in found.values], BOOTSTRAP)
        ends = {**found.intervals, **drawn}
        return replace(found, intervals={name: ends[name] for name in found.values if name in ends})

    def _measure(self, state: ClassificationState, wanted: Sequence[str]) -> Measured:
        found = measure(state, [name for name in wanted if name != COST])
        return found.joined(mean_cost(state, self.costs)) if COST in wanted else found

    def _values(self, state: ClassificationState, wanted: Sequence[str]) -> dict[str, float]:
        found = state.values([name for name in wanted if name != COST])
        if COST in wanted:
            found |= mean_cost(state, self.costs).values
        return {name: found[name] for name in wanted if name in found}

    def _widened(self, figures: Measured, answers: Answers, wanted: Sequence[str]) -> Measured:
        """With what the calibration may be off by, seen by estimating with other curves."""
        tried = answers if len(answers) <= _TRIED else answers.where(_spread(len(answers)))
        if not len(tried) or not figures.intervals:
            return figures
        drawn = [self._values(_Expected(tried, one, wanted).state(), wanted) for one in self.others]
        ends = {}
        for name, interval in figures.intervals.items():
            told = [one[name] for one in drawn if math.isfinite(one[name])]
            off = deviations(CLOSED.level) * float(np.std(told)) if told else 0.0
            value = figures.values[name]
            ends[name] = Interval(
                value - math.hypot(value - interval.low, off), value + math.hypot(interval.high - value, off)
            )
        return replace(figures, intervals=ends)


class _Expected:
    """Every row once for each class, with the probability of that class for its weight."""

    def __init__(self, answers: Answers, calibrator: Calibrator, wanted: Sequence[str]) -> None:
        self._size, self._count = len(answers), answers.scores.shape[1]
        known = answers.known[:, None]
        even = np.where(known, np.nan_to_num(answers.scores), 1.0 / self._count)
        probable = np.where(known, calibrator.apply(even), 0.0)
        truth = np.repeat(np.arange(self._count), self._size)
        self._rows = _classified(_tiled(answers, self._count), wanted, truth, probable.T.ravel())

    def state(self, places: Ints | None = None) -> ClassificationState:
        """The expected state of some rows, as if each class had come so often as it is probable.

        Draws of Poisson variables of these counts are those of rows drawn again whose truth is drawn too.
        """
        rows = np.arange(self._size) if places is None else places
        every = np.concatenate([rows + place * self._size for place in range(self._count)])
        found = self._rows.state(every)
        weights = np.ones(0) if self._rows.weights is None else self._rows.weights[every]
        return replace(
            found,
            rows=len(rows),
            broken=0,
            squares=None,
            log_loss=_counted(self._rows.log_loss[every], weights),
            brier=_counted(self._rows.brier[every], weights),
            rankings=tuple(replace(one, squares=None) for one in found.rankings),
            confidence=None if found.confidence is None else replace(found.confidence, squares=None),
        )


def _classified(
    answers: Answers, wanted: Sequence[str], truth: Ints, weights: Floats | None = None
) -> ClassifiedRows:
    classes = answers.classes or ()
    wishes = sort_out([name for name in wanted if name not in (*USUAL[answers.kind], COST)], answers.kind, classes)
    return ClassifiedRows.of(
        truth,
        np.nan_to_num(answers.scores),
        classes=classes,
        positive=None if answers.positive is None else classes.index(answers.positive),
        predicted=np.maximum(answers.chosen, 0),
        weights=weights,
        wishes=wishes.names,
    )


def _tiled(answers: Answers, times: int) -> Answers:
    return replace(
        answers,
        scores=np.tile(answers.scores, (times, 1)),
        chosen=np.tile(answers.chosen, times),
        known=np.tile(answers.known, times),
    )


def _counted(values: Floats, weights: Floats) -> RowMean:
    """The mean over rows that occur as often as they weigh."""
    weight, total = float(weights.sum()), dot(weights, values)
    return RowMean(weight, total, weight, total, dot(weights, values * values))


def _scaled(state: ClassificationState, share: float) -> ClassificationState:
    """As if there were so many times as many rows."""
    rankings = [
        replace(one, positives=one.positives * share, negatives=one.negatives * share) for one in state.rankings
    ]
    sure = state.confidence
    return replace(
        state,
        rows=round(state.rows * share),
        confusion=state.confusion * share,
        log_loss=_less(state.log_loss, share),
        brier=_less(state.brier, share),
        rankings=tuple(rankings),
        confidence=None
        if sure is None
        else replace(sure, positives=sure.positives * share, negatives=sure.negatives * share),
    )


def _less(mean: RowMean, share: float) -> RowMean:
    return RowMean(*(share * getattr(mean, name) for name in RowMean.__slots__))


def _probabilities(table: Table, positive: str | None) -> Answers:
    answers = read_answers(table, positive=positive)
    if answers is None or answers.classes is None or not answers.ranked:
        raise InputError(
            "the rows have no probabilities",
            expected="columns output.probability.<class>, two or more",
            fix="serve the model with probabilities, or wait for labels",
        )
    return answers


def _mask(places: Ints, size: int) -> Mask:
    found = np.zeros(size, dtype=np.bool_)
    found[places] = True
    return found


def _spread(size: int) -> Mask:
    """Some thousand rows, spread evenly over all."""
    return _mask(np.linspace(0, size - 1, _TRIED).astype(np.int64), size)
