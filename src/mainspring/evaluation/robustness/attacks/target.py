"""What is attacked: a classifier, the rows it answers, and what an attacker may do to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError
from mainspring.evaluation.explanation.asking import Asked, Columns, taken
from mainspring.evaluation.explanation.budgets import UNLIMITED, Budget
from mainspring.evaluation.explanation.counterfactuals import Constraints
from mainspring.evaluation.labelled import label_rows
from mainspring.evaluation.metrics.classification import ClassifiedRows
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.predictions import Predictions
from mainspring.evaluation.robustness.attacks.ports import HasGradients

if TYPE_CHECKING:
    from mainspring.data import Table

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Raw = dict[str, npt.NDArray[Any]]

Norm = Literal["linf", "l2", "cost", "words"]
"""How far a changed row is from what it was.

``"linf"``: the largest change of a number, in standard deviations of its column; ``"l2"``: the root of the sum of
their squares; ``"cost"``: their sum, and 1 for each other word or truth value; ``"words"``: the share of the words
of a text that are different.
"""

COMMONEST = 20
"""So many of the words of a column, the commonest, are tried in place of a word."""

_FREE = Constraints()
_ALMOST = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Target:
    """Rows of a known class that an attack may change.

    Attributes:
        asked: The model, counted and bounded.
        columns: Raw columns, each ``[n]``.
        truth: The class of each row, as an index among the model's classes, ``[n]``.
        rows: Which rows of the table they are, ``[n]``.
        numbers: Columns of numbers that may change.
        choices: Columns of words, and of truth values as 0 and 1, to what they may become.
        scales: What one unit of distance is in each column of numbers: its standard deviation.
        constraints: Hard limits.
        gradients: Which way the answers move, if the attacker knows the model.
        seed: Of random choices.
        notes: Rows that were left out, in sentences.
    """

    asked: Asked
    columns: Raw
    truth: Ints
    rows: Ints
    numbers: tuple[str, ...]
    choices: Mapping[str, npt.NDArray[Any]]
    scales: Mapping[str, float]
    constraints: Constraints = _FREE
    gradients: HasGradients | None = None
    seed: int = 0
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        predictor: Predictor,
        table: Table,
        *,
        label: str,
        features: Sequence[str] | None = None,
        without: Sequence[str] = (),
        scales: Mapping[str, float] | float | None = None,
        constraints: Constraints = _FREE,
        gradients: HasGradients | None = None,
        budget: Budget = UNLIMITED,
        seed: int = 0,
    ) -> Self:
        """Line up rows with their labels; one call of the model, outside of the budget, learns its classes.

        Raises:
            InputError: If the model is no classifier, a column does not exist, or the constraints cannot be kept.
        """
        given = table.drop([name for name in {label, *without} if name in table.names])
        chosen = tuple(given.names if features is None else features)
        strange = [name for name in chosen if name not in given.names]
        if strange or not chosen:
            raise InputError(
                f"no column {', '.join(map(repr, strange))}" if strange else "there is no column to change",
                expected="columns of " + ", ".join(given.names),
            )
        answers = predictor.predict(table)
        rows = label_rows(answers, table, label=label)
        if answers.classes is None or not isinstance(rows.rows, ClassifiedRows):
            raise InputError(
                "the model predicts values", expected="a classifier: an attack turns one class to another"
            )
        asked = Asked.of(predictor, given, output=answers.classes[0], budget=budget)
        columns = asked.columns(given)
        constraints.check(columns)
        free = [name for name in chosen if name not in constraints.immutable]
        numbers = tuple(name for name in free if asked.types[name] in {"INT", "FLOAT"})
        kept = np.flatnonzero(rows.kept)
        return cls(
            asked=asked,
            columns=taken(columns, kept),
            truth=rows.rows.truth.astype(np.int64),
            rows=kept.astype(np.int64),
            numbers=numbers,
            choices={name: _choices(columns[name]) for name in free if name not in numbers},
            scales=_scales(columns, numbers, scales),
            constraints=constraints,
            gradients=gradients,
            seed=seed,
            notes=rows.notes,
        )

    def __len__(self) -> int:
        return len(self.truth)

    def where(self, kept: Bools) -> Target:
        """Some of the rows."""
        places = np.flatnonzero(kept)
        return replace(self, columns=taken(self.columns, places), truth=self.truth[places], rows=self.rows[places])

    def answers(self, columns: Columns) -> Predictions:
        """What the model says; it counts.

        Raises:
            BudgetError: If the budget does not hold so many rows.
        """
        return self.asked.predictions(columns)

    def right(self, predictions: Predictions, truth: Ints | None = None) -> Bools:
        """Which rows are answered with their own class."""
        found: Bools = predictions.chosen == (self.truth if truth is None else truth)
        return found

    def knows(self, what: str) -> HasGradients:
        """The gradients.

        Raises:
            InputError: If there are none.
        """
        if self.gradients is None:
            raise InputError(
                f"{what} follows the gradients of a model, and none were given",
                expected="gradients=gradients_of(model), of a linear model or a network",
                fix='take an attack that only asks, such as "column_search"',
            )
        return self.gradients

    def moved(self, steps: Mapping[str, Floats]) -> Raw:
        """The rows with their numbers moved, as far as constraints allow; whole numbers stay whole.

        Args:
            steps: By how much each column moves, in its own unit, ``[n]``. No step becomes longer than it is.
        """
        made: Raw = dict(self.columns)
        for name in self.numbers:
            before, step = self.columns[name], steps[name]
            if name in self.constraints.rising:
                step = np.maximum(step, 0.0)
            if name in self.constraints.falling:
                step = np.minimum(step, 0.0)
            if self.asked.types[name] == "INT":
                step = np.trunc(step + np.sign(step) * _ALMOST)
            after = before + step
            if name in self.constraints.within:
                low, high = self.constraints.within[name]
                inside = np.clip(after, low, high)
                # A row that is out of bounds from the start may stay where it is, but not be pulled in from afar.
                far = np.abs(inside - before) > np.abs(step) + _ALMOST
                after = np.where(far | ((inside - before) * step < 0), before, inside)
                if self.asked.types[name] == "INT":
                    after = before + np.trunc(after - before)
            made[name] = np.where(np.isnan(before), before, after)
        return made

    def distance(self, columns: Columns, norm: Norm, before: Columns | None = None) -> Floats:
        """How far rows are from what they were, ``[n]``; ``"words"`` is the business of the attack on texts."""
        start = self.columns if before is None else before
        size = len(next(iter(columns.values())))
        apart = [
            np.nan_to_num(np.abs(columns[name] - start[name])) / self.scales[name] for name in self.numbers
        ] or [np.zeros(size)]
        if norm == "linf":
            return np.asarray(np.max(apart, axis=0), dtype=np.float64)
        if norm == "l2":
            return np.asarray(np.sqrt(np.square(apart).sum(axis=0)), dtype=np.float64)
        others = [different(columns[name], start[name]).astype(np.float64) for name in self.choices]
        return np.asarray(np.sum([*apart, *others], axis=0), dtype=np.float64)


def margins(scores: Floats, truth: Ints) -> Floats:
    """How far the own class is above the best other one, ``[n]``; below 0 where the answer is wrong.

    Example:
        >>> margins(np.array([[0.7, 0.3], [0.2, 0.8]]), np.array([0, 0])).round(1).tolist()
        [0.4, -0.6]
    """
    rows = np.arange(len(scores))
    own = scores[rows, truth]
    others = scores.copy()
    others[rows, truth] = -np.inf
    apart: Floats = own - others.max(axis=1)
    return apart


def different(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> Bools:
    """Which cells are not the same; a missing one is the same as another missing one."""
    if first.dtype == object:
        pairs = zip(first.tolist(), second.tolist(), strict=True)
        return np.fromiter((one != other for one, other in pairs), np.bool_, len(first))
    same: Bools = (first == second) | (np.isnan(first) & np.isnan(second))
    return ~same


def _choices(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if values.dtype != object:
        return np.array([0.0, 1.0])
    words, counts = np.unique([value for value in values.tolist() if value is not None], return_counts=True)
    found = np.empty(min(len(words), COMMONEST), dtype=object)
    found[:] = [str(word) for word in words[np.argsort(-counts, kind="stable")][:COMMONEST]]
    return found


def _scales(
    columns: Columns, numbers: tuple[str, ...], given: Mapping[str, float] | float | None
) -> dict[str, float]:
    if isinstance(given, (int, float)):
        return dict.fromkeys(numbers, float(given))
    found = {}
    for name in numbers:
        known = columns[name][np.isfinite(columns[name])]
        found[name] = float((given or {}).get(name, 0.0)) or (float(known.std()) if len(known) else 0.0) or 1.0
    return found
