"""The audit trail: what was asked, by whom, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from mainspring.app.accounts.caller import Way


class Outcome(StrEnum):
    """What became of something that was asked for."""

    DONE = "done"
    REFUSED = "refused"
    """Whoever asked may not."""
    FAILED = "failed"
    """They may, and it could not be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the trail.

    Attributes:
        at: When, in seconds since the epoch.
        who: Their name.
        way: How they came in.
        address: Where from.
        operation: What was asked for, such as ``runs.cancel``.
        given: With what; secrets are left out.
        outcome: What became of it.
        why: Why not, where it was refused or failed.
    """

    at: float
    who: str
    way: Way
    address: str
    operation: str
    given: Mapping[str, Any] = field(default_factory=dict)
    outcome: Outcome
    why: str = ""


class Trail(Protocol):
    """Keeps the trail.

    Promises:
        - An entry that was written is never changed or removed.
        - Safe for threads, and for many processes at once.
    """

    def write(self, entry: Entry) -> None:
        """Add an entry; durable on return."""
        ...
