"""How a queue stands, and what became of filling it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mainspring.monitoring.reviewing.items import ItemState, ReviewItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What became of filling.

    Attributes:
        rows: Rows that there were to choose from.
        new: How many of them were chosen now.
        again: How many had been chosen before.
        known: How many of the new ones nobody has to look at, because their truth is known.
    """

    rows: int
    new: int
    again: int
    known: int

    def as_dict(self) -> dict[str, int]:
        """Plain values, for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewStatus:
    """How a queue stands.

    Attributes:
        items: All of them.
        waiting: Those that somebody has to look at; ``leased`` of them somebody is looking at.
        disputed: Those that somebody has to decide.
        settled: Those whose truth is known, ``known`` of them without anybody's looking.
        reviewers: Reviewer to how many answers they gave.
        why: What items were chosen for, to how many.
    """

    items: int
    waiting: int
    leased: int
    disputed: int
    settled: int
    known: int
    reviewers: Mapping[str, int]
    why: Mapping[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def status_of(items: Sequence[ReviewItem], moment: float) -> ReviewStatus:
    """How a queue of these items stands at a moment, in seconds since the epoch."""
    states = Counter(item.state for item in items)
    return ReviewStatus(
        items=len(items),
        waiting=states[ItemState.WAITING],
        leased=sum(item.state is ItemState.WAITING and bool(item.leased(moment)) for item in items),
        disputed=states[ItemState.DISPUTED],
        settled=states[ItemState.SETTLED],
        known=sum(item.chosen.known for item in items),
        reviewers=dict(sorted(Counter(who for item in items for who in item.answers).items())),
        why=dict(Counter(item.chosen.why for item in items).most_common()),
    )
