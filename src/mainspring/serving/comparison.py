"""Comparing served answers with the predictions of training time, row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring.evaluation.margins import margins

if TYPE_CHECKING:
    from mainspring.evaluation import Predictions

KEPT = 5
"""How many differing rows a comparison shows with all their values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A row that was answered differently.

    Attributes:
        row: Its index.
        served: The answer: label and probabilities, or the number.
        trained: What training predicted, in the same form.
        values: The row itself.
    """

    row: int
    served: Any
    trained: Any
    values: Mapping[str, Any]

    def __str__(self) -> str:
        return f"row {self.row}: served {self.served}, trained {self.trained}, for {dict(self.values)}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


@dataclass(slots=True)
class Comparison:
    """Answers as they come in, held against what was expected.

    Attributes:
        expected: The predictions of training time.
        tolerance: How far a probability may lie off; for numbers relative to 1 + the expected value.
        values: Gives a row by its index, to be shown.
        differences: What differed, in the order in which it was seen.
        largest: The largest difference of a probability or number.
    """

    expected: Predictions
    tolerance: float
    values: Callable[[int], Mapping[str, Any]]
    differences: list[Difference] = field(default_factory=list)
    largest: float = 0.0

    @property
    def first(self) -> Sequence[Difference]:
        """The first differing rows, each once."""
        once: dict[int, Difference] = {}
        for difference in self.differences:
            once.setdefault(difference.row, difference)
        return list(once.values())[:KEPT]

    def compare(self, rows: Sequence[int], outputs: Mapping[str, Sequence[Any]]) -> None:
        """Hold the answers to some rows against what was expected of them.

        Args:
            rows: Indices of the rows.
            outputs: ``label`` and ``probabilities`` (a list per row), or ``prediction``; missing as ``None``.
                Nothing but ``None`` is expected of a row that assertions block.
        """
        if self.expected.classes is None:
            self._numbers(rows, outputs["prediction"])
        else:
            self._classes(rows, outputs["label"], outputs["probabilities"])

    def _numbers(self, rows: Sequence[int], served: Sequence[Any]) -> None:
        trained = self.expected.scores[list(rows)]
        off = np.abs(np.array(served, dtype=np.float64) - trained)
        self._note(off)
        close = (off <= self.tolerance * (1 + np.abs(trained))) | (self._blocked(rows) & np.isnan(off))
        for place in np.flatnonzero(~close).tolist():
            self._differ(rows[place], served[place], float(trained[place]))

    def _classes(self, rows: Sequence[int], labels: Sequence[Any], served: Sequence[Any]) -> None:
        trained = self.expected.scores[list(rows)]
        names, near = self.expected.labels[list(rows)], margins(self.expected)[list(rows)]
        off = np.abs(np.array(served, dtype=np.float64) - trained).max(axis=1)
        self._note(off)
        blocked = self._blocked(rows)
        places = {word: place for place, word in enumerate(self.expected.classes or ())}
        for place, label in enumerate(labels):
            # Another label is the same answer if its class ties with the best one, or its score with the cutoff.
            tied = near[place] <= self.tolerance and label in places
            if tied and self.expected.cutoff is None:
                tied = trained[place, places[label]] >= trained[place].max() - self.tolerance
            same = label == names[place] or tied
            if blocked[place]:
                off[place] = 0.0 if np.isnan(off[place]) else np.inf
            if not same or not off[place] <= self.tolerance:
                answer = {"label": label, "probabilities": list(served[place])}
                self._differ(
                    rows[place], answer, {"label": names[place], "probabilities": trained[place].tolist()}
                )

    def _blocked(self, rows: Sequence[int]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """The rows that are expected to have no answer."""
        return self.expected.unanswered[list(rows)]

    def _note(self, off: np.ndarray[Any, np.dtype[np.float64]]) -> None:
        seen = off[np.isfinite(off)]
        if seen.size:
            self.largest = max(self.largest, float(seen.max()))

    def _differ(self, row: int, served: Any, trained: Any) -> None:
        self.differences.append(Difference(row=row, served=served, trained=trained, values=self.values(row)))
