"""What an attack on a model's answers achieves: the noun."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Self

from mainspring.core import Reason, Verdict
from mainspring.core.records import Value
from mainspring.evaluation.explanation.budgets import NOTHING, Spent
from mainspring.evaluation.explanation.counterfactuals import Change
from mainspring.evaluation.metrics.measured import Interval
from mainspring.evaluation.stored import StoredWithoutTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attacked:
    """The model under attack, with one budget.

    Attributes:
        budget: How far a row may be changed.
        accuracy: The share of rows that are answered rightly all the same.
        interval: 95 % interval of it.
        turned: The share of rows answered rightly before that are answered wrongly now; NaN if there were none.
        distance: The mean distance of those from what they were; NaN if there are none.
    """

    budget: float
    accuracy: float
    interval: Interval
    turned: float
    distance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Adversarial:
    """One row that an attack turned.

    Attributes:
        row: Its index in the table.
        before: The answer to it, which was right.
        after: The answer to the changed row.
        changes: What is different.
        distance: From what it was, in the attack's norm.
    """

    row: int
    before: str
    after: str
    changes: tuple[Change, ...]
    distance: float

    def __str__(self) -> str:
        told = "; ".join(map(str, self.changes))
        return f"row {self.row}: {told} \N{RIGHTWARDS DOUBLE ARROW} {self.after}, not {self.before}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdversarialReport(StoredWithoutTime):
    """How many answers an attack turns, by what it may change.

    Attributes:
        attack: Its name.
        norm: How distances and budgets are counted; see :data:`~mainspring.evaluation.robustness.attacks.Norm`.
        rows: Rows with a label.
        accuracy: Of the model on the rows as they are.
        found: One entry for each budget, the smallest first.
        examples: Rows that were turned with the least change.
        parameters: Everything else that the figures depend on.
        spent: What the model was asked; no part of equality.
        notes: What was left out, or ended early, in sentences.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.AdversarialReport"
    FILE: ClassVar[str] = "adversarial.json"

    attack: str
    norm: str
    rows: int
    accuracy: float
    found: tuple[Attacked, ...]
    examples: tuple[Adversarial, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    spent: Spent = field(default=NOTHING, compare=False)
    notes: tuple[str, ...] = ()

    def at(self, budget: float) -> Attacked:
        """The entry of a budget.

        Raises:
            KeyError: If the attack was not tried with it.
        """
        return {one.budget: one for one in self.found}[budget]

    def judge(
        self,
        *,
        accuracy_at_least: float | None = None,
        loss_at_most: float | None = None,
        up_to: float = math.inf,
        gate: str = "adversarial examples",
    ) -> Verdict:
        """Whether enough answers stay right.

        Args:
            accuracy_at_least: The least accuracy under attack.
            loss_at_most: The most accuracy that an attack may cost.
            up_to: Budgets above this are not judged.
            gate: The name of the verdict.

        Returns:
            A verdict with a reason for each budget and bound; one without any reason to give fails.
        """
        reasons = []
        for one in self.found:
            if one.budget > up_to:
                continue
            subject = f"{self.attack} {one.budget:g}"
            told = f"{self.attack} within {one.budget:g}: accuracy {one.accuracy:.3f}, {self.accuracy:.3f} without"
            if accuracy_at_least is not None:
                ok = one.accuracy >= accuracy_at_least - 1e-12
                reasons.append(
                    _reason(
                        ok, f"{told}; at least {accuracy_at_least:g}", subject, one.accuracy, accuracy_at_least
                    )
                )
            if loss_at_most is not None:
                loss = self.accuracy - one.accuracy
                ok = loss <= loss_at_most + 1e-12
                reasons.append(_reason(ok, f"{told}; may lose {loss_at_most:g}", subject, loss, loss_at_most))
        if not reasons:
            missing = "no bound was given for what was tried, so nothing was judged"
            reasons = [Reason(ok=False, code="NO_THRESHOLDS", message=missing)]
        return Verdict.of(gate, reasons, {"attack": self.attack, "rows": self.rows})

    def __str__(self) -> str:
        lines = [f"{self.attack} ({self.norm}): accuracy {self.accuracy:.3f} on {self.rows} rows"]
        for one in self.found:
            far = "" if math.isnan(one.distance) else f", {one.distance:.3g} away"
            turned = "" if math.isnan(one.turned) else f"; {one.turned:.1%} of right answers turned{far}"
            lines.append(f"  within {one.budget:g}: {one.accuracy:.3f}{turned}")
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        lowest = min((one.accuracy for one in self.found), default=self.accuracy)
        return {"attack": self.attack, "accuracy": self.accuracy, "attacked_accuracy": lowest, "rows": self.rows}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; NaN becomes ``None``."""
        return {
            "attack": self.attack,
            "norm": self.norm,
            "rows": self.rows,
            "accuracy": self.accuracy,
            "found": [
                {
                    **{name: _plain(value) for name, value in asdict(one).items() if name != "interval"},
                    "interval": list(one.interval),
                }
                for one in self.found
            ],
            "examples": [asdict(one) for one in self.examples],
            "parameters": dict(self.parameters),
            "spent": self.spent.as_dict(),
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        told = {
            "found": tuple(
                Attacked(
                    **{
                        **one,
                        "turned": _or_nan(one["turned"]),
                        "distance": _or_nan(one["distance"]),
                        "interval": Interval(*one["interval"]),
                    }
                )
                for one in value["found"]
            ),
            "examples": tuple(
                Adversarial(**{**one, "changes": tuple(Change(**change) for change in one["changes"])})
                for one in value["examples"]
            ),
            "spent": Spent(**value["spent"]),
            "notes": tuple(value["notes"]),
        }
        return cls(**{**value, **told})


def _reason(ok: bool, message: str, subject: str, seen: float, bound: float) -> Reason:
    code = "WITHSTANDS" if ok else "YIELDS"
    return Reason(ok=ok, code=code, message=message, subject=subject, observed=seen, expected=bound)


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
