"""Mitigations by name, applied to any learner: one call each, one predictor back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from mainspring.core import InputError
from mainspring.data.replacing import with_columns
from mainspring.evaluation.fairness.mitigation.constraints import Constraint
from mainspring.evaluation.fairness.mitigation.cutoffs import GroupCutoffs
from mainspring.evaluation.fairness.mitigation.exponentiated import exponentiated_gradient
from mainspring.evaluation.fairness.mitigation.grid import grid_search
from mainspring.evaluation.fairness.mitigation.pricing import Fit
from mainspring.evaluation.fairness.mitigation.rejecting import reject_option
from mainspring.evaluation.fairness.mitigation.repairing import Repair
from mainspring.evaluation.fairness.mitigation.reweighing import resample, reweigh
from mainspring.evaluation.fairness.mitigation.thresholds import EQUAL_COSTS, Costs, optimise_thresholds
from mainspring.evaluation.metrics.grouping import Floats
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.predictions import Predictions
from mainspring.evaluation.weighing import row_weights

if TYPE_CHECKING:
    from mainspring.data import Table


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """What is to be learnt, and what should be alike.

    Attributes:
        fit: The learner.
        table: The rows to learn from.
        choose_on: Rows that it did not learn from, by which models and cutoffs are chosen.
        label: A column of two classes.
        protected: Columns; several are crossed.
        constraint: What should be alike.
        at_most: The largest gap wanted.
        costs: What errors cost, where cutoffs are chosen.
        positive: The class that a group may want.
        weight: A numeric column with the weight of each row.
        seed: Of every random choice.
    """

    fit: Fit
    table: Table
    choose_on: Table
    label: str
    protected: tuple[str, ...]
    constraint: Constraint = Constraint.EQUAL_OPPORTUNITY
    at_most: float = 0.02
    costs: Costs = EQUAL_COSTS
    positive: str | None = None
    weight: str | None = None
    seed: int = 0

    @property
    def rows(self) -> dict[str, Any]:
        """How rows are read, as the mitigations name it."""
        return {
            "label": self.label,
            "protected": self.protected,
            "positive": self.positive,
            "weight": self.weight,
        }

    @property
    def wish(self) -> dict[str, Any]:
        """What should be alike, and how nearly."""
        return {"constraint": self.constraint, "at_most": self.at_most}

    def untouched(self) -> Predictor:
        """Plain learning."""
        return self.fit(self.table, self.weights(self.table))

    def weights(self, table: Table) -> Floats | None:
        """What rows count."""
        return row_weights(table, self.weight)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mitigated:
    """A model after a mitigation.

    Attributes:
        predictor: What answers.
        notes: What is worth knowing about it, in sentences.
    """

    predictor: Predictor
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class WithCutoffs:
    """A predictor answered by cutoffs of groups."""

    predictor: Predictor
    cutoffs: GroupCutoffs

    def predict(self, table: Table) -> Predictions:
        """Its probabilities, answered by the cutoff of each row's group."""
        return self.cutoffs.apply(self.predictor.predict(table), table)


@dataclass(frozen=True, slots=True, eq=False)
class Repaired:
    """A predictor whose rows are repaired before it sees them."""

    predictor: Predictor
    repair: Repair

    def predict(self, table: Table) -> Predictions:
        """Its answers to repaired rows."""
        return self.predictor.predict(self.repair.apply(table))


Step: TypeAlias = Callable[[Task, Predictor], Mitigated]


def mitigate(method: str, task: Task, untouched: Predictor | None = None) -> Mitigated:
    """Apply one mitigation.

    Args:
        method: One of :data:`METHODS`.
        task: What is to be learnt.
        untouched: The model without mitigation; trained when a method after training needs it and there is none.

    Raises:
        InputError: If there is no such method, or it does not fit the rows.
    """
    check_methods([method])
    return METHODS[method](task, untouched if untouched is not None else _Later(task))


