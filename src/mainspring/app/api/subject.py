"""Subjects: what a room of the console brings along."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mainspring.app.api.desk import Desk
    from mainspring.app.api.operation import Operation
    from mainspring.app.api.shared import Shared


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Something that a search found.

    Attributes:
        kind: What it is, in a word: ``run``, ``model``, ``feature``.
        name: Its name.
        path: Its page, such as ``/runs/census-1``.
        detail: What tells it from others.
        at: When it was made or changed, in seconds since the epoch; the newest come first.
    """

    kind: str
    name: str
    path: str
    detail: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Something that waits for a person.

    Attributes:
        kind: What it is, in a word: ``approval``, ``alert``, ``review``.
        title: What is to be decided or looked at.
        path: Its page.
        detail: Why.
        since: Since when, in seconds since the epoch.
        urgency: 0 can wait, 1 should be seen today, 2 is a fault now.
    """

    kind: str
    title: str
    path: str
    detail: str = ""
    since: float
    urgency: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a room of the console brings along.

    Attributes:
        name: Its name, in the plural: ``runs``.
        operations: By name.
        topics: What can be listened to: a name to a function that gives, for the rest after the colon
            (``run:census-1`` has the rest ``census-1``), a value that is another one after every change.
            It is asked every second while somebody listens, so it has to be cheap.
        find: Looks for a text; the best hits first, a few dozen at most, within some tens of milliseconds.
        waiting: What waits for this caller.
        prepare: Reads, in the background of a console that starts, what the first page would wait for.
    """

    name: str
    operations: Mapping[str, Operation] = field(default_factory=dict)
    topics: Mapping[str, Callable[[Shared, str], Any]] = field(default_factory=dict)
    find: Callable[[Desk, str], Sequence[Hit]] | None = None
    waiting: Callable[[Desk], Sequence[Waiting]] | None = None
    prepare: Callable[[Shared], object] | None = None
