"""Rows that would have been answered otherwise: the nouns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Self

from mainspring.core.records import Value
from mainspring.evaluation.explanation.attributions import Cell, told
from mainspring.evaluation.explanation.budgets import NOTHING, Spent
from mainspring.evaluation.explanation.showing import shown
from mainspring.evaluation.stored import StoredWithoutTime


@dataclass(frozen=True, slots=True)
class Change:
    """One column that would have to be different."""

    feature: str
    before: Cell
    after: Cell

    def __str__(self) -> str:
        return f"{self.feature}: {told(self.before)} \N{RIGHTWARDS ARROW} {told(self.after)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterfactual:
    """A row that is answered as wanted.

    Attributes:
        changes: What is different from the explained row, by column name.
        answer: The model's answer to it, asked again at the end.
        score: The figure asked about: a probability, log-odds or a value.
        distance: From the explained row, in scales of the columns.
        plausibility: The share of real rows with the wanted answer that lie no closer to others of their kind than
            this one does: 1 is as ordinary as can be, 0 is further out than any.
    """

    changes: tuple[Change, ...]
    answer: str
    score: float
    distance: float
    plausibility: float

    def __str__(self) -> str:
        return "; ".join(map(str, self.changes)) + f" \N{RIGHTWARDS DOUBLE ARROW} {self.answer}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterfactuals(StoredWithoutTime):
    """What would have had to be different for another answer.

    Attributes:
        row: The explained row, by column.
        answer: The model's answer to it.
        wanted: The answer that was looked for: a class, or ``"200 to 300"`` of a value.
        found: The nearest first, each changing other columns than those before as far as there are such.
        why: Why nothing was found, or the search ended early; empty otherwise.
        parameters: Everything else that the figures depend on.
        spent: What the model was asked.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Counterfactuals"
    FILE: ClassVar[str] = "counterfactuals.json"

    row: Mapping[str, Cell]
    answer: str
    wanted: str
    found: tuple[Counterfactual, ...]
    why: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    spent: Spent = field(default=NOTHING, compare=False)

    def __str__(self) -> str:
        head = f"{self.answer}, and {self.wanted} if"
        return "\n".join([head, *(f"  {one}" for one in self.found)]) if self.found else f"none found: {self.why}"

    def _repr_html_(self) -> str:
        return shown(self)

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        return {"answer": self.answer, "wanted": self.wanted, "found": len(self.found)}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "row": dict(self.row),
            "answer": self.answer,
            "wanted": self.wanted,
            "found": [asdict(one) for one in self.found],
            "why": self.why,
            "parameters": dict(self.parameters),
            "spent": self.spent.as_dict(),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        found = tuple(
            Counterfactual(**{**one, "changes": tuple(Change(**change) for change in one["changes"])})
            for one in value["found"]
        )
        rest = {name: value[name] for name in value.keys() - {"found", "spent"}}
        return cls(found=found, spent=Spent(**value["spent"]), **rest)
