"""The table of an error analysis, after Andrew Ng's procedure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError
from mainspring.evaluation.columns import predictions_in
from mainspring.evaluation.errors.analysis import ErrorAnalysis, Mistake, TagRow
from mainspring.evaluation.errors.tags import Mask, Tags, tags_of
from mainspring.evaluation.losses import RowLosses, row_losses
from mainspring.evaluation.metrics.intervals import wilson
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.predictions import Predictions

if TYPE_CHECKING:
    from mainspring.data import Table

EXAMPLES: Final = 10
NO_TAG: Final = "(no tag)"
_SAMPLED: Final = (
    "tags are known of {} errors only: shares of errors are estimates, and nothing is known of right rows"
)


def analyze_errors(
    predictor: Predictor | Predictions,
    table: Table,
    tags: Tags | Sequence[str] | Mapping[str, str],
    *,
    label: str,
    reference: Predictor | Predictions | str | float | None = None,
    metric: str | None = None,
    positive: str | None = None,
    weight: str | None = None,
    identifier: str | None = None,
    examples: int = EXAMPLES,
) -> ErrorAnalysis:
    """Say for every tag how much of the errors it holds, and what mending it would bring.

    The priority of a tag is the room inside it times its share of the data: what the error rate of the whole model
    would fall by if it did as well there as the reference does. Without a reference the room is the error rate.
    Equal priorities go by the share of errors, then by the error rate. Where errors alone were tagged, a sample of
    them, the share of data is not known: the priority then is the share of errors times the room of all rows.

    Args:
        predictor: What predicts, or one prediction per row.
        table: The rows.
        tags: Columns and rules (see :func:`tags_of`), or tags that were read (see :func:`read_tags`).
        label: The label column.
        reference: What could be reached: a column with the answers of people, a baseline or its predictions, or an
            error rate that holds everywhere, such as that of people.
        metric: The loss of a row; the error rate of a classification and the absolute error of a regression
            without it.
        positive: The class that a binary task is about.
        weight: The column of row weights.
        identifier: A column that names rows, for the examples.
        examples: The most mistakes to show for each tag.

    Raises:
        InputError: If a column does not exist, tags cannot be read, or predictions do not fit.

    Reference: A. Ng, *Machine Learning Yearning* (2018), chapters 14 to 19.
    """
    rows = row_losses(predictor, table, label=label, metric=metric, positive=positive, weight=weight)
    found = tags if isinstance(tags, Tags) else tags_of(table, tags)
    if len(found.known) != table.num_rows:
        raise InputError(
            f"tags of {len(found.known)} rows for {table.num_rows}", expected="tags that were read for this table"
        )
    identifiers = None if identifier is None else _texts(table.column(identifier))
    base = _reference(reference, table, rows, label, positive, weight)
    tally = _Tally(rows, found.known[rows.kept], base, identifiers, examples)
    masks = {name: mask[rows.kept] for name, mask in found.masks.items()}
    any_tag = np.zeros(len(rows.values), dtype=bool)
    for mask in masks.values():
        any_tag |= mask
    told = [tally.row(name, mask) for name, mask in masks.items()]
    sampled = None if tally.whole else int(tally.seen.sum())
    return ErrorAnalysis(
        metric=rows.metric,
        label=label,
        count=len(rows.values),
        loss=rows.mean,
        reference=_named(reference),
        reference_rate=tally.reference_rate(np.ones(len(rows.values), dtype=bool)),
        sampled=sampled,
        tags=tuple(sorted(told, key=_rank)),
        untagged=tally.row(NO_TAG, ~any_tag),
        notes=(*rows.notes, *base.notes, *([] if sampled is None else [_SAMPLED.format(sampled)])),
    )


def _rank(row: TagRow) -> tuple[float, float, float, str]:
    known = [-1.0 if math.isnan(x) else x for x in (row.priority, row.error_share, row.error_rate)]
    return -known[0], -known[1], -known[2], row.tag


def _named(reference: Any) -> str:
    if reference is None:
        return ""
    return (
        reference
        if isinstance(reference, str)
        else f"{reference:g}"
        if isinstance(reference, float | int)
        else "baseline"
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Reference:
    """The losses of the reference on the judged rows, NaN where it has no answer; or one figure for all."""

    losses: npt.NDArray[np.float64] | None = None
    rate: float = math.nan
    notes: tuple[str, ...] = ()


def _reference(
    given: Predictor | Predictions | str | float | None,
    table: Table,
    rows: RowLosses,
    label: str,
    positive: str | None,
    weight: str | None,
) -> _Reference:
    if given is None:
        return _Reference()
    if isinstance(given, float | int):
        if not (given >= 0 and (given <= 1 or not rows.is_binary)):
            raise InputError(f"a reference of {given}", expected="an error rate from 0 to 1, such as 0.02")
        return _Reference(rate=float(given))
    predictor = predictions_in(table, predicted=given, label=label) if isinstance(given, str) else given
    theirs = row_losses(predictor, table, label=label, metric=rows.metric, positive=positive, weight=weight)
    every = np.full(table.num_rows, math.nan)
    every[theirs.kept] = theirs.values
    losses = every[rows.kept]
    lacking = int(np.isnan(losses).sum())
    note = f"the reference answered {len(losses) - lacking} of {len(losses)} rows; room is measured on those"
    return _Reference(losses=losses, notes=(note,) if lacking else ())


@dataclass(frozen=True, slots=True, eq=False)
class _Tally:
    """Counts the rows of a tag."""

    rows: RowLosses
    known: Mask
    base: _Reference
    identifiers: npt.NDArray[np.object_] | None
    examples: int

    @property
    def whole(self) -> bool:
        """Whether every row was looked at."""
        return bool(self.known.all())

    @property
    def seen(self) -> Mask:
        """The errors that were looked at."""
        return self.known & (self.rows.values > 0)

    @property
    def weights(self) -> npt.NDArray[np.float64]:
        return np.ones(len(self.rows.values)) if self.rows.weights is None else self.rows.weights

    def reference_rate(self, inside: Mask) -> float:
        """The mean loss of the reference over some rows."""
        if self.base.losses is None:
            return self.base.rate
        answered = inside & ~np.isnan(self.base.losses)
        if not answered.any():
            return math.nan
        return float(np.average(self.base.losses[answered], weights=self.weights[answered]))

    def row(self, tag: str, mask: Mask) -> TagRow:
        """All that is said of one tag."""
        weights, values, loss = self.weights, self.rows.values, self.rows.mean
        inside = mask & self.known
        lost, all_lost = float(weights[inside] @ values[inside]), float(weights[self.known] @ values[self.known])
        share = lost / all_lost if all_lost else math.nan
        total = float(weights.sum())
        data_share = rate = reference = math.nan
        if self.whole and total:
            data_share = float(weights[inside].sum()) / total
            rate = lost / float(weights[inside].sum()) if inside.any() else math.nan
            reference = self.reference_rate(inside)
            room = rate if self._has_none else max(rate - reference, 0.0)
            priority = room * data_share if inside.any() else 0.0
        else:
            reference = self.reference_rate(np.ones(len(values), dtype=bool))
            room = loss if self._has_none else max(loss - reference, 0.0)
            priority = room * share
        plain = self.rows.weights is None and self.rows.is_binary
        wrong = int(all_lost)
        return TagRow(
            tag=tag,
            rows=int(inside.sum()),
            data_share=data_share,
            errors=lost,
            error_share=share,
            error_share_interval=wilson(lost, wrong) if plain and wrong else None,
            error_rate=rate,
            reference_rate=reference,
            room=room,
            priority=priority,
            mended=loss * (1 - share) if not math.isnan(share) else loss,
            examples=self._mistakes(inside),
        )

    @property
    def _has_none(self) -> bool:
        """Whether there is no reference."""
        return self.base.losses is None and math.isnan(self.base.rate)

    def _mistakes(self, inside: Mask) -> tuple[Mistake, ...]:
        """The errors of which the model was most sure; where it was equally sure the first."""
        wrong = np.flatnonzero(inside & (self.rows.values > 0))
        order = np.argsort(-self.rows.confidence[wrong], kind="stable")[: self.examples]
        numbers = np.flatnonzero(self.rows.kept)
        return tuple(
            Mistake(
                row=int(numbers[place]) + 1,
                id=None if self.identifiers is None else self.identifiers[numbers[place]],
                label=_text(self.rows.labels[place]),
                answer=_text(self.rows.answers[place]),
                confidence=float(self.rows.confidence[place]),
            )
            for place in wrong[order].tolist()
        )


def _texts(values: npt.NDArray[Any]) -> npt.NDArray[np.object_]:
    return np.array([None if value is None or value != value else _text(value) for value in values], dtype=object)


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
