"""What the policy said over time: when it asked for a new model, and when something stood in the way."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from mainspring.monitoring.retraining import Decision

FILE: Final = "decisions.jsonl"

Outcome: TypeAlias = Literal["asked", "waiting", "blocked", "settled"]

OUTCOMES: Final[tuple[Outcome, ...]] = ("asked", "waiting", "blocked", "settled")
"""A run was asked for; one was to be, but a wish waits; something stood in the way; nothing calls any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedDecision:
    """What the policy said, from when on.

    Attributes:
        at: When it was said, in seconds since the epoch.
        window: The end of the window that it was said of; ``None`` if it was said of none.
        outcome: One of :data:`OUTCOMES`.
        because: One sentence.
        calls: What called for a new model, each as a sentence.
        obstacles: What stood in the way, each as a sentence.
        key: What it rests on; while that stays the same, nothing new is noted.
    """

    at: float
    window: float | None = None
    outcome: Outcome
    because: str
    calls: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()
    key: str = ""


class DecisionLog:
    """Notes what the policy says of a model when it changes: a line per change, not one per window.

    One process appends, any number read. A line that was half written when the process was killed is passed over.

    Args:
        folder: The model's.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def note(
        self, decision: Decision, *, asked: bool, at: float, window: float | None = None, again: bool = False
    ) -> NotedDecision | None:
        """Note a decision, unless it says what the one before said.

        Args:
            decision: It.
            asked: Whether a run was asked for.
            at: When, in seconds since the epoch.
            window: The end of the window that it was said of.
            again: Whether it may be noted already, because the monitor was killed when it had asked.

        Returns:
            What was noted, if anything.
        """
        made = _noted(decision, asked=asked, at=at, window=window)
        before = self.last()
        if made.outcome == "settled" and (before is None or before.outcome in ("settled", "asked")):
            return None
        if (
            before is not None
            and made.outcome != "asked"
            and (made.outcome, made.key) == (before.outcome, before.key)
        ):
            return None
        if before is not None and again and (made.outcome, made.key) == (before.outcome, before.key):
            return None
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("ab") as file:
            line = b"" if _whole(self._file) else b"\n"
            file.write(line + json.dumps(asdict(made), ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        return made

    def read(self, *, since: float | None = None, until: float | None = None) -> Sequence[NotedDecision]:
        """What was noted, oldest first.

        Args:
            since: Only what was said at this time or later; of a window, its end counts.
            until: Only what was said before this time.
        """
        found = [one for one in map(_read, self._lines()) if one is not None]
        return [
            one
            for one in found
            if (since is None or moment_of(one) >= since) and (until is None or moment_of(one) < until)
        ]

    def last(self) -> NotedDecision | None:
        """What was noted last."""
        return next((one for one in map(_read, reversed(self._lines())) if one is not None), None)

    def _lines(self) -> list[bytes]:
        try:
            return self._file.read_bytes().splitlines()
        except FileNotFoundError:
            return []


def moment_of(noted: NotedDecision) -> float:
    """Where a decision belongs on the line of time: at the end of its window, or when it was said."""
    return noted.at if noted.window is None else noted.window


def _noted(decision: Decision, *, asked: bool, at: float, window: float | None) -> NotedDecision:
    outcome: Outcome = "settled"
    if decision.retrain:
        outcome = "asked" if asked else "waiting"
    elif decision.blocked:
        outcome = "blocked"
    calls, obstacles = decision.wanted.failures, decision.allowed.failures if decision.blocked else ()
    return NotedDecision(
        at=at,
        window=window,
        outcome=outcome,
        because=decision.because,
        calls=tuple(one.message for one in calls),
        obstacles=tuple(one.message for one in obstacles),
        key=" ".join(sorted(f"{one.code}:{one.subject or ''}" for one in (*calls, *obstacles))),
    )


def _read(line: bytes) -> NotedDecision | None:
    try:
        told: Mapping[str, Any] = json.loads(line)
    except ValueError:
        return None
    return NotedDecision(**{**told, "calls": tuple(told["calls"]), "obstacles": tuple(told["obstacles"])})


def _whole(file: Path) -> bool:
    """Whether a file ends with a whole line."""
    if not file.exists() or not file.stat().st_size:
        return True
    with file.open("rb") as opened:
        opened.seek(-1, os.SEEK_END)
        return opened.read(1) == b"\n"
