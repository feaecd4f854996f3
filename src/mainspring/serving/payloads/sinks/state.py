"""How sinks fare, as they write it down beside the log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from mainspring.serving.payloads.position import Position

FOLDER = "sinks"


class SinkState(msgspec.Struct, frozen=True, kw_only=True):
    """How a sink fares; kept in ``sinks/<name>.json`` beside the log.

    Attributes:
        position: How far the log was sent.
        sent: Requests sent.
        refused: Requests that the receiver did not want, left behind.
        failures: Attempts that failed.
        lag: Seconds that the oldest request that was not sent yet has waited.
        error: Why the last attempt failed; empty if it did not.
        time: When this was written, in seconds since the epoch.
    """

    position: Position = Position()
    sent: int = 0
    refused: int = 0
    failures: int = 0
    lag: float = 0.0
    error: str = ""
    time: float = 0.0

    def lag_at(self, moment: float) -> float:
        """Seconds that the oldest request that was not sent yet has waited at a moment."""
        return self.lag + max(0.0, moment - self.time) if self.error else self.lag


def read_state(path: Path) -> SinkState:
    """How a sink fares; a new one, if it was never started."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=SinkState)
    except FileNotFoundError:
        return SinkState()


def states(folder: Path) -> Iterator[tuple[str, SinkState]]:
    """The sinks of a log by name, and how they fare."""
    for path in sorted((folder / FOLDER).glob("*.json")):
        yield path.stem, read_state(path)
