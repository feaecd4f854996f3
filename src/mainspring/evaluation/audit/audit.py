"""The performance audit: ways in which a model might go wrong, who looks after each, and what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, ClassVar, Final, Self

from mainspring.core.records import Value
from mainspring.evaluation.stored import StoredAsJson

CATEGORIES: Final = (
    "accuracy",
    "fairness",
    "robustness",
    "subpopulations",
    "rare-classes",
    "data-quality",
    "leakage",
    "operation",
    "use",
)
"""What a way to go wrong is about."""


class Severity(StrEnum):
    """How bad it would be."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Status(StrEnum):
    """Where an item stands."""

    OPEN = "open"
    """Somebody still has to look into it, or its rule is all there is to it."""
    ACCEPTED = "accepted"
    """It may go wrong so, and somebody has said that this is to be lived with."""
    COVERED = "covered"
    """It was looked into: a rule or evidence says how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One way in which the model might go wrong.

    Attributes:
        name: A short name, unique in the audit.
        question: The way to go wrong, as a question.
        category: One of :data:`CATEGORIES`.
        severity: How bad it would be.
        status: Where it stands.
        owner: Who looks after it; empty if nobody does yet.
        slices: Where: ``"sex=Female"``, ``"sex=*"``, ``"*"`` for every slice; none for all rows.
        metric: The metric that shows it.
        at_least: The lowest figure of the metric allowed in those slices.
        at_most: The highest.
        rule: Or an expression, as :mod:`mainspring.evaluation.gates.rules` reads it.
        by: Who accepted it.
        reason: Why it was accepted.
        evidence: What was looked at: pages, runs, notebooks, sentences.
    """

    name: str
    question: str
    category: str = "accuracy"
    severity: Severity = Severity.MEDIUM
    status: Status = Status.OPEN
    owner: str = ""
    slices: tuple[str, ...] = ()
    metric: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    rule: str | None = None
    by: str = ""
    reason: str = ""
    evidence: tuple[str, ...] = ()

    @property
    def rules(self) -> tuple[str, ...]:
        """Everything that the evaluation is held against, as expressions.

        Example:
            >>> Item(name="a", question="b?", metric="recall", slices=("sex=Female",), at_least=0.8).rules
            ('recall | sex=Female >= 0.8',)
        """
        bounds = ((">=", self.at_least), ("<=", self.at_most))
        places = [f" | {_quoted(one)}" for one in self.slices] or [""]
        made = [
            f"{self.metric}{place} {sign} {bound!r}"
            for sign, bound in bounds
            if bound is not None and self.metric is not None
            for place in places
        ]
        return (*made, self.rule) if self.rule else tuple(made)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self) | {"slices": list(self.slices), "evidence": list(self.evidence)}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        given = {key.name: value[key.name] for key in fields(cls) if key.name in value}
        made = {"severity": Severity, "status": Status, "slices": tuple, "evidence": tuple}
        return cls(**{name: made.get(name, _same)(one) for name, one in given.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit(StoredAsJson):
    """A checklist that a team fills in, and that is held against every evaluation.

    Attributes:
        title: What is audited.
        purpose: What the model decides, for whom, and what happens with its answers.
        agreed: Who has agreed that this list is the right one.
        items: The ways to go wrong, in the order in which they were written.

    Reference: A. Ng, *Machine Learning in Production* (DeepLearning.AI, 2021): brainstorm the ways in which the
    system might go wrong, establish metrics for them on slices of data, and get the agreement of those who answer
    for it.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Audit"
    FILE: ClassVar[str] = "audit.json"

    title: str
    purpose: str = ""
    agreed: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file: how many items there are, and how they stand."""
        found = Counter(item.status for item in self.items)
        return {"title": self.title, "items": len(self.items), **{str(one): found[one] for one in Status}}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "title": self.title,
            "purpose": self.purpose,
            "agreed": list(self.agreed),
            "items": [item.as_dict() for item in self.items],
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(
            title=value["title"],
            purpose=value["purpose"],
            agreed=tuple(value["agreed"]),
            items=tuple(Item.from_dict(item) for item in value["items"]),
        )


def _same(value: Any) -> Any:
    return value


def _quoted(text: str) -> str:
    """A slice as a rule writes it: values between quotes where they hold more than letters and digits."""
    parts = []
    for part in text.split(","):
        column, sign, value = (piece.strip() for piece in part.partition("="))
        plain = value == "*" or value.replace("-", "").replace("_", "").isalnum() or value[:1] in "\"'"
        parts.append(f"{column}={value}" if plain and value else f'{column}="{value}"' if sign else column)
    return ", ".join(parts)
