"""Permutation importance: how much worse a model gets when a column no longer goes with its rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.evaluation.evaluation import evaluate
from mainspring.evaluation.explanation.budgets import NOTHING, UNLIMITED, Budget, Meter, Spent
from mainspring.evaluation.explanation.showing import shown
from mainspring.evaluation.metrics.directions import better
from mainspring.evaluation.metrics.facts import Better
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.stored import StoredWithoutTime

if TYPE_CHECKING:
    from mainspring.data import Table

Floats = npt.NDArray[np.float64]

LEVEL = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Importance(StoredWithoutTime):
    """How much each feature, or group of features, matters to a metric.

    Attributes:
        metric: The metric.
        baseline: Its figure with every column in its place.
        losses: Feature or group to how much worse the metric was, for each repeat; below 0 where it was better.
        groups: Group to its columns; a feature alone is its own group.
        parameters: Everything else that the figures depend on.
        spent: What the model was asked; no part of equality.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Importance"
    FILE: ClassVar[str] = "importance.json"

    metric: str
    baseline: float
    losses: Mapping[str, tuple[float, ...]]
    groups: Mapping[str, tuple[str, ...]]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    spent: Spent = field(default=NOTHING, compare=False)

    @property
    def means(self) -> dict[str, float]:
        """Feature to its mean loss, the largest first."""
        means = {name: sum(values) / len(values) for name, values in self.losses.items()}
        return dict(sorted(means.items(), key=lambda pair: (-pair[1], pair[0])))

    @property
    def standard_errors(self) -> dict[str, float]:
        """Feature to the standard error of its mean loss over repeats; NaN of a single one."""
        found = {}
        for name, values in self.losses.items():
            count = len(values)
            found[name] = float(np.std(values, ddof=1)) / math.sqrt(count) if count > 1 else math.nan
        return found

    def __str__(self) -> str:
        errors, width = self.standard_errors, max(map(len, self.losses), default=0)
        lines = [f"{self.metric} {self.baseline:.6g}; worse without"]
        lines += [
            f"  {name:<{width}}  {mean:.6g} ± {LEVEL * errors[name]:.2g}" for name, mean in self.means.items()
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return shown(self)

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        return {"metric": self.metric, "baseline": self.baseline, "features": len(self.losses)}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "metric": self.metric,
            "baseline": self.baseline,
            "losses": {name: list(values) for name, values in self.losses.items()},
            "groups": {name: list(names) for name, names in self.groups.items()},
            "parameters": dict(self.parameters),
            "spent": self.spent.as_dict(),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(
            metric=value["metric"],
            baseline=value["baseline"],
            losses={name: tuple(values) for name, values in value["losses"].items()},
            groups={name: tuple(names) for name, names in value["groups"].items()},
            parameters=dict(value["parameters"]),
            spent=Spent(**value["spent"]),
        )


def permutation_importance(
    predictor: Predictor,
    table: Table,
    *,
    label: str,
    metric: str,
    features: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    repeats: int = 5,
    seed: int = 0,
    positive: str | None = None,
    weight: str | None = None,
    budget: Budget = UNLIMITED,
) -> Importance:
    """Shuffle one column at a time, and see how much worse a metric gets.

    Columns that go together should be shuffled together, as a group: alone each looks unimportant, because the
    model still reads it from the others.

    Args:
        predictor: The model.
        table: Labelled rows, better such as it was not trained on.
        label: The label column.
        metric: What gets worse, such as ``"accuracy"`` or ``"log_loss"``; losses are how much worse, whichever way
            the metric goes.
        features: Columns, or groups of them by name; without it every column but the label and the weight.
        repeats: How often each is shuffled.
        seed: Of the shuffles, which are scikit-learn's: figures are equal to those of its
            ``permutation_importance`` for the same ``random_state``, model and metric.
        positive: The class that a binary task is about.
        weight: A column with what each row counts.
        budget: The most that may be asked.

    Raises:
        InputError: If a column or the metric does not exist, or the metric is neither better high nor low.
        BudgetError: If the budget is spent before every feature was shuffled.

    Reference: L. Breiman, *Random forests*, Machine Learning 45 (2001); A. Fisher, C. Rudin and F. Dominici, *All
    models are wrong, but many are useful*, JMLR 20 (2019).
    """
    from mainspring.data.replacing import with_columns

    groups = _groups(table, features, (label, weight))
    meter = Meter(budget)

    def figure(rows: Table) -> float:
        meter.allow(rows.num_rows)
        found = evaluate(predictor, rows, label=label, positive=positive, weight=weight, metrics=_wished(metric))
        return found.overall.get(metric, math.nan)

    baseline, sign = figure(table), _sign(metric)
    if math.isnan(baseline):
        raise InputError(
            f"the metric {metric!r} has no figure on these rows", expected="a metric that exists here"
        )
    held = {name: table.column(name) for names in groups.values() for name in names}
    # The draws of scikit-learn: one seed for all columns, and every repeat shuffles what the one before left.
    column_seed = np.random.RandomState(seed).randint(np.iinfo(np.int32).max + 1)
    losses: dict[str, tuple[float, ...]] = {}
    for group, names in groups.items():
        shuffles, order = np.random.RandomState(column_seed), np.arange(table.num_rows)
        current = order.copy()
        found = []
        for _ in range(repeats):
            shuffles.shuffle(order)
            current = current[order]
            shuffled = with_columns(table, {name: held[name][current] for name in names})
            found.append(sign * (baseline - figure(shuffled)))
        losses[group] = tuple(found)
    return Importance(
        metric=metric,
        baseline=baseline,
        losses=losses,
        groups=groups,
        parameters={"repeats": repeats, "seed": seed, "rows": table.num_rows},
        spent=meter.spent,
    )


def _groups(
    table: Table, features: Sequence[str] | Mapping[str, Sequence[str]] | None, without: Sequence[str | None]
) -> dict[str, tuple[str, ...]]:
    if isinstance(features, Mapping):
        groups = {name: tuple(names) for name, names in features.items()}
    else:
        chosen = features if features is not None else [name for name in table.names if name not in without]
        groups = {name: (name,) for name in chosen}
    strange = sorted({name for names in groups.values() for name in names if name not in table.names})
    if strange or not groups:
        raise InputError(
            f"no column {', '.join(map(repr, strange))}" if strange else "there is nothing to shuffle",
            expected="columns of the table: " + ", ".join(table.names),
        )
    return groups


def _sign(metric: str) -> float:
    way = better(metric)
    if way is Better.NEITHER:
        raise InputError(
            f"{metric!r} is neither better high nor low", expected="a metric such as accuracy or rmse"
        )
    return 1.0 if way is Better.HIGHER else -1.0


def _wished(metric: str) -> tuple[str, ...]:
    """Metrics with a parameter must be asked for by name."""
    return (metric,) if "@" in metric else ()
