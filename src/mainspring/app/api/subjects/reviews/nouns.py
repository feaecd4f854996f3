"""What reviews are told in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mainspring.monitoring.reviewing import ReviewAgreement, ReviewItem, ReviewStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """How good the model is by the rows that people looked at.

    Attributes:
        value: The share of all rows that it answered right, each reviewed row weighed by how improbable it was
            that it would be chosen.
        low: At least, with 95 % confidence.
        high: At most.
        rows: Reviewed rows that it rests on.
    """

    value: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStanding:
    """How the reviews of a model stand.

    Attributes:
        name: The model.
        status: How many wait, are disputed and are settled, and who answered how many.
        mine: How many of those that wait the caller could answer.
        quality: How good the model is by what people said; ``None`` before they said anything, and for numbers.
        since: When the oldest row that waits was asked; ``None`` if none waits.
    """

    name: str
    status: ReviewStatus
    mine: int
    quality: Estimate | None
    since: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownItem:
    """A row to look at.

    Attributes:
        id: By which it is answered.
        why: What it was chosen for.
        time: When it was asked, in seconds since the epoch.
        values: Its inputs; empty if the log does not have it any more.
        gone: Why there are no values; empty if there are.
        said: What the model answered; ``None`` unless that is asked for.
        answer: What the caller said of it before; ``None`` if nothing.
        version: The version that answered.
        request: The request it came with.
    """

    id: str
    why: str
    time: float
    values: Mapping[str, Any]
    gone: str = ""
    said: str | float | None = None
    answer: str | float | None = None
    version: str = ""
    request: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """The next row for somebody, and how far they are.

    Attributes:
        name: The model.
        item: The row; ``None`` if there is nothing to look at.
        classes: What its truth may be; empty for a number.
        answered: How many rows the caller has answered.
        left: How many still wait for somebody.
        items: How many there are.
    """

    name: str
    item: ShownItem | None
    classes: Sequence[str]
    answered: int
    left: int
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownQueue:
    """The reviews of a model.

    Attributes:
        standing: How they stand.
        agreement: How far people agree with each other, and with the model.
        classes: What the truth may be; empty for a number.
        items: Rows, those to be looked at first in front.
        left_out: How many more there are.
    """

    standing: QueueStanding
    agreement: ReviewAgreement
    classes: Sequence[str]
    items: Sequence[ReviewItem] = field(default_factory=tuple)
    left_out: int = 0
