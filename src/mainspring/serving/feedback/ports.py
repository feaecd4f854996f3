"""What feedback is counted with, and who learns from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from mainspring.serving.decision import Decision
from mainspring.serving.feedback.answers import Answered
from mainspring.serving.feedback.record import Feedback


class Counting(Protocol):
    """Counts feedback. Safe for threads.

    Promises:
        - It takes microseconds, and does not raise.
    """

    def rewarded(self, model: str, version: str, rewards: Iterable[float]) -> None:
        """Rewards came for rows that a version answered."""
        ...

    def known(self, model: str, version: str, *, right: int = 0, wrong: int = 0) -> None:
        """The truth became known of rows whose class a version had answered right or wrong."""
        ...

    def differed(self, model: str, version: str, errors: Iterable[float]) -> None:
        """The truth became known of rows with a number: how far the answers were from it, without sign."""
        ...


class Learner(Protocol):
    """A router that learns from what became of its decisions. Safe for threads.

    Promises:
        - What was told to any process before is not learned twice, and what is told later about the same row takes
          its place.
        - It takes some tens of microseconds, and does not raise: what it cannot learn from, it says in the log.
    """

    def learn(self, decision: Decision, feedback: Sequence[Feedback], answered: Answered) -> None:
        """Learn from feedback about one request.

        Args:
            decision: Where the router had sent it.
            feedback: What became known of it.
            answered: What was answered.
        """
        ...
