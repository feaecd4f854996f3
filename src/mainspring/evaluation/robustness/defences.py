"""Defences against adversarial examples, side by side: what each wins back under attack, and what it costs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from mainspring.core import InputError
from mainspring.core.records import Value
from mainspring.evaluation.explanation.asking import Columns, typed
from mainspring.evaluation.fairness.mitigation.pricing import Fit
from mainspring.evaluation.metrics.measured import Interval
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.robustness.attacks.attacking import attack, attack_of
from mainspring.evaluation.robustness.attacks.ports import HasGradients
from mainspring.evaluation.robustness.attacks.target import Floats, Target
from mainspring.evaluation.robustness.smoothing import SIGMA, Smoothed
from mainspring.evaluation.stored import StoredAsJson

if TYPE_CHECKING:
    from mainspring.data import Table

DEFENCES = ("adversarial_training", "smoothing", "distillation")
ROUNDS = 8
TEMPERATURE = 20.0
UNDEFENDED = "none"

_NOISY_COPIES = 3
_SHAKEN = 0.3
"""Noise on attacked rows, as a share of the budget: without it a learner fits the last attacks alone."""

_LEAST_WEIGHT = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Defended:
    """A model with a defence, or without.

    Attributes:
        defence: Its name; ``"none"`` for plain training.
        accuracy: On held-out rows as they are.
        attacked: On the same rows under attack.
        interval: 95 % interval of the accuracy under attack.
        rows: Rows that were learnt from, over all trainings.
        answers: Answers of a model that one answer takes.
        seconds: That the training took; no part of equality.
    """

    defence: str
    accuracy: float
    attacked: float
    interval: Interval
    rows: int
    answers: int = 1
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DefenceComparison(StoredAsJson):
    """Defences against one attack, side by side.

    Attributes:
        attack: Its name.
        budget: How far it may change rows.
        norm: How that is counted.
        outcomes: Plain training first, then the defences as they were asked for.
        rows: Held-out rows.
        parameters: Everything else that the figures depend on.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.DefenceComparison"
    FILE: ClassVar[str] = "defences.json"

    attack: str
    budget: float
    norm: str
    outcomes: tuple[Defended, ...]
    rows: int
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def of(self, defence: str) -> Defended:
        """The outcome of a defence.

        Raises:
            KeyError: If it was not tried.
        """
        return {one.defence: one for one in self.outcomes}[defence]

    def won(self, defence: str) -> float:
        """The accuracy under attack that a defence wins."""
        return self.of(defence).attacked - self.of(UNDEFENDED).attacked

    def __str__(self) -> str:
        lines = [f"{self.attack} within {self.budget:g} ({self.norm}), {self.rows} rows"]
        lines += [
            f"  {one.defence}: {one.accuracy:.3f}, under attack {one.attacked:.3f} "
            f"({self.won(one.defence):+.3f}); {one.rows} rows learnt from, {one.answers} answers for one"
            for one in self.outcomes
        ]
        return "\n".join(lines)

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        best = max(self.outcomes, key=lambda one: one.attacked)
        return {"attack": self.attack, "best": best.defence, "attacked_accuracy": best.attacked}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "attack": self.attack,
            "budget": self.budget,
            "norm": self.norm,
            "outcomes": [{**asdict(one), "interval": list(one.interval)} for one in self.outcomes],
            "rows": self.rows,
            "parameters": dict(self.parameters),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        outcomes = tuple(Defended(**{**one, "interval": Interval(*one["interval"])}) for one in value["outcomes"])
        return cls(**{**value, "outcomes": outcomes})


