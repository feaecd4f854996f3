"""One pass over the rows: predict, line up with the labels, cut into slices, and merge what is kept of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError, Slice
from mainspring.evaluation.labelled import Labelled, LeftOut, label_rows
from mainspring.evaluation.metrics.blocked import with_shares
from mainspring.evaluation.metrics.classification import ClassifiedRows
from mainspring.evaluation.metrics.custom import Answers, Metric
from mainspring.evaluation.metrics.facts import MetricName
from mainspring.evaluation.metrics.intervals import Intervals
from mainspring.evaluation.metrics.measured import Measured
from mainspring.evaluation.metrics.multilabel import LabelSetRows
from mainspring.evaluation.metrics.queries import DEFAULT_TOPS, QueryRows
from mainspring.evaluation.metrics.regression import MeasuredRows
from mainspring.evaluation.metrics.resampling import Bucketed, random_buckets
from mainspring.evaluation.metrics.states import Rows, State
from mainspring.evaluation.metrics.wishes import Kind, Wishes, sort_out
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.predictions import Predictions
from mainspring.evaluation.reading import answered, check_columns, check_length
from mainspring.evaluation.slicing import SliceForm, Slicer, slice_rows

if TYPE_CHECKING:
    from mainspring.data import Table

Ints = npt.NDArray[np.int64]
ALL_ROWS = Slice()

CHUNK_ROWS = 500_000
"""So many rows are judged at a time: few enough for memory, enough for arrays to pay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """What is to be done with each piece of a table.

    Attributes:
        label: The label column, or one of truths for each class.
        positive: The positive class of a binary task.
        weight: The column of row weights.
        query: The column of queries, if the task is to rank the rows of each.
        cutoff: The least probability of the positive answer.
        metrics: Names and metrics that are wished besides the usual ones.
        intervals: How confidence intervals are made.
    """

    label: str | Sequence[str]
    positive: str | None = None
    weight: str | None = None
    query: str | None = None
    cutoff: float | None = None
    metrics: Sequence[str | Metric] = ()
    intervals: Intervals = field(default_factory=Intervals)


@dataclass(slots=True, kw_only=True)
class Judged:
    """What a pass leaves behind.

    Attributes:
        states: Slice to the state of each family of metrics, the model's own first; ``Slice()`` is all rows.
        kind: The kind of task.
        classes: The classes of the predictions.
        positive: The positive class of a binary task.
        wishes: What was asked for besides the usual metrics.
        left_out: What could not be judged.
        blocked: Slice to the number of its rows that assertions left without an answer; ``None`` where nothing can
            be blocked.
        notes: What was left out or folded, in sentences.
    """

    states: dict[Slice, list[State]] = field(default_factory=dict)
    kind: Kind | None = None
    classes: tuple[str, ...] | None = None
    positive: str | None = None
    wishes: Wishes = field(default_factory=Wishes)
    left_out: LeftOut = field(default_factory=LeftOut)
    blocked: dict[Slice, int] | None = None
    notes: tuple[str, ...] = ()

    def meet(self, answers: Predictions, wanted: Judging) -> None:
        """Learn from the first answers what the task is; refuse later ones that differ."""
        if self.kind is None:
            self.kind, self.classes = _kind(answers, wanted), answers.classes
            self.wishes = sort_out(wanted.metrics, self.kind, answers.classes or ())
        elif answers.classes != self.classes:
            raise InputError(
                f"the model answered with the classes {answers.classes} after {self.classes}",
                expected="the same classes for every piece of the table",
            )

    @property
    def whole(self) -> State:
        """The state of the model's own family over all rows."""
        state = self.states[ALL_ROWS][0]
        return state.whole if isinstance(state, Bucketed) else state

    def measured(self, intervals: Intervals) -> dict[Slice, Measured]:
        """All figures of every slice.

        Raises:
            InputError: If a metric of one's own gives a figure of a name that is taken.
        """
        found = {
            key: _joined([state.measure(intervals) for state in states]) for key, states in self.states.items()
        }
        return found if self.blocked is None else with_shares(found, self.blocked, intervals)


def judge_table(
    predictor: Predictor | Predictions,
    table: Table,
    wanted: Judging,
    *,
    slices: Sequence[SliceForm],
    min_slice_size: int,
    privacy_floor: int,
    chunk_rows: int,
) -> Judged:
    """Judge predictions on a table, piece by piece.

    Raises:
        InputError: As :func:`mainspring.evaluation.evaluate` says.
    """
    check_length(predictor, table)
    if wanted.cutoff is not None and not 0 <= wanted.cutoff <= 1:
        raise InputError(f"a cutoff of {wanted.cutoff}", expected="a probability, from 0 to 1")
    labels = [wanted.label] if isinstance(wanted.label, str) else [*wanted.label]
    if not labels:
        raise InputError("no label column was given", expected="a column, or one of truths for each class")
    needed = [name for name in (*labels, wanted.weight, wanted.query) if name is not None]
    check_columns(table, needed, fix="name columns of the data as label=, weight= and query=")
    slicer = Slicer.of(
        table,
        slices,
        min_slice_size=min_slice_size,
        needed=labels,
        weight=wanted.weight,
        privacy_floor=privacy_floor,
    )
    found = Judged()
    for start, answers, chunk in answered(predictor, table, chunk_rows):
        found.meet(answers, wanted)
        labelled = label_rows(
            answers,
            chunk,
            label=wanted.label,
            positive=wanted.positive,
            weight=wanted.weight,
            cutoff=wanted.cutoff,
            start=start,
            wishes=found.wishes.names,
        )
        found.positive = labelled.positive
        found.left_out = found.left_out.merge(labelled.left_out)
        families: list[Rows[State]] = [labelled.rows if wanted.query is None else _asked(labelled, chunk, wanted)]
        if found.wishes.own:
            told = _answers(labelled, chunk, found.wishes.own)
            families += [metric.rows(told) for metric in found.wishes.own]
        if labelled.blocked is not None:
            found.blocked = _counted(found.blocked or {}, slicer.cut(chunk, labelled.blocked), labelled.left_out)
        numbers = start + np.flatnonzero(labelled.kept)
        _add(found.states, families, slicer.cut(chunk, labelled.kept), numbers, wanted.intervals)
    found.states = {key: found.states[key] for key in (ALL_ROWS, *slicer.slices) if key in found.states}
    found.notes = (*found.left_out.notes, *slicer.notes)
    return found


def judge_rows(
    rows: Rows[State],
    *,
    table: Table | None,
    slices: Sequence[SliceForm],
    min_slice_size: int,
    intervals: Intervals,
) -> tuple[dict[Slice, Measured], tuple[str, ...]]:
    """Judge rows of any family at once: their figures by slice, and what slicing folded or left out.

    Raises:
        InputError: If slices are asked for without a table, or the table has another number of rows.
    """
    if table is None and slices:
        raise InputError(
            f"slices by {', '.join(map(str, slices))}, but no table was given",
            fix="give the raw columns as table=",
        )
    if table is not None and table.num_rows != len(rows):
        raise InputError(
            f"a table of {table.num_rows} rows for {len(rows)} to judge", expected="one row of the table for each"
        )
    cut = None if table is None else slice_rows(table, slices, min_slice_size=min_slice_size)
    found = Judged()
    _add(found.states, [rows], {} if cut is None else cut.rows, np.arange(len(rows)), intervals)
    return found.measured(intervals), () if cut is None else cut.notes


def _kind(answers: Predictions, wanted: Judging) -> Kind:
    if wanted.query is not None:
        return "ranking"
    if not isinstance(wanted.label, str):
        return "multilabel"
    if answers.classes is None:
        return "regression"
    return "binary" if len(answers.classes) == 2 else "several"


