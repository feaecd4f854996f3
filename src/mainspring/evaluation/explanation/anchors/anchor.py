"""A rule that is enough for an answer: the noun."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from mainspring.core.records import Value
from mainspring.evaluation.explanation.anchors.predicates import Predicate
from mainspring.evaluation.explanation.attributions import Cell
from mainspring.evaluation.explanation.budgets import NOTHING, Spent
from mainspring.evaluation.explanation.showing import shown
from mainspring.evaluation.stored import StoredWithoutTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor(StoredWithoutTime):
    """Conditions under which a model answers as it did, whatever the other columns hold.

    Attributes:
        predicates: The conditions; none means that the model nearly always answers so.
        answer: The model's answer to the row.
        precision: The share of rows that meet the conditions and get this answer, as estimated.
        at_least: A lower bound of it, which holds with probability ``confidence``.
        trials: Rows that the estimate rests on.
        coverage: The share of the data that meets the conditions, counted; a row without them has coverage 1.
        reached: Whether ``at_least`` is what was wanted. If not, this is the best that was found, and no rule.
        why: What kept it from being reached.
        row: The explained row, by column.
        parameters: Everything else that the figures depend on.
        spent: What the model was asked.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Anchor"
    FILE: ClassVar[str] = "anchor.json"

    predicates: tuple[Predicate, ...]
    answer: str
    precision: float
    at_least: float
    trials: int
    coverage: float
    reached: bool
    row: Mapping[str, Cell]
    why: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    spent: Spent = field(default=NOTHING, compare=False)

    def __str__(self) -> str:
        rule = " and ".join(map(str, self.predicates)) or "anything"
        told = f"if {rule}: {self.answer} (precision {self.precision:.3f}, coverage {self.coverage:.3f})"
        return told if self.reached else f"no anchor: {self.why}; nearest: {told}"

    def _repr_html_(self) -> str:
        return shown(self)

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        return {
            "answer": self.answer,
            "precision": self.precision,
            "coverage": self.coverage,
            "reached": self.reached,
        }

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "predicates": [
                {"feature": one.feature, "relation": one.relation, "value": one.value} for one in self.predicates
            ],
            "answer": self.answer,
            "precision": self.precision,
            "at_least": self.at_least,
            "trials": self.trials,
            "coverage": self.coverage,
            "reached": self.reached,
            "why": self.why,
            "row": {
                name: None if isinstance(cell, float) and not math.isfinite(cell) else cell
                for name, cell in self.row.items()
            },
            "parameters": dict(self.parameters),
            "spent": self.spent.as_dict(),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        rest = {name: value[name] for name in value.keys() - {"predicates", "spent"}}
        return cls(
            predicates=tuple(Predicate(**one) for one in value["predicates"]),
            spent=Spent(**value["spent"]),
            **rest,
        )
