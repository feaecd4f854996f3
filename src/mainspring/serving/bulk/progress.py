"""How far a run is, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is.

    Attributes:
        done: Rows that are answered, those of an earlier process included.
        rows: All rows.
        resumed: Rows that an earlier process had answered.
        seconds: Since this process began to answer.
    """

    done: int
    rows: int
    resumed: int
    seconds: float

    @property
    def rate(self) -> float:
        """Rows in a second."""
        return (self.done - self.resumed) / self.seconds if self.seconds > 0 else 0.0

    @property
    def left(self) -> float | None:
        """Seconds until the end; ``None`` while nobody can tell."""
        return (self.rows - self.done) / self.rate if self.rate else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Who is told what while a run goes on.

    Attributes:
        progress: After every part.
        say: In words, of what takes long.
    """

    progress: Callable[[Progress], None] = lambda _: None
    say: Callable[[str], None] = lambda _: None