def compare_defences(
    fit: Fit,
    table: Table,
    held_out: Table,
    *,
    label: str,
    method: str = "column_search",
    budget: float = 0.5,
    defences: Sequence[str] = DEFENCES,
    gradients: Callable[[Predictor], HasGradients] | None = None,
    rounds: int = ROUNDS,
    sigma: float = SIGMA,
    draws: int = 100,
    temperature: float = TEMPERATURE,
    seed: int = 0,
    **options: Any,
) -> DefenceComparison:
    """Train with each defence, and attack what comes of it.

    ``adversarial_training`` attacks the training rows, adds what comes of them with the right labels, and trains
    again, a few times over; the model that stands best under attack on the training rows is kept, so that too few
    rounds win little but hardly lose (Goodfellow and others, 2015). ``smoothing`` trains on rows with noise, and
    lets answers under noise vote (Cohen and others, 2019); attacks by gradients follow those of the model inside.
    ``distillation`` trains on the softened answers of a plainly trained model: each row comes once for every
    class, with the probability as its weight, so that any learner that takes weights can do it (N. Papernot and
    others, *Distillation as a defense to adversarial perturbations*, IEEE S&P 2016). It makes gradients small more
    than models robust: an attack that follows margins, or only asks, is hardly held up.

    Args:
        fit: The learner.
        table: Rows to learn from.
        held_out: Rows to judge by.
        label: The label column.
        method: The attack, one of :data:`~mainspring.evaluation.robustness.attacks.ATTACKS`.
        budget: How far it may change rows, in the training rows' standard deviations.
        defences: Which to try, in order.
        gradients: What gives the gradients of a model, for attacks that follow them:
            :func:`mainspring.models.explaining.gradients_of`.
        rounds: Of adversarial training.
        sigma: Noise of smoothing, in standard deviations.
        draws: Votes of smoothing.
        temperature: Of distillation: above 1, the softer the higher.
        seed: Of random choices.
        options: Of the attack: ``features``, ``constraints``, ``norm``, ``steps``, ``columns``.

    Raises:
        InputError: If there is no such defence, or gradients are needed and not given.
        NotFoundError: If there is no such attack.
    """
    strange = [name for name in defences if name not in DEFENCES]
    if strange:
        raise InputError(f"there is no defence {', '.join(strange)}", expected="one of " + ", ".join(DEFENCES))
    attack_of(method)
    lessons = _Lessons(fit, table, label, method, budget, gradients, seed, options)
    trained: dict[str, Callable[[], tuple[Predictor, int]]] = {
        UNDEFENDED: lambda: (lessons.plain, table.num_rows),
        "adversarial_training": lambda: lessons.adversarial(rounds),
        "smoothing": lambda: lessons.smoothed(sigma, draws),
        "distillation": lambda: lessons.distilled(temperature),
    }
    begun = time.monotonic()
    lessons.learn_plainly()
    plain_seconds = time.monotonic() - begun
    outcomes = []
    for name in (UNDEFENDED, *defences):
        begun = time.monotonic()
        predictor, rows = trained[name]()
        seconds = time.monotonic() - begun + (plain_seconds if name == UNDEFENDED else 0.0)
        report = attack(
            predictor,
            held_out,
            label=label,
            method=method,
            budgets=[budget],
            gradients=lessons.gradients_of(predictor),
            scales=lessons.scales,
            seed=seed,
            **options,
        )
        outcomes.append(
            Defended(
                defence=name,
                accuracy=report.accuracy,
                attacked=report.found[0].accuracy,
                interval=report.found[0].interval,
                rows=rows,
                answers=draws if isinstance(predictor, Smoothed) else 1,
                seconds=seconds,
            )
        )
    return DefenceComparison(
        attack=method,
        budget=budget,
        norm=report.norm,
        outcomes=tuple(outcomes),
        rows=report.rows,
        parameters={"rounds": rounds, "sigma": sigma, "temperature": temperature, "seed": seed, "label": label},
    )


