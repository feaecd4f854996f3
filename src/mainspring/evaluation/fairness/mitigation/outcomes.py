"""What a comparison of mitigations says: each outcome beside the untouched model, and which one to take."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Final, Self

from mainspring.core import InputError, Slice
from mainspring.core.records import Value
from mainspring.evaluation.fairness.figures import Figure
from mainspring.evaluation.fairness.gaps import Gap
from mainspring.evaluation.fairness.mitigation.constraints import Constraint
from mainspring.evaluation.fairness.mitigation.thresholds import Costs
from mainspring.evaluation.fairness.mitigation.turns import Change, Turned
from mainspring.evaluation.stored import StoredAsJson

UNTOUCHED: Final = "untouched"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One model on the rows held out.

    Attributes:
        method: The mitigation, or ``untouched``.
        gap: The gap of the constraint, with its interval and the groups that make it.
        figures: Figures over all rows: accuracy, auc and others.
        cost: What its errors cost per row.
        gap_change: Of the gap, against the untouched model on the same rows; ``None`` for that itself.
        apart_change: Of how far the two groups that made the untouched model's gap lie apart, with a sign.
        accuracy_change: Of the accuracy.
        cost_change: Of the cost.
        groups: What changed for each group.
        notes: What is worth knowing about it, in sentences.
    """

    method: str
    gap: Gap
    figures: Mapping[str, Figure]
    cost: float
    gap_change: Change | None = None
    apart_change: Change | None = None
    accuracy_change: Change | None = None
    cost_change: Change | None = None
    groups: tuple[Turned, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def gained(self) -> tuple[Slice, ...]:
        """Groups that are answered yes more often than before."""
        return tuple(one.group for one in self.groups if one.selection_rate.by > 0)

    @property
    def lost(self) -> tuple[Slice, ...]:
        """Groups that are answered yes less often than before."""
        return tuple(one.group for one in self.groups if one.selection_rate.by < 0)

    @property
    def narrowed(self) -> bool:
        """Whether the gap is narrower, and by more than chance."""
        gap, apart = self.gap_change, self.apart_change
        if gap is None or apart is None or apart.interval is None:
            return False
        return gap.by < 0 and apart.interval.high < 0

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; NaN becomes ``None``."""
        return {
            "method": self.method,
            "gap": self.gap.as_dict(),
            "figures": {name: figure.as_dict() for name, figure in self.figures.items()},
            "cost": None if math.isnan(self.cost) else self.cost,
            "gap_change": _told(self.gap_change),
            "apart_change": _told(self.apart_change),
            "accuracy_change": _told(self.accuracy_change),
            "cost_change": _told(self.cost_change),
            "groups": [one.as_dict() for one in self.groups],
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Outcome:
        """The inverse of :meth:`as_dict`."""
        return cls(
            method=value["method"],
            gap=Gap.from_dict(value["gap"]),
            figures={name: Figure.from_dict(told) for name, told in value["figures"].items()},
            cost=math.nan if value["cost"] is None else float(value["cost"]),
            gap_change=_change(value["gap_change"]),
            apart_change=_change(value["apart_change"]),
            accuracy_change=_change(value["accuracy_change"]),
            cost_change=_change(value["cost_change"]),
            groups=tuple(Turned.from_dict(one) for one in value["groups"]),
            notes=tuple(value["notes"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MitigationComparison(StoredAsJson):
    """Mitigations side by side.

    Attributes:
        label: The label column.
        protected: The protected columns, whose values together make the group.
        constraint: What should be alike.
        at_most: The gap that was wanted.
        positive: The class that a group may want.
        costs: What errors cost.
        count: Rows that were held out.
        outcomes: The untouched model first, then each mitigation in the order it was named.
        recommended: The model to take: a mitigation, or ``untouched``.
        recommendation: Why, in a sentence.
        notes: What else is worth knowing, in sentences.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.MitigationComparison"
    FILE: ClassVar[str] = "mitigations.json"

    label: str
    protected: tuple[str, ...]
    constraint: str
    at_most: float
    positive: str
    costs: Costs
    count: int
    outcomes: tuple[Outcome, ...]
    recommended: str
    recommendation: str
    notes: tuple[str, ...] = ()

    @property
    def untouched(self) -> Outcome:
        """The model without mitigation."""
        return self.outcomes[0]

    def outcome(self, method: str) -> Outcome:
        """The outcome of one mitigation.

        Raises:
            InputError: If it was not compared.
        """
        found = {one.method: one for one in self.outcomes}
        if method not in found:
            raise InputError(f"{method!r} was not compared", expected="one of " + ", ".join(found))
        return found[method]

    def describe(self) -> str:
        """A table and the recommendation, for people."""
        name = Constraint.of(self.constraint).words
        lines = [f"{name} by {', '.join(self.protected)}, {self.count:,} rows held out; {self.positive!r} is yes"]
        lines.append(f"{'':<15}{'gap':>8}  {'95 % interval':<18}{'accuracy':>9}{'change':>9}{'auc':>8}{'cost':>9}")
        for one in self.outcomes:
            ends = "" if one.gap.interval is None else f"{one.gap.interval.low:.4f} to {one.gap.interval.high:.4f}"
            change = "" if one.accuracy_change is None else f"{one.accuracy_change.by:+.4f}"
            area = one.figures["auc"].value if "auc" in one.figures else math.nan
            lines.append(
                f"{one.method:<15}{one.gap.value:>8.4f}  {ends:<18}{one.figures['accuracy'].value:>9.4f}"
                f"{change:>9}{area:>8.4f}{one.cost:>9.4f}"
            )
        return "\n".join([*lines, self.recommendation, *self.notes])

    def __str__(self) -> str:
        return self.describe()

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file: the gap and the accuracy of each model."""
        told: dict[str, Value] = {
            "label": self.label,
            "protected": ", ".join(self.protected),
            "constraint": self.constraint,
            "recommended": self.recommended,
        }
        for one in self.outcomes:
            figures = {"gap": one.gap.value, "accuracy": one.figures["accuracy"].value, "cost": one.cost}
            told |= {f"{name} {one.method}": value for name, value in figures.items() if not math.isnan(value)}
        return told

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "label": self.label,
            "protected": list(self.protected),
            "constraint": self.constraint,
            "at_most": self.at_most,
            "positive": self.positive,
            "costs": asdict(self.costs),
            "count": self.count,
            "outcomes": [one.as_dict() for one in self.outcomes],
            "recommended": self.recommended,
            "recommendation": self.recommendation,
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(
            label=value["label"],
            protected=tuple(value["protected"]),
            constraint=value["constraint"],
            at_most=float(value["at_most"]),
            positive=value["positive"],
            costs=Costs(**value["costs"]),
            count=value["count"],
            outcomes=tuple(Outcome.from_dict(one) for one in value["outcomes"]),
            recommended=value["recommended"],
            recommendation=value["recommendation"],
            notes=tuple(value["notes"]),
        )


def _told(change: Change | None) -> dict[str, Any] | None:
    return None if change is None else change.as_dict()


def _change(value: Mapping[str, Any] | None) -> Change | None:
    return None if value is None else Change.from_dict(value)
