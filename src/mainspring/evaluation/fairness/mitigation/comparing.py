"""Mitigations side by side with the untouched model: how far each narrows the gap, and what it costs whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

from mainspring.core import InputError
from mainspring.data.splits import split_rows
from mainspring.evaluation.fairness.assessment import BOOTSTRAP, MIN_GROUP_SIZE, assess_fairness
from mainspring.evaluation.fairness.mitigation.applying import AFTERWARDS, Task, check_methods, mitigate
from mainspring.evaluation.fairness.mitigation.constraints import Constraint
from mainspring.evaluation.fairness.mitigation.outcomes import UNTOUCHED, MitigationComparison, Outcome
from mainspring.evaluation.fairness.mitigation.pricing import Fit, yes_to
from mainspring.evaluation.fairness.mitigation.recommending import recommend
from mainspring.evaluation.fairness.mitigation.rows import Bools, GroupedRows, group_rows
from mainspring.evaluation.fairness.mitigation.thresholds import EQUAL_COSTS, Costs, cost_of
from mainspring.evaluation.fairness.mitigation.turns import turns
from mainspring.evaluation.metrics.intervals import Intervals
from mainspring.evaluation.predictions import Predictions

if TYPE_CHECKING:
    from mainspring.data import Table
    from mainspring.evaluation.ports import Predictor

DEFAULT_METHODS: Final = ("reweigh", "grid", "thresholds")
_SHARES: Final = {"learn": 4, "choose": 1}
_FIGURES: Final = ("accuracy", "auc", "brier", "selection_rate", "true_positive_rate", "false_positive_rate")


def compare_mitigations(
    fit: Fit,
    table: Table,
    held_out: Table,
    *,
    label: str,
    protected: Sequence[str],
    methods: Sequence[str] = DEFAULT_METHODS,
    constraint: str = Constraint.EQUAL_OPPORTUNITY,
    at_most: float = 0.02,
    costs: Costs = EQUAL_COSTS,
    positive: str | None = None,
    weight: str | None = None,
    choose_on: Table | None = None,
    min_group_size: int = MIN_GROUP_SIZE,
    intervals: Intervals = BOOTSTRAP,
    seed: int = 0,
) -> MitigationComparison:
    """Train the untouched model and each mitigation, and judge all of them on the same rows.

    Args:
        fit: Learns from rows and weights.
        table: The rows to learn from.
        held_out: The rows to judge on; nothing is learnt or chosen by them.
        label: A column of two classes.
        protected: Columns; several are crossed.
        methods: ``reweigh``, ``resample``, ``repair`` (before training), ``grid``, ``exponentiated`` (during it),
            ``thresholds``, ``reject_option`` (after it).
        constraint: ``demographic_parity``, ``equal_opportunity`` or ``equalized_odds``.
        at_most: The largest gap wanted.
        costs: What errors cost; the recommendation goes by it.
        positive: The class that a group may want.
        weight: A numeric column with the weight of each row.
        choose_on: Rows by which models and cutoffs are chosen; a fifth of ``table`` is set aside for it if not
            given, and then not learnt from by any of the models.
        min_group_size: Groups with fewer rows of what the constraint is about make no gap.
        intervals: How intervals are made.
        seed: Of every random choice.

    Raises:
        InputError: If there is no such method, a column does not exist, or the label has not two classes.
    """
    check_methods(methods)
    notes = []
    if choose_on is None:
        parts, _ = split_rows(table, _SHARES, seed=seed)
        table, choose_on = parts["learn"], parts["choose"]
        notes.append(f"models and cutoffs are chosen by {choose_on.num_rows:,} rows that no model learns from")
    task = Task(
        fit=fit,
        table=table,
        choose_on=choose_on,
        label=label,
        protected=tuple(protected),
        constraint=Constraint.of(constraint),
        at_most=at_most,
        costs=costs,
        positive=positive,
        weight=weight,
        seed=seed,
    )
    plain = task.untouched()
    judge = _Judge.of(task, held_out, plain, min_group_size, intervals)
    outcomes = [judge.outcome(UNTOUCHED, judge.before, ())]
    for method in dict.fromkeys(methods):
        found = mitigate(method, task, plain)
        outcomes.append(judge.outcome(method, found.predictor.predict(held_out), found.notes))
    return _compared(task, judge, outcomes, notes)


def compare_cutoffs(
    predictor: Predictor,
    choose_on: Table,
    held_out: Table,
    *,
    label: str,
    protected: Sequence[str],
    methods: Sequence[str] = ("thresholds",),
    constraint: str = Constraint.EQUAL_OPPORTUNITY,
    at_most: float = 0.02,
    costs: Costs = EQUAL_COSTS,
    positive: str | None = None,
    weight: str | None = None,
    min_group_size: int = MIN_GROUP_SIZE,
    intervals: Intervals = BOOTSTRAP,
) -> MitigationComparison:
    """Judge mitigations of a model that is there already: those after training, which need no learner.

    Args:
        predictor: The model.
        choose_on: Rows by which cutoffs are chosen; the model should not have learnt from them.
        held_out: The rows to judge on.
        label: A column of two classes.
        protected: Columns; several are crossed.
        methods: ``thresholds`` and ``reject_option``.
        constraint: ``demographic_parity``, ``equal_opportunity`` or ``equalized_odds``.
        at_most: The largest gap wanted.
        costs: What errors cost.
        positive: The class that a group may want.
        weight: A numeric column with the weight of each row.
        min_group_size: Groups with fewer rows of what the constraint is about make no gap.
        intervals: How intervals are made.

    Raises:
        InputError: If a method needs a learner, a column does not exist, or the label has not two classes.
    """
    check_methods(methods)
    wrong = [name for name in methods if name not in AFTERWARDS]
    if wrong:
        raise InputError(
            f"{', '.join(map(repr, wrong))} needs to train",
            expected="some of " + ", ".join(sorted(AFTERWARDS)),
            fix="use compare_mitigations, with a learner",
        )
    return compare_mitigations(
        lambda rows, weights: predictor,
        choose_on,
        held_out,
        label=label,
        protected=protected,
        methods=methods,
        constraint=constraint,
        at_most=at_most,
        costs=costs,
        positive=positive,
        weight=weight,
        choose_on=choose_on,
        min_group_size=min_group_size,
        intervals=intervals,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Judge:
    """The rows held out, and the untouched model's answers to them."""

    task: Task
    table: Table
    rows: GroupedRows
    before: Predictions
    yes: Bools
    min_group_size: int
    intervals: Intervals

    @classmethod
    def of(cls, task: Task, table: Table, plain: Predictor, min_group_size: int, intervals: Intervals) -> Self:
        rows = group_rows(table, **task.rows)
        before = plain.predict(table)
        return cls(
            task=task,
            table=table,
            rows=rows,
            before=before,
            yes=yes_to(before, rows.positive)[rows.place],
            min_group_size=min_group_size,
            intervals=intervals,
        )

    def outcome(self, method: str, answers: Predictions, notes: tuple[str, ...]) -> Outcome:
        """What a model does on the rows."""
        task, spec = self.task, " * ".join(self.task.protected)
        fairness = assess_fairness(
            answers,
            self.table,
            label=task.label,
            protected=[spec],
            positive=task.positive,
            weight=task.weight,
            thresholds=(),
            min_group_size=self.min_group_size,
            intervals=self.intervals,
        )
        yes = yes_to(answers, self.rows.positive)[self.rows.place]
        outcome = Outcome(
            method=method,
            gap=fairness.gap(task.constraint.notion, spec),
            figures={name: figure for name, figure in fairness.overall.figures.items() if name in _FIGURES},
            cost=cost_of(self.rows, yes, task.costs),
            notes=notes,
        )
        if method == UNTOUCHED:
            return outcome
        found = turns(
            task.constraint,
            self.rows,
            self.yes,
            yes,
            costs=task.costs,
            min_group_size=self.min_group_size,
            intervals=self.intervals,
        )
        return replace(
            outcome,
            gap_change=found.gap,
            apart_change=found.apart,
            accuracy_change=found.accuracy,
            cost_change=found.cost,
            groups=found.groups,
        )


def _compared(task: Task, judge: _Judge, outcomes: list[Outcome], notes: list[str]) -> MitigationComparison:
    recommended, sentence = recommend(task, outcomes)
    left_out = outcomes[0].gap.left_out
    notes += [f"the gap says nothing about {key}: {why}" for key, why in left_out.items()]
    return MitigationComparison(
        label=task.label,
        protected=task.protected,
        constraint=task.constraint.value,
        at_most=task.at_most,
        positive=judge.rows.positive,
        costs=task.costs,
        count=len(judge.rows),
        outcomes=tuple(outcomes),
        recommended=recommended,
        recommendation=sentence,
        notes=tuple(notes),
    )
