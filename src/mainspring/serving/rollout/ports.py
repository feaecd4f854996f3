"""What rollouts need of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from mainspring.core.verdicts import Verdict


class Counting(Protocol):
    """Counts what rollouts do. Safe for threads.

    Promises:
        - It takes less than a microsecond, and does not raise.
    """

    def routed(self, model: str, arm: str, policy: str) -> None:
        """A request was sent to an arm."""
        ...

    def fell_back(self, model: str, arm: str) -> None:
        """An arm could not answer, and the primary one did in its place."""
        ...

    def compared(self, model: str, arm: str, outcome: str, count: int) -> None:
        """So many of a shadow's answers are ``equal`` or ``different``, or it ``failed``, or was not asked:
        ``shed``.
        """
        ...


class Recorder(Protocol):
    """Keeps what rollouts decide where people look for it, such as the record of a project."""

    def record(self, model: str, verdict: Verdict, details: Mapping[str, Any]) -> None:
        """Keep a verdict. Telling it twice does no harm.

        Args:
            model: The model.
            verdict: What was decided, with every figure.
            details: ``number`` of the decision, ``time``, ``kind`` (what happened), ``versions`` by arm, ``arm``
                (which it is about), ``by`` (who decided) and ``plan`` (the declaration, by its digest).

        Raises:
            UnavailableError: If it cannot be kept now: tell it again later.
        """
        ...
