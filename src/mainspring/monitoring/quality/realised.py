"""How good the answers were where the truth has become known: by slice, with intervals, weighted if sampled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from mainspring.core import Slice
from mainspring.evaluation.metrics import ClassifiedRows, Measured, MeasuredRows
from mainspring.evaluation.metrics.wishes import Kind
from mainspring.evaluation.reference import TRUTH
from mainspring.evaluation.slicing import MIN_SLICE_SIZE, SliceForm, slice_rows
from mainspring.monitoring.quality.answers import Answers, Floats, Mask, label_answers, read_answers
from mainspring.monitoring.quality.measuring import OF_LABELS, USUAL, measure

if TYPE_CHECKING:
    from mainspring.data import Table

ALL_ROWS: Final = Slice()
_WORST: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Realised:
    """Realised quality.

    Attributes:
        kind: The kind of task.
        measured: Slice to its figures; ``Slice()`` is all rows.
        rows: Rows that were answered.
        labelled: Rows of them whose truth is known and counted.
        worst: Places in the table of answers that were most wrong: wrong classes that the model was surest of, or
            the largest errors; ten at most.
        notes: What was left out or folded, in sentences.
    """

    kind: Kind
    measured: Mapping[Slice, Measured]
    rows: int
    labelled: int
    worst: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def overall(self) -> Measured:
        """The figures of all rows."""
        return self.measured[ALL_ROWS]


def realised_quality(
    table: Table,
    *,
    metrics: Sequence[str] = (),
    also: Sequence[str] = (),
    slices: Sequence[SliceForm] = (),
    positive: str | None = None,
    classes: Sequence[str] | None = None,
    weights: Floats | None = None,
    min_slice_size: int = MIN_SLICE_SIZE,
) -> Realised | None:
    """Measure the rows whose truth is known.

    Args:
        table: Rows with answers (``output.…``) and truth (``feedback.truth``).
        metrics: Names of metrics, as :func:`mainspring.evaluation.evaluate` knows them; the usual ones of the task
            without any.
        also: Further metrics.
        slices: What to slice by, such as ``"sex"`` or ``"sex * race"``.
        positive: The class that a binary task is about.
        classes: The classes where only labels are named.
        weights: Of the rows, ``[rows]``: the inverse of the probability that a row was chosen to be labelled,
            which makes the figures those of all rows that could have been chosen (Horvitz and Thompson, 1952);
            rows that weigh nothing are left out.
        min_slice_size: The fewest rows of a slice.

    Returns:
        The figures; ``None`` if the table has no answers or no truth.

    Raises:
        InputError: If a metric is none of the task, a column to slice by does not exist, or the truth of a
            regression is text.

    Example:
        >>> from mainspring.data import Table
        >>> rows = {"output.label": ["yes", "no", "yes", "no"], "feedback.truth": ["yes", "no", "no", None]}
        >>> found = realised_quality(Table.from_columns(rows), metrics=["accuracy"])
        >>> found.labelled, round(found.overall.values["accuracy"], 3)
        (3, 0.667)
    """
    answers = read_answers(table, positive=positive, classes=classes)
    if answers is None or TRUTH not in table.names:
        return None
    wanted = tuple(dict.fromkeys([*(metrics or USUAL[answers.kind]), *also]))
    rows, labelled = label_answers(answers, table, metrics=_special(wanted, answers), weights=weights)
    cut = slice_rows(table, slices, kept=labelled.kept, min_slice_size=min_slice_size) if slices else None
    parts = {ALL_ROWS: None, **({} if cut is None else cut.rows)}
    told = wanted if answers.ranked else [name for name in wanted if name.partition("[")[0] in OF_LABELS]
    return Realised(
        kind=answers.kind,
        measured={key: measure(rows.state(part), told) for key, part in parts.items()},
        rows=int(np.count_nonzero(answers.known)),
        labelled=len(rows),
        worst=_worst(rows, labelled.kept),
        notes=(*replace(labelled.left_out, lost=0, blocked=0).notes, *(() if cut is None else cut.notes)),
    )


@lru_cache(maxsize=4)
def reference_quality(
    rows: Table,
    metrics: tuple[str, ...],
    also: tuple[str, ...],
    slices: tuple[str, ...],
    positive: str,
    min_slice_size: int,
) -> Realised | None:
    """:func:`realised_quality` of reference rows, remembered: many windows are held against the same ones.

    Columns to slice by that the reference does not have are left out.
    """
    return realised_quality(
        rows,
        metrics=metrics,
        also=also,
        slices=[name for name in slices if name in rows.names],
        positive=positive or None,
        min_slice_size=min_slice_size,
    )


def _worst(rows: ClassifiedRows | MeasuredRows, kept: Mask) -> tuple[int, ...]:
    if isinstance(rows, ClassifiedRows):
        wrong = np.flatnonzero(rows.truth != rows.predicted)
        badness = rows.scores[wrong, rows.predicted[wrong]]
    else:
        wrong = np.arange(len(rows))
        badness = np.abs(rows.predicted - rows.truth)
    chosen = wrong[np.argsort(-badness, kind="stable")[:_WORST]]
    return tuple(np.flatnonzero(kept)[chosen].tolist())


def _special(wanted: Sequence[str], answers: Answers) -> list[str]:
    """Those that are not among the usual ones, and unknown ones, which are then refused with what was meant."""
    return [name for name in wanted if name not in USUAL[answers.kind]]
