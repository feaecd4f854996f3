"""What feedback is counted with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


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