def check_methods(methods: Sequence[str]) -> None:
    """Raise an error that names all methods that there are not."""
    unknown = [name for name in methods if name not in METHODS]
    if unknown or not methods:
        raise InputError(
            f"no mitigation {', '.join(map(repr, unknown))}" if unknown else "no mitigation was named",
            expected="some of " + ", ".join(METHODS),
        )


@dataclass(slots=True, eq=False)
class _Later:
    """The untouched model, trained when it is asked."""

    task: Task
    made: Predictor | None = None

    def predict(self, table: Table) -> Predictions:
        self.made = self.made or self.task.untouched()
        return self.made.predict(table)


def _reweigh(task: Task, untouched: Predictor) -> Mitigated:
    weights = reweigh(task.table, **task.rows)
    return Mitigated(predictor=task.fit(task.table, weights))


def _resample(task: Task, untouched: Predictor) -> Mitigated:
    places = resample(task.table, **task.rows, seed=task.seed)
    return Mitigated(predictor=task.fit(_rows_at(task.table, places), None))


def _repair(task: Task, untouched: Predictor) -> Mitigated:
    kept = {task.label, task.weight, *task.protected}
    numbers = [one.name for one in task.table.columns if one.type.is_numeric and one.name not in kept]
    repair = Repair.of(task.table, numbers, protected=task.protected)
    model = task.fit(repair.apply(task.table), task.weights(task.table))
    return Mitigated(predictor=Repaired(model, repair), notes=(f"repaired: {', '.join(numbers)}",))


def _grid(task: Task, untouched: Predictor) -> Mitigated:
    found = grid_search(task.fit, task.table, **task.rows, **task.wish, judge_on=task.choose_on)
    told = f"of {len(found.candidates)} models the one with the fewest errors within the bound"
    missed = f"of {len(found.candidates)} models none was within the bound; this one has the smallest gap"
    return Mitigated(predictor=found.predictor, notes=(told if found.within else missed,))


def _exponentiated(task: Task, untouched: Predictor) -> Mitigated:
    found = exponentiated_gradient(task.fit, task.table, **task.rows, **task.wish, seed=task.seed)
    note = f"a mixture of {len(found.predictors)} models, answered by lot: it cannot be packaged"
    return Mitigated(predictor=found, notes=(note,))


def _thresholds(task: Task, untouched: Predictor) -> Mitigated:
    answers = untouched.predict(task.choose_on)
    found = optimise_thresholds(answers, task.choose_on, **task.rows, **task.wish, costs=task.costs)
    return Mitigated(predictor=WithCutoffs(untouched, found.cutoffs), notes=(str(found.cutoffs), *found.notes))


def _reject_option(task: Task, untouched: Predictor) -> Mitigated:
    answers = untouched.predict(task.choose_on)
    found = reject_option(answers, task.choose_on, **task.rows, **task.wish, costs=task.costs)
    return Mitigated(predictor=WithCutoffs(untouched, found.cutoffs), notes=found.notes)


def _rows_at(table: Table, places: np.ndarray) -> Table:
    """Rows by their indices, in ascending order, repeated ones as often as they occur."""
    times = np.bincount(places, minlength=table.num_rows)
    name = "rows_drawn"
    while name in table.names:
        name += "_"
    drawn = with_columns(table, {name: times.astype(np.int64)})
    return drawn.sql(f"SELECT * EXCLUDE ({name}) FROM this, range({name})").select(table.names)  # noqa: S608 - our own name


METHODS: Final[Mapping[str, Step]] = {
    "reweigh": _reweigh,
    "resample": _resample,
    "repair": _repair,
    "grid": _grid,
    "exponentiated": _exponentiated,
    "thresholds": _thresholds,
    "reject_option": _reject_option,
}
"""Name to mitigation: before training, during it, after it."""

AFTERWARDS: Final = frozenset({"thresholds", "reject_option"})
"""Mitigations that leave the model as it is."""
