"""What the engine tells while it runs, for progress on a terminal, a page, or a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from mainspring.core.records import ExecutionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A node, or the run itself, came into a state.

    Attributes:
        node: The node; empty for the run.
        message: Why, where there is something to say.
        seconds: How long it took.
        attempt: Counted from 1; above 1 after a retry.
    """

    run: str
    node: str = ""
    state: ExecutionState
    message: str = ""
    seconds: float = 0.0
    attempt: int = 1


Listener: TypeAlias = Callable[[Event], None]


def ignore(_event: Event) -> None:
    """A listener that does nothing."""
