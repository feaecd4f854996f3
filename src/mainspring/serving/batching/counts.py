"""How the batches of one model have fared."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class BatchCounts:
    """Numbers that only grow, since the model was loaded.

    Attributes:
        sizes: Batches computed, by their rows without those filled in.
        seconds: Time that batches took, by the same rows.
        requests: Requests computed.
        rows: Rows computed, without those filled in.
        filled: Rows filled in to get an allowed size.
        halved: Times that the model was called again because it had failed on a batch.
        refused: Requests that found the queue full.
        expired: Requests that waited too long and were refused.
        left: Requests whose caller went away before they were computed.
    """

    sizes: Counter[int] = field(default_factory=Counter)
    seconds: dict[int, float] = field(default_factory=dict)
    requests: int = 0
    rows: int = 0
    filled: int = 0
    halved: int = 0
    refused: int = 0
    expired: int = 0
    left: int = 0

    @property
    def batches(self) -> int:
        """Batches computed."""
        return self.sizes.total()

    def told(self) -> list[tuple[int, int]]:
        """Rows of a batch, and how many batches had so many; safe while others are counted."""
        return list(self.sizes.items())

    def computed(self, requests: int, rows: int, filled: int, seconds: float, attempts: int) -> None:
        """Count a batch; one that no attempt was made on does not count."""
        if not attempts:
            return
        self.seconds[rows] = self.seconds.get(rows, 0.0) + seconds
        self.sizes[rows] += 1
        self.requests += requests
        self.rows += rows
        self.filled += filled
        self.halved += attempts - 1
