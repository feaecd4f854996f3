"""Two models on the same rows: the difference of every figure, with an interval that knows they err alike."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from mainspring.core import InputError, Slice
from mainspring.evaluation.evaluation import ALL_ROWS, Evaluation
from mainspring.evaluation.labelled import label_rows
from mainspring.evaluation.metrics.classification import ClassificationState
from mainspring.evaluation.metrics.intervals import CLOSED, Intervals
from mainspring.evaluation.metrics.measured import Interval, Measured
from mainspring.evaluation.metrics.resampling import Bucketed, percentiles, random_buckets
from mainspring.evaluation.metrics.states import Ints, Rows, State
from mainspring.evaluation.predictions import Predictions
from mainspring.evaluation.slicing import MIN_SLICE_SIZE, slice_rows

if TYPE_CHECKING:
    from mainspring.data import Table

DIFFERENCES: Final = "differences"
"""The task of an evaluation that holds differences."""

PAIRED: Final = Intervals(method="bootstrap")
"""How the intervals of differences are made by default."""

_METHODS: Final = ("bootstrap", "jackknife")


@dataclass(frozen=True, eq=False)
class PairedRows:
    """Rows with the predictions of two models.

    Attributes:
        candidate: The rows as the one judges them.
        baseline: The same rows as the other does.
    """

    candidate: Rows[State]
    baseline: Rows[State]

    def __len__(self) -> int:
        return len(self.candidate)

    def state(self, rows: Ints | None = None) -> PairedState:
        """The state of some rows, given by their indices, or of all."""
        return PairedState(self, np.arange(len(self)) if rows is None else rows)


@dataclass(frozen=True, eq=False)
class PairedState:
    """Some rows of a pair. It keeps their indices, and so it grows with them.

    Attributes:
        of: All rows.
        rows: Indices of those that count, shape ``[n]``.
    """

    of: PairedRows
    rows: Ints

    def merge(self, other: PairedState) -> PairedState:
        """The state over the rows of both."""
        return PairedState(self.of, np.concatenate((self.rows, other.rows)))

    def measure(self, intervals: Intervals = CLOSED) -> Measured:
        """Every figure that both models have, the one's minus the other's; intervals by the bootstrap only."""
        found = self._differences(self.rows)
        if intervals.method != "bootstrap" or not len(self.rows):
            return found
        random = np.random.default_rng(intervals.seed)
        names = list(found.values)
        draws = [
            self._values(self.rows[random.integers(0, len(self.rows), len(self.rows))], names)
            for _ in range(intervals.resamples)
        ]
        ends: dict[str, Interval] = {}
        for name, value in found.values.items():
            low, high = percentiles([draw[name] for draw in draws], intervals.level)
            if not math.isnan(value) and not math.isnan(low):
                # Near an end of its range a figure may lie outside its own percentiles.
                ends[name] = Interval(min(low, value), max(high, value))
        return Measured(found.count, found.values, ends, found.reasons)

    def _values(self, rows: Ints, names: Sequence[str]) -> dict[str, float]:
        ours, theirs = (_figures(side.state(rows), names) for side in (self.of.candidate, self.of.baseline))
        return {name: ours[name] - theirs[name] for name in names}

    def _differences(self, rows: Ints) -> Measured:
        ours, theirs = self.of.candidate.state(rows).measure(), self.of.baseline.state(rows).measure()
        names = [name for name in ours.values if name in theirs.values]
        values = {name: ours.values[name] - theirs.values[name] for name in names}
        reasons = {
            name: ours.reasons.get(name) or theirs.reasons.get(name) or "it is not a number"
            for name in names
            if math.isnan(values[name])
        }
        return Measured(len(rows), values, {}, reasons)


def _figures(state: State, names: Sequence[str]) -> Mapping[str, float]:
    """Figures alone, which cost less than with their intervals and reasons."""
    return state.values(names) if isinstance(state, ClassificationState) else state.measure().values


def paired_differences(
    candidate: Predictions,
    baseline: Predictions,
    table: Table,
    *,
    label: str,
    slices: Sequence[str] = (),
    positive: str | None = None,
    weight: str | None = None,
    min_slice_size: int = MIN_SLICE_SIZE,
    split: str = "eval",
    intervals: Intervals = PAIRED,
) -> Evaluation:
    """How much better one model is than another on the same rows, with intervals made from pairs.

    Whole rows are drawn, with what both models say of them: what is hard for both moves both figures, and cancels
    out. The interval is therefore shorter than that of two separate evaluations, and much shorter where the models
    are alike. All is held in memory.

    Args:
        candidate: One prediction per row.
        baseline: The same of the other model.
        table: The rows, with the label and the columns to slice by.
        label: The label column.
        slices: As in :func:`mainspring.evaluation.evaluate`.
        positive: The class that a binary task is about.
        weight: A numeric column with the weight of each row.
        min_slice_size: The fewest rows that a slice may have.
        split: The name of the rows, kept in the answer.
        intervals: ``"bootstrap"`` draws rows with replacement, ``resamples`` times, and takes the percentiles of
            the differences; ``"jackknife"`` leaves each of ``buckets`` random parts out in turn, and costs less.

    Returns:
        An evaluation whose figures are those of the candidate minus those of the baseline, by slice; its task is
        ``"differences"``. :func:`compare` takes it as ``paired=``.

    Raises:
        InputError: If the predictions do not fit the rows or one another, or intervals are to be made in another
            way.

    Reference: B. Efron and R. J. Tibshirani, *An Introduction to the Bootstrap* (1993), chapters 8, 11 and 13.
    """
    if intervals.method not in _METHODS:
        raise InputError(
            f"intervals of differences cannot be made by {intervals.method!r}",
            expected="one of " + ", ".join(_METHODS),
        )
    if (candidate.classes is None) is not (baseline.classes is None):
        raise InputError(
            "one model predicts classes and the other numbers", expected="two models of the same task"
        )
    if candidate.blocked is not None or baseline.blocked is not None:
        # Compared are the rows that both answer.
        blocked = candidate.unanswered | baseline.unanswered
        candidate, baseline = replace(candidate, blocked=blocked), replace(baseline, blocked=blocked)
    ours, theirs = (
        label_rows(one, table, label=label, positive=positive, weight=weight) for one in (candidate, baseline)
    )
    rows = PairedRows(ours.rows, theirs.rows)
    cut = slice_rows(table, slices, min_slice_size=min_slice_size, kept=ours.kept)
    parts: dict[Slice, Ints | None] = {ALL_ROWS: None, **cut.rows}
    states: Mapping[Slice, State]
    if intervals.method == "jackknife":
        bucket = random_buckets(np.arange(len(rows)), intervals.buckets, intervals.seed)
        states = {key: Bucketed.of(rows, part, bucket, intervals.buckets) for key, part in parts.items()}
    else:
        states = {key: rows.state(part) for key, part in parts.items()}
    return Evaluation(
        task=DIFFERENCES,
        label=label,
        split=split,
        positive=ours.positive,
        measured={key: state.measure(intervals) for key, state in states.items()},
        notes=(*ours.notes, *cut.notes),
        weight=weight,
        intervals=intervals,
    )
