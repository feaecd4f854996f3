"""Fair learning as plain learning: prices on what groups should have alike change labels and weights of rows.

Reference: A. Agarwal, A. Beygelzimer, M. Dudík, J. Langford and H. Wallach, *A reductions approach to fair
classification*, ICML 2018.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np

from mainspring.core import InputError
from mainspring.data.replacing import with_columns
from mainspring.evaluation.fairness.mitigation.constraints import Constraint, Moments, events, moments
from mainspring.evaluation.fairness.mitigation.rows import Bools, GroupedRows, group_rows
from mainspring.evaluation.labelled import positive_class
from mainspring.evaluation.metrics.grouping import Floats
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.predictions import Predictions
from mainspring.evaluation.weighing import row_weights

if TYPE_CHECKING:
    from mainspring.data import Table

Fit: TypeAlias = Callable[["Table", Floats | None], Predictor]
"""Learns from rows, each of which counts as much as its weight says; all the same where there are no weights."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """One model that was tried.

    Attributes:
        predictor: The model.
        prices: The multipliers it was trained with, shape ``[events, groups]``; all 0 is plain learning.
        error: Its share of wrong answers on the rows that decide.
        gap: The largest difference between groups there; NaN if no two groups have a rate.
    """

    predictor: Predictor
    prices: Floats
    error: float
    gap: float

    def rank(self, at_most: float) -> tuple[float, float]:
        """By how much it is out of bounds, then its error: less is better."""
        out = math.inf if math.isnan(self.gap) else max(0.0, self.gap - at_most)
        return (out, self.error)


def worth(constraint: Constraint, rows: GroupedRows, prices: Floats) -> Floats:
    """How much better a yes is than a no, for each row: +1 or -1 by its label, plus what the prices add.

    A price of a group lowers what its rows gain by a yes by ``price / share of the group`` and raises it for
    all rows of the event, so that prices sum to the Lagrangian of the constraints (section 3.2 of the paper).

    Args:
        constraint: What should be alike.
        rows: The rows.
        prices: The multiplier of each event and group, shape ``[events, groups]``.
    """
    found = np.where(rows.truth, 1.0, -1.0)
    total = float(rows.weights.sum())
    for event, of_groups in zip(events(constraint, rows), prices, strict=True):
        shares = rows.mass(event) / total
        lowered = np.divide(of_groups, shares, out=np.zeros(len(shares)), where=shares > 0)
        raised = float(of_groups.sum()) / float(shares.sum()) if shares.sum() > 0 else 0.0
        found += np.where(event, raised - lowered[rows.group], 0.0)
    return found


def yes_to(predictions: Predictions, positive: str) -> Bools:
    """Which rows are answered with the positive class.

    Raises:
        InputError: If the predictions are not of two classes, of which this is one.
    """
    classes = predictions.classes or ()
    if len(classes) != 2:
        raise InputError(f"predictions of the classes {classes or None}", expected="two classes")
    found: Bools = predictions.chosen == classes.index(positive_class(classes, positive) or classes[-1])
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lessons:
    """Rows to learn from under prices.

    Attributes:
        fit: The learner.
        table: The rows, all of them with a label.
        rows: The same with groups.
        constraint: What should be alike.
    """

    fit: Fit
    table: Table
    rows: GroupedRows
    constraint: Constraint

    @classmethod
    def of(
        cls,
        fit: Fit,
        table: Table,
        constraint: str,
        *,
        label: str,
        protected: Sequence[str],
        positive: str | None,
        weight: str | None,
    ) -> Self:
        """Line up rows.

        Raises:
            InputError: If a column does not exist, the label has not two classes, or there is only one group.
        """
        if label in table.names:
            quoted = label.replace('"', '""')
            table = table.where(f'"{quoted}" IS NOT NULL')
        rows = group_rows(table, label=label, protected=protected, positive=positive, weight=weight)
        if len(rows.groups) < 2:
            raise InputError(
                f"all rows are of one group: {', '.join(map(str, rows.groups)) or 'there are none'}",
                expected=f"at least two values of {', '.join(protected)}",
            )
        return cls(fit=fit, table=table, rows=rows, constraint=Constraint.of(constraint))

    @property
    def shape(self) -> tuple[int, int]:
        """Events and groups: the shape of prices."""
        return len(events(self.constraint, self.rows)), len(self.rows.groups)

    def answer(self, prices: Floats) -> Predictor:
        """The model that is learnt under prices; a constant where one answer is best for every row."""
        value = self.rows.weights * worth(self.constraint, self.rows, prices)
        yes = value > 0
        if yes.all() or not yes.any():
            return Constant(self.rows.classes, positive=bool(yes.all()))
        labels: Any = np.full(self.table.num_rows, self.rows.values[0], dtype=object)
        labels[self.rows.place[yes]] = self.rows.values[1]
        weights = np.zeros(self.table.num_rows)
        weights[self.rows.place] = np.abs(value)
        weights *= len(self.rows) / weights.sum()
        return self.fit(with_columns(self.table, {self.rows.label: labels.tolist()}), weights)

    def plain(self, weight: str | None) -> Predictor:
        """The model that is learnt without prices, from the rows as they are."""
        return self.fit(self.table, row_weights(self.table, weight))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judge:
    """Rows on which models are compared."""

    table: Table
    rows: GroupedRows
    constraint: Constraint

    def yes(self, predictor: Predictor) -> Bools:
        """Which rows a model answers yes."""
        return yes_to(predictor.predict(self.table), self.rows.positive)[self.rows.place]

    def try_out(self, predictor: Predictor, prices: Floats) -> Candidate:
        """A model with its figures."""
        seen = self.measure(self.yes(predictor))
        return Candidate(predictor=predictor, prices=prices, error=seen.error, gap=seen.gap)

    def measure(self, yes: Bools | Floats) -> Moments:
        """The figures of answers."""
        return moments(self.constraint, self.rows, yes)


@dataclass(frozen=True, slots=True)
class Constant:
    """Answers every row the same.

    Attributes:
        classes: The two classes, the positive one last.
        positive: Whether the answer is the positive one.
    """

    classes: tuple[str, str]
    positive: bool

    def predict(self, table: Table) -> Predictions:
        """The same answer for each row."""
        return Predictions(self.classes, np.tile([1.0 - self.positive, float(self.positive)], (table.num_rows, 1)))