class _Lessons:
    """Rows to learn from, with what an attack makes of them."""

    def __init__(
        self,
        fit: Fit,
        table: Table,
        label: str,
        method: str,
        budget: float,
        gradients: Callable[[Predictor], HasGradients] | None,
        seed: int,
        options: Mapping[str, Any],
    ) -> None:
        self._fit, self._table, self._label = fit, table, label
        self._budget, self._gradients, self._seed = budget, gradients, seed
        about = ("features", "without", "constraints")
        self._about = {name: value for name, value in options.items() if name in about}
        self._options = {name: value for name, value in options.items() if name not in (*about, "budget")}
        self._move = attack_of(method).move
        self.plain: Predictor
        self.scales: Mapping[str, float] = {}

    def learn_plainly(self) -> None:
        """Train without any defence."""
        self.plain = self._fit(self._table, None)
        self.scales = self._target(self.plain).scales

    def gradients_of(self, predictor: Predictor) -> HasGradients | None:
        """Those of the model; of a smoothed one those of the model inside."""
        if self._gradients is None:
            return None
        return self._gradients(predictor.inside if isinstance(predictor, Smoothed) else predictor)

    def adversarial(self, rounds: int) -> tuple[Predictor, int]:
        """Train again and again on rows as attacks leave them; the model that stands best on those is kept."""
        predictor, learnt = self.plain, self._table.num_rows
        random = np.random.default_rng(self._seed)
        target = self._target(predictor)
        parts: list[Columns] = [target.columns]
        kept = [(-1.0, predictor)]
        for number in range(rounds + 1):
            target = self._target(predictor)
            moved = self._move(target, self._budget, **self._options)
            stands = float(target.right(target.answers(moved)).mean())
            if stands > kept[-1][0]:
                kept.append((stands, predictor))
            if number < rounds:
                parts.append(_shaken(target, moved, _SHAKEN * self._budget, random))
                predictor = self._fit(self._joined(parts, np.tile(target.rows, len(parts))), None)
                learnt += len(target) * len(parts)
        return kept[-1][1], learnt

    def smoothed(self, sigma: float, draws: int) -> tuple[Predictor, int]:
        """Train on rows with noise, and vote under noise."""
        target = self._target(self.plain)
        random = np.random.default_rng(self._seed)
        parts = [_shaken(target, target.columns, sigma, random) for _ in range(_NOISY_COPIES)]
        noisy = [name for name in target.numbers if target.asked.types[name] == "FLOAT"]
        inside = self._fit(self._joined(parts, np.tile(target.rows, _NOISY_COPIES)), None)
        smooth = Smoothed.of(
            inside, self._table, label=self._label, features=noisy, sigma=sigma, draws=draws, seed=self._seed
        )
        return smooth, _NOISY_COPIES * len(target)

    def distilled(self, temperature: float) -> tuple[Predictor, int]:
        """Train on softened answers of the plain model."""
        target = self._target(self.plain)
        scores = target.asked.predictions(target.columns).scores
        soft = softened(scores, temperature)
        # For each class a row that has it: its label is the one that all others get.
        named = [target.rows[np.flatnonzero(target.truth == which)[:1]] for which in range(soft.shape[1])]
        there = [which for which, row in enumerate(named) if len(row)]
        weights = np.concatenate([soft[:, which] for which in there])
        labels = np.concatenate([np.repeat(named[which], len(target)) for which in there])
        kept = weights > _LEAST_WEIGHT
        columns = {name: np.concatenate([values] * len(there))[kept] for name, values in target.columns.items()}
        return self._fit(self._joined([columns], labels[kept]), weights[kept]), int(kept.sum()) + len(target)

    def _target(self, predictor: Predictor) -> Target:
        return Target.of(
            predictor,
            self._table,
            label=self._label,
            gradients=self.gradients_of(predictor),
            scales=self.scales or None,
            seed=self._seed,
            **self._about,
        )

    def _joined(self, parts: Sequence[Columns], rows: Any) -> Table:
        """Rows below each other, each with the label of the row that it was made of."""
        from mainspring.data import Table

        types = {column.name: str(column.type) for column in self._table.columns}
        names = parts[0].keys() & types.keys()
        joined: dict[str, Any] = {
            name: typed(np.concatenate([part[name] for part in parts]), types[name])
            for name in self._table.names
            if name in names
        }
        labels = self._table.column(self._label)[rows]
        joined[self._label] = typed(labels, types[self._label])
        return Table.from_columns(joined, {name: types[name] for name in joined})


def _shaken(target: Target, columns: Columns, sigma: float, random: np.random.Generator) -> Columns:
    """Rows with normal noise on their numbers, in standard deviations; whole numbers get none."""
    noise = {
        name: columns[name] + sigma * target.scales[name] * random.normal(size=len(target))
        for name in target.numbers
        if target.asked.types[name] == "FLOAT"
    }
    return {**columns, **noise}


def softened(scores: Floats, temperature: float) -> Floats:
    """Probabilities at a temperature: 1 leaves them, the higher the more alike they become.

    Example:
        >>> softened(np.array([[0.9, 0.1]]), 2.0).round(2).tolist()
        [[0.75, 0.25]]
    """
    logs = np.log(np.maximum(scores, 1e-12)) / temperature
    powers = np.exp(logs - logs.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares
