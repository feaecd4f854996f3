"""Attacking a model's answers: which rows can be changed a little so that the answer is another."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring.core import InputError, NotFoundError
from mainspring.evaluation.explanation.attributions import Cell
from mainspring.evaluation.explanation.budgets import UNLIMITED, Budget, BudgetError
from mainspring.evaluation.explanation.counterfactuals import Change, Constraints
from mainspring.evaluation.metrics.intervals import wilson
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.robustness.attacks.column_search import column_search
from mainspring.evaluation.robustness.attacks.deep_fool import deep_fool
from mainspring.evaluation.robustness.attacks.fast_gradient_sign import fast_gradient_sign
from mainspring.evaluation.robustness.attacks.ports import HasGradients
from mainspring.evaluation.robustness.attacks.projected_gradient import projected_gradient
from mainspring.evaluation.robustness.attacks.report import Adversarial, AdversarialReport, Attacked
from mainspring.evaluation.robustness.attacks.simple_black_box import simple_black_box
from mainspring.evaluation.robustness.attacks.target import Bools, Floats, Norm, Raw, Target, different
from mainspring.evaluation.robustness.attacks.word_attack import changed_words, column_of, word_attack

if TYPE_CHECKING:
    from mainspring.data import Table

Move = Callable[..., Raw]
"""From a target, a budget and options of its own: the rows changed within the budget."""

BUDGETS = (0.05, 0.1, 0.25, 0.5)
EXAMPLES = 5
_FREE = Constraints()


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """An attack.

    Attributes:
        move: What it does to rows.
        norm: How its budget is counted, where it is not told otherwise.
        gradients: Whether it must know the model's gradients; the others only ask.
    """

    move: Move
    norm: Norm
    gradients: bool = False


ATTACKS: Mapping[str, Method] = {
    "column_search": Method(move=column_search, norm="cost"),
    "deep_fool": Method(move=deep_fool, norm="l2", gradients=True),
    "fast_gradient_sign": Method(move=fast_gradient_sign, norm="linf", gradients=True),
    "projected_gradient": Method(move=projected_gradient, norm="linf", gradients=True),
    "simple_black_box": Method(move=simple_black_box, norm="linf"),
    "word_attack": Method(move=word_attack, norm="words"),
}
"""Name to attack."""


def attack(
    predictor: Predictor,
    table: Table,
    *,
    label: str,
    method: str = "column_search",
    budgets: Sequence[float] = BUDGETS,
    features: Sequence[str] | None = None,
    without: Sequence[str] = (),
    scales: Mapping[str, float] | float | None = None,
    constraints: Constraints = _FREE,
    gradients: HasGradients | None = None,
    budget: Budget = UNLIMITED,
    seed: int = 0,
    **options: Any,
) -> AdversarialReport:
    """Change rows that a classifier answers rightly, and see how many of its answers turn.

    A row that is turned within a budget counts as turned within every larger one, so that accuracy never rises
    with the budget.

    Args:
        predictor: The model.
        table: Labelled rows.
        label: The label column.
        method: One of :data:`ATTACKS`. ``column_search`` is for tables, ``word_attack`` for texts,
            ``simple_black_box`` for pictures; those that follow gradients are stronger on numbers.
        budgets: How far rows may be changed, each above 0, in the norm of the attack.
        features: The columns that may change; all without it.
        without: Columns that the model is not given, such as a weight.
        scales: What one unit of distance is in each column of numbers; its standard deviation without it, and one
            number for all, such as ``1.0``, to count in the columns' own unit.
        constraints: Hard limits on changes.
        gradients: Which way the model's answers move: :func:`mainspring.models.explaining.gradients_of`.
        budget: The most that the model may be asked.
        seed: Of random choices.
        options: Of the method: ``norm``, ``steps``, ``columns``, ``column``, ``synonyms``.

    Raises:
        InputError: If the model is no classifier, a column does not exist, a budget is not above 0, or gradients
            are needed and not given.
        NotFoundError: If there is no such attack.
    """
    how = attack_of(method)
    if not budgets or min(budgets) <= 0:
        raise InputError(f"the budgets are {list(budgets)}", expected="numbers above 0, such as 0.1 and 0.5")
    target = Target.of(
        predictor,
        table,
        label=label,
        features=features,
        without=without,
        scales=scales,
        constraints=constraints,
        gradients=gradients,
        budget=budget,
        seed=seed,
    )
    if how.gradients:
        target.knows(method)
    norm: Norm = options.get("norm", how.norm)
    siege = _Siege(target, functools.partial(how.move, **options), norm, options)
    found = [siege.within(each) for each in sorted(set(budgets))]
    return AdversarialReport(
        attack=method,
        norm=norm,
        rows=len(target),
        accuracy=siege.accuracy,
        found=tuple(found),
        examples=siege.examples(),
        parameters={
            "label": label,
            "features": [*target.numbers, *target.choices],
            "seed": seed,
            **{name: value for name, value in options.items() if name != "synonyms"},
        },
        spent=target.asked.spent,
        notes=(*target.notes, *siege.notes),
    )


def attack_of(method: str) -> Method:
    """An attack by its name.

    Raises:
        NotFoundError: If there is none.
    """
    if method not in ATTACKS:
        raise NotFoundError(f"there is no attack {method!r}", expected="one of " + ", ".join(ATTACKS))
    return ATTACKS[method]


class _Siege:
    """Rows of a target, and which of them have been turned by now."""

    def __init__(self, target: Target, move: Move, norm: Norm, options: Mapping[str, Any]) -> None:
        self._target, self._move, self._norm, self._options = target, move, norm, options
        self._right = target.right(target.asked.again().predictions(target.columns))
        self._standing = self._right.copy()
        self._distances = np.full(len(target), np.nan)
        self._turned: list[Adversarial] = []
        self.notes: list[str] = []

    @property
    def accuracy(self) -> float:
        """On the rows as they are."""
        return _share(int(self._right.sum()), len(self._target))

    def within(self, budget: float) -> Attacked:
        """Attack the rows that still stand."""
        if self._standing.any() and not self.notes:
            try:
                self._attack(budget)
            except BudgetError as error:
                self.notes.append(f"stopped within {budget:g}, where accuracy would be lower still: {error.found}")
        still, right = int(self._standing.sum()), int(self._right.sum())
        fallen = self._distances[self._right & ~self._standing]
        return Attacked(
            budget=budget,
            accuracy=_share(still, len(self._target)),
            interval=wilson(still, len(self._target)),
            turned=_share(right - still, right),
            distance=float(fallen.mean()) if len(fallen) else math.nan,
        )

    def examples(self) -> tuple[Adversarial, ...]:
        """The rows that were turned with the least change."""
        return tuple(sorted(self._turned, key=lambda one: (one.distance, one.row))[:EXAMPLES])

    def _attack(self, budget: float) -> None:
        part = self._target.where(self._standing)
        changed = self._move(part, budget)
        answers = part.answers(changed)
        wrong = ~part.right(answers)
        away = self._distance(part, changed)
        places = np.flatnonzero(self._standing)[wrong]
        self._standing[places] = False
        self._distances[places] = away[wrong]
        self._tell(part, changed, wrong, away, answers.labels)

    def _distance(self, part: Target, changed: Raw) -> Floats:
        if self._norm != "words":
            return part.distance(changed, self._norm)
        name = column_of(part, self._options.get("column"))
        return changed_words(part.columns[name], changed[name])

    def _tell(self, part: Target, changed: Raw, wrong: Bools, away: Floats, labels: Any) -> None:
        """Keep the nearest of those that were turned just now."""
        classes = part.asked.classes or ()
        nearest = np.flatnonzero(wrong)[np.argsort(away[wrong], kind="stable")][:EXAMPLES]
        for place in nearest.tolist():
            self._turned.append(
                Adversarial(
                    row=int(part.rows[place]),
                    before=classes[part.truth[place]],
                    after=str(labels[place]),
                    changes=tuple(
                        Change(name, _cell(part.columns[name][place]), _cell(changed[name][place]))
                        for name in (*part.numbers, *part.choices)
                        if different(changed[name][place : place + 1], part.columns[name][place : place + 1])[0]
                    ),
                    distance=float(away[place]),
                )
            )


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, str):
        return value
    return None if math.isnan(value) else float(value)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
