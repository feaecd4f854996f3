"""What remedies of a model come to, side by side: the nouns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self

from mainspring.core import InputError, Slice
from mainspring.core.records import Value
from mainspring.evaluation.evaluation import ALL_ROWS
from mainspring.evaluation.stored import StoredAsJson


@dataclass(frozen=True, slots=True, kw_only=True)
class RemedyOutcome:
    """What one remedy comes to on the held-out rows.

    Attributes:
        remedy: Its name; ``"untouched"`` for the model as it is.
        accuracy: The share of right answers (of a regression R²), over the rows that it answers.
        loss: The mean loss on the slice.
        loss_interval: The interval of that loss; ``None`` if there is none.
        rows: Rows of the slice that it answers.
        violations: Answers over all rows that violate any of the assertions, those that are blocked not counted.
        changed: The share of answers that are not those of the untouched model, blocked ones among them.
        blocked: The share of rows without an answer.
    """

    remedy: str
    accuracy: float
    loss: float
    loss_interval: tuple[float, float] | None
    rows: int
    violations: int
    changed: float
    blocked: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RemedyComparison(StoredAsJson):
    """Remedies side by side; ``str`` of it is a table in Markdown.

    Attributes:
        accuracy: The name of the figure over all rows: ``"accuracy"`` or ``"r2"``.
        loss: The name of the loss on the slice.
        slice: The slice that the remedies are for; all rows if there is none.
        rows: How many rows were held out.
        assertions: Name of each assertion that answers were counted by, to its condition.
        outcomes: The untouched model first.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.RemedyComparison"
    FILE: ClassVar[str] = "remedies.json"

    accuracy: str
    loss: str
    slice: Slice
    rows: int
    assertions: Mapping[str, str]
    outcomes: tuple[RemedyOutcome, ...]

    def __str__(self) -> str:
        where = f" on {self.slice}" if self.slice != ALL_ROWS else ""
        head = ("remedy", self.accuracy, f"{self.loss}{where}", "violations", "answers changed", "blocked")
        lines = [head, ("---",) * len(head), *map(_line, self.outcomes)]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)

    def of(self, remedy: str) -> RemedyOutcome:
        """The outcome of a remedy.

        Raises:
            InputError: If there is none of that name.
        """
        for one in self.outcomes:
            if one.remedy == remedy:
                return one
        raise InputError(
            f"no remedy {remedy!r}", expected="one of " + ", ".join(one.remedy for one in self.outcomes)
        )

    def properties(self) -> dict[str, Value]:
        """What the record keeps beside the file."""
        return {"loss": self.loss, "slice": str(self.slice), "rows": self.rows, "remedies": len(self.outcomes) - 1}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; NaN becomes ``None``."""
        return {
            "accuracy": self.accuracy,
            "loss": self.loss,
            "slice": dict(self.slice.values),
            "rows": self.rows,
            "assertions": dict(self.assertions),
            "outcomes": [_plain(one) for one in self.outcomes],
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(
            **{**value, "slice": Slice.of(value["slice"]), "outcomes": tuple(map(_read, value["outcomes"]))}
        )


def _line(one: RemedyOutcome) -> tuple[str, ...]:
    def shown(value: float, form: str) -> str:
        return "unknown" if math.isnan(value) else format(value, form)

    return (
        one.remedy,
        shown(one.accuracy, ".4f"),
        shown(one.loss, ".4f"),
        str(one.violations),
        shown(one.changed, ".2%"),
        shown(one.blocked, ".2%"),
    )


def _plain(one: RemedyOutcome) -> dict[str, Any]:
    told = asdict(one)
    told = {
        name: None if isinstance(value, float) and math.isnan(value) else value for name, value in told.items()
    }
    return {**told, "loss_interval": None if one.loss_interval is None else list(one.loss_interval)}


def _read(value: Mapping[str, Any]) -> RemedyOutcome:
    figures = {name: math.nan if value[name] is None else value[name] for name in ("accuracy", "loss", "changed")}
    interval = value["loss_interval"]
    return RemedyOutcome(
        **{**value, **figures, "loss_interval": None if interval is None else (interval[0], interval[1])}
    )
