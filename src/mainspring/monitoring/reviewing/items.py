"""What is reviewed, and what people say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self, TypeAlias

Label: TypeAlias = str | float
"""A class, or a number."""


class ItemState(StrEnum):
    """What becomes of an item."""

    WAITING = "WAITING"
    """Nobody, or not everybody that should, has answered."""
    DISPUTED = "DISPUTED"
    """Everybody has answered, and no answer has more than half: somebody has to decide."""
    SETTLED = "SETTLED"
    """Its truth is known."""


class Kind(StrEnum):
    """What kind of answer a reviewer gives."""

    LABEL = "label"
    UNSURE = "unsure"
    """Looked at, and cannot say."""
    SKIP = "skip"
    """Not looked at: somebody else should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a reviewer said of an item.

    Attributes:
        reviewer: Who.
        at: When, in seconds since the epoch.
        kind: Whether it is a label.
        label: The truth as the reviewer sees it; ``None`` if it is no label.
        guideline: The version of the guideline that it was given by.
        comment: Why.
    """

    reviewer: str
    at: float
    kind: Kind = Kind.LABEL
    label: Label | None = None
    guideline: str = ""
    comment: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`; what else is there is left aside."""
        kept = {name: value[name] for name in cls.__slots__ if name in value}
        return cls(**{**kept, "kind": Kind(kept.get("kind", "label"))})


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A row that was chosen to be reviewed.

    Attributes:
        request: The id of the request.
        row: The row of it.
        time: When it was asked, in seconds since the epoch.
        version: The version of the model that answered.
        probability: How probable it was that it would be chosen.
        order: Its place among those that wait: the smaller the earlier. The first ones of a queue are themselves a
            sample in proportion to the probabilities.
        why: What it was chosen for: ``uniform``, ``uncertain``, ``flagged``, or its stratum.
        wanted: How many people should answer.
        said: What the model answered.
        known: Whether its truth was known already, so that nobody has to look.
    """

    request: str
    row: int
    time: float
    version: str = ""
    probability: float
    order: float = 0.0
    why: str = "uniform"
    wanted: int = 1
    said: Label | None = None
    known: bool = False

    @property
    def id(self) -> str:
        """What it is called in a queue.

        Example:
            >>> Chosen(request="r7", row=2, time=0.0, probability=0.1).id
            'r7/2'
        """
        return f"{self.request}/{self.row}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`; what else is there is left aside."""
        return cls(**{name: value[name] for name in cls.__slots__ if name in value})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewItem:
    """An item with all that was said of it.

    Attributes:
        chosen: The row.
        answers: Reviewer to their latest answer.
        decision: What somebody decided where reviewers differed; it counts whatever they said.
        leases: Reviewer to when their time is over.
        told: The truth that the feedback log was told; ``None`` if it was not.
    """

    chosen: Chosen
    answers: Mapping[str, Answer] = field(default_factory=dict)
    decision: Answer | None = None
    leases: Mapping[str, float] = field(default_factory=dict)
    told: Label | None = None

    @property
    def id(self) -> str:
        """What it is called in the queue."""
        return self.chosen.id

    @property
    def given(self) -> Sequence[Answer]:
        """The answers of those who looked."""
        return [one for one in self.answers.values() if one.kind is not Kind.SKIP]

    @property
    def label(self) -> Label | None:
        """The truth, if reviewers know it: what was decided, or what more than half of enough people say."""
        if self.decision is not None:
            return self.decision.label
        given = self.given
        if not given or len(given) < self.chosen.wanted:
            return None
        labels = [one.label for one in given if one.label is not None]
        best = max(labels, key=labels.count, default=None)
        return best if best is not None and 2 * labels.count(best) > len(given) else None

    @property
    def state(self) -> ItemState:
        """What became of it."""
        if self.chosen.known or self.label is not None:
            return ItemState.SETTLED
        return ItemState.DISPUTED if len(self.given) >= self.chosen.wanted else ItemState.WAITING

    @property
    def by(self) -> str:
        """Who stands for its truth."""
        if self.decision is not None:
            return self.decision.reviewer
        return ", ".join(one.reviewer for one in self.given if one.label == self.label)

    def leased(self, now: float) -> Sequence[str]:
        """Who has it to look at."""
        return [who for who, until in self.leases.items() if until > now]