def _asked(labelled: Labelled, chunk: Table, wanted: Judging) -> QueryRows:
    """The rows as documents of queries: the label is their relevance, the score what they are ordered by."""
    rows = labelled.rows
    queries = chunk.column(str(wanted.query))[labelled.kept]
    tops = {int(name.at) for name in map(MetricName.parse, map(str, wanted.metrics)) if name.at}
    tops |= {*DEFAULT_TOPS}
    if isinstance(rows, MeasuredRows):
        relevance, scores = rows.truth, rows.predicted
    elif isinstance(rows, ClassifiedRows) and rows.positive is not None:
        relevance, scores = (rows.truth == rows.positive).astype(np.float64), rows.scores[:, rows.positive]
    else:
        raise InputError(
            f"queries in {wanted.query!r} for a model of several classes",
            expected="a model of values, or of two classes: its score orders the rows of a query",
        )
    return QueryRows.of(queries, relevance, scores, weights=rows.weights, tops=sorted(tops))


def _answers(labelled: Labelled, chunk: Table, metrics: Sequence[Metric]) -> Answers:
    """The rows as metrics of one's own see them."""
    rows = labelled.rows
    needed = dict.fromkeys(name for metric in metrics for name in metric.columns)
    check_columns(chunk, list(needed))
    columns = {name: chunk.column(name)[labelled.kept] for name in needed}
    if isinstance(rows, MeasuredRows):
        return Answers(
            truth=rows.truth,
            predicted=rows.predicted,
            scores=rows.predicted,
            weights=rows.weights,
            columns=columns,
        )
    if isinstance(rows, LabelSetRows):
        return Answers(
            truth=rows.truth,
            predicted=rows.chosen,
            scores=rows.scores,
            weights=rows.weights,
            classes=rows.classes,
            columns=columns,
        )
    names = np.empty(len(rows.classes), dtype=object)
    names[:] = rows.classes
    return Answers(
        truth=names[rows.truth],
        predicted=names[rows.predicted],
        scores=rows.scores if rows.positive is None else rows.scores[:, rows.positive],
        weights=rows.weights,
        classes=rows.classes[: rows.known],
        positive=labelled.positive,
        columns=columns,
    )


def _add(
    states: dict[Slice, list[State]],
    families: Sequence[Rows[State]],
    cut: Mapping[Slice, Ints],
    numbers: Ints,
    intervals: Intervals,
) -> None:
    """Merge the rows of a piece into what is kept of each slice."""
    buckets: list[Ints | None] = [None] * len(families)
    if intervals.method == "jackknife":
        # Rows that are one unit, such as the documents of a query, stay together.
        units = [getattr(family, "units", numbers) for family in families]
        buckets = [random_buckets(unit, intervals.buckets, intervals.seed) for unit in units]
    parts: list[tuple[Slice, Ints | None]] = [(ALL_ROWS, None), *cut.items()]
    for key, part in parts:
        new = [
            family.state(part) if bucket is None else Bucketed.of(family, part, bucket, intervals.buckets)
            for family, bucket in zip(families, buckets, strict=True)
        ]
        old = states.get(key)
        states[key] = new if old is None else [a.merge(b) for a, b in zip(old, new, strict=True)]


def _counted(so_far: Mapping[Slice, int], cut: Mapping[Slice, Ints], left_out: LeftOut) -> dict[Slice, int]:
    """The blocked rows of each slice, with those of another piece."""
    new = {ALL_ROWS: left_out.blocked, **{key: len(rows) for key, rows in cut.items()}}
    return {key: so_far.get(key, 0) + new.get(key, 0) for key in so_far.keys() | new.keys()}


def _joined(found: Sequence[Measured]) -> Measured:
    """The figures of several families of the same rows."""
    first = found[0]
    for other in found[1:]:
        # Every family counts its rows; they are the same ones.
        taken = sorted((first.values.keys() & other.values.keys()) - {"count"})
        if taken:
            raise InputError(
                f"two metrics give the figure {', '.join(map(repr, taken))}",
                expected="a name that no other metric of the evaluation has",
                fix="give the metric another name: @metric(name=…)",
            )
        first = first.joined(other)
    return first
