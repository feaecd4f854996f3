"""What a model takes for a number of rows, learned from what it took."""

from __future__ import annotations

_KEPT = 0.9
"""The weight of everything before the newest batch: ten batches count."""


class Cost:
    """Seconds by rows: a straight line through the latest batches (least squares, weights fall geometrically)."""

    __slots__ = ("_rows", "_rows_rows", "_rows_seconds", "_seconds", "_weight")

    def __init__(self) -> None:
        self._weight = self._rows = self._seconds = self._rows_rows = self._rows_seconds = 0.0

    def learn(self, rows: int, seconds: float) -> None:
        """A batch was computed."""
        self._weight = self._weight * _KEPT + 1
        self._rows = self._rows * _KEPT + rows
        self._seconds = self._seconds * _KEPT + seconds
        self._rows_rows = self._rows_rows * _KEPT + rows * rows
        self._rows_seconds = self._rows_seconds * _KEPT + rows * seconds

    def of(self, rows: int) -> float:
        """Seconds that a batch will take; 0 if nothing is known yet."""
        if not self._weight:
            return 0.0
        mean_rows, mean = self._rows / self._weight, self._seconds / self._weight
        spread = self._rows_rows / self._weight - mean_rows**2
        if spread < 0.01:  # batches of one size say nothing about others
            return mean
        slope = (self._rows_seconds / self._weight - mean_rows * mean) / spread
        # Neither a row nor a batch takes less than nothing, whatever the noise of a few batches says.
        slope = min(max(slope, 0.0), mean / mean_rows)
        return mean + slope * (rows - mean_rows)
