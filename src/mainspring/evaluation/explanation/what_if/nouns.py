"""What a model answers to one row, as it is and with other values: the nouns."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Self

from mainspring.core.records import Value
from mainspring.evaluation.explanation.attributions import Cell
from mainspring.evaluation.explanation.budgets import NOTHING, Spent
from mainspring.evaluation.explanation.counterfactuals import Change
from mainspring.evaluation.stored import StoredWithoutTime

_TOLD = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The row with some values changed, and what the model says to it.

    Attributes:
        changes: What is different from the row; nothing for the row itself.
        answer: The class chosen, or the value in words.
        score: The figure asked about: a probability, log-odds or the value.
        turned: Whether the answer is another one than before; of values, whether it is as wanted now.
    """

    changes: tuple[Change, ...] = ()
    answer: str
    score: float
    turned: bool = False

    def __str__(self) -> str:
        told = "; ".join(map(str, self.changes)) or "as it is"
        return f"{told} \N{RIGHTWARDS DOUBLE ARROW} {self.answer} ({self.score:.4g})"

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """From plain values."""
        return cls(**{**value, "changes": tuple(Change(**change) for change in value["changes"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """What one column does to the answer while all others stay as they are.

    Attributes:
        feature: The raw column.
        points: Values of the data, the row's own and the one at which the answer turns among them: rising numbers,
            or words, the most frequent first; ``None`` is a missing value.
        answers: The answer at each point.
        scores: The figure at each point.
        own: Which point the row has.
        turns: The nearest value that changes the answer; ``None`` if none within the data does.
    """

    feature: str
    points: tuple[Cell, ...]
    answers: tuple[str, ...]
    scores: tuple[float, ...]
    own: int
    turns: Case | None = None

    @property
    def swing(self) -> float:
        """How far the figure moves over the points, from its lowest to its highest."""
        return max(self.scores) - min(self.scores)

    def __str__(self) -> str:
        told = f"{self.feature}: {min(self.scores):.4g} to {max(self.scores):.4g}"
        return f"{told}; {self.turns}" if self.turns else told

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """From plain values."""
        turns = None if value["turns"] is None else Case.from_dict(value["turns"])
        lists = {name: tuple(value[name]) for name in ("points", "answers", "scores")}
        return cls(**{**value, **lists, "turns": turns})


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf(StoredWithoutTime):
    """One row, the answers to it with other values, and which single values change the answer.

    Attributes:
        row: The row, by column.
        output: The class that scores are of; ``None`` for a regression's value.
        scale: ``"probability"``, ``"logit"`` or ``"value"``.
        before: The answer to the row as it is.
        cases: The changes asked about, with their answers.
        alone: Every column by itself, the one that moves the figure furthest first.
        wanted: The answer that ``turns`` looks for.
        notes: What to bear in mind, such as values that the data does not hold.
        parameters: Everything else that the figures depend on.
        spent: What the model was asked; no part of equality.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.WhatIf"
    FILE: ClassVar[str] = "what_if.json"

    row: Mapping[str, Cell]
    output: str | None
    scale: str
    before: Case
    cases: tuple[Case, ...] = ()
    alone: tuple[Alone, ...] = ()
    wanted: str = ""
    notes: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    spent: Spent = field(default=NOTHING, compare=False)

    @property
    def about(self) -> str:
        """What the scores are, in words."""
        return "value" if self.output is None else f"{self.scale} of {self.output}"

    @property
    def turning(self) -> tuple[Alone, ...]:
        """The columns that change the answer by themselves."""
        return tuple(one for one in self.alone if one.turns is not None)

    @property
    def grid(self) -> tuple[str, ...]:
        """The columns that were asked about at several values."""
        values: dict[str, set[Cell]] = {}
        for case in self.cases:
            for name, cell in self.changed(case).items():
                values.setdefault(name, set()).add(cell)
        return tuple(name for name, cells in values.items() if len(cells) > 1)

    def changed(self, case: Case) -> dict[str, Cell]:
        """The cells of a case in every column that any case changes."""
        names = {change.feature for one in self.cases for change in one.changes}
        after = {change.feature: change.after for change in case.changes}
        return {name: after.get(name, cell) for name, cell in self.row.items() if name in names}

    def __str__(self) -> str:
        lines = [f"as it is: {self.before.answer} ({self.before.score:.4g})"]
        lines += [f"what if {case}" for case in self.cases]
        if self.turning:
            lines += ["alone enough for another answer:", *(f"  {one.turns}" for one in self.turning[:_TOLD])]
        elif self.alone and self.wanted:
            lines.append("no column alone changes the answer within the data")
        return "\n".join([*lines, *(f"- {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        # Imported on use: a page needs templates and drawing, which an answer does without.
        page = importlib.import_module("mainspring.evaluation.explanation.what_if.page")
        drawn: str = page.what_if_page(self)._repr_html_()
        return drawn

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        return {
            "answer": self.before.answer,
            "cases": len(self.cases),
            "turned": sum(case.turned for case in self.cases),
            "turning": len(self.turning),
        }

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "row": dict(self.row),
            "output": self.output,
            "scale": self.scale,
            "before": asdict(self.before),
            "cases": [asdict(case) for case in self.cases],
            "alone": [asdict(one) for one in self.alone],
            "wanted": self.wanted,
            "notes": list(self.notes),
            "parameters": dict(self.parameters),
            "spent": self.spent.as_dict(),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        made = {
            "before": Case.from_dict(value["before"]),
            "cases": tuple(map(Case.from_dict, value["cases"])),
            "alone": tuple(map(Alone.from_dict, value["alone"])),
            "notes": tuple(value["notes"]),
            "spent": Spent(**value["spent"]),
        }
        return cls(**{**value, **made})
