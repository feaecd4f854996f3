"""What is kept of a group's rows under a classifier: counts by score, answer and label. Small, and it merges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.fairness.means import Means
from mainspring.evaluation.metrics.grouping import Floats
from mainspring.evaluation.metrics.ranking import Ranking

CALIBRATION_EDGES = tuple(np.linspace(0.1, 0.9, 9).round(1).tolist())
"""Inner ends of the ten bins in which probabilities are held against shares of positives."""


@dataclass(frozen=True, eq=False)
class ScoredRows:
    """Rows of a binary question, of all groups together.

    Attributes:
        scores: Probabilities of the positive class, shape ``[n]``; NaN where the model gave none.
        chosen: Which rows are answered with the positive class.
        truth: Which rows are positive.
        weights: Row weights; ``None`` weighs every row 1.
    """

    scores: Floats
    chosen: npt.NDArray[np.bool_]
    truth: npt.NDArray[np.bool_]
    weights: Floats | None = None


@dataclass(frozen=True, eq=False)
class Cells:
    """The rows of a group, counted in cells by interval of the score, by answer and by label.

    All shares at every threshold follow from the cells, and so does their bootstrap: drawing each row
    Poisson(1) times draws each cell Poisson(its count) times.

    Attributes:
        rows: Rows, unweighted.
        broken: Rows among them whose score is not finite; they are in no cell.
        counts: Rows by cell, shape ``[edges + 1, 2, 2]``: scores at or above so many edges, passed over or
            chosen, negative or positive.
        weights: Sum of the weights, likewise.
        squares: Sum of their squares.
        scores: Weighted sum of the scores.
        means: Of the squared error, of the score, and of the score minus the label (1 or 0).
        ranking: The distinct scores with the weight of positives and negatives.
    """

    rows: int
    broken: int
    counts: Floats
    weights: Floats
    squares: Floats
    scores: Floats
    means: Means
    ranking: Ranking

    QUANTITIES = ("brier", "mean_prediction", "calibration_bias")

    @classmethod
    def of(cls, rows: ScoredRows, part: npt.NDArray[np.int64] | None, edges: Floats) -> Cells:
        """Count some rows, given by their indices, or all.

        Args:
            edges: Thresholds, ascending, shape ``[e]``: a score equal to an edge lies above it.
        """
        chosen_part = slice(None) if part is None else part
        scores, truth, chosen = rows.scores[chosen_part], rows.truth[chosen_part], rows.chosen[chosen_part]
        weights = None if rows.weights is None else rows.weights[chosen_part]
        total = len(scores)
        finite = np.isfinite(scores)
        if not finite.all():
            scores, truth, chosen = scores[finite], truth[finite], chosen[finite]
            weights = None if weights is None else weights[finite]
        shape = (len(edges) + 1, 2, 2)
        place = np.searchsorted(edges, scores, side="right") * 4 + chosen * 2 + truth

        def tally(values: Floats | None) -> Floats:
            return np.bincount(place, values, 4 * shape[0]).astype(np.float64).reshape(shape)

        counts = tally(None)
        weighed = counts if weights is None else tally(weights)
        error = scores - truth
        return cls(
            rows=total,
            broken=total - len(scores),
            counts=counts,
            weights=weighed,
            squares=counts if weights is None else tally(weights * weights),
            scores=tally(scores if weights is None else scores * weights),
            means=Means.of(np.stack([error * error, scores, error]), weights),
            ranking=Ranking.of(scores, truth, weights),
        )

    def merge(self, other: Cells) -> Cells:
        """The state over the rows of both; they must have been counted by the same edges."""
        return Cells(
            rows=self.rows + other.rows,
            broken=self.broken + other.broken,
            counts=self.counts + other.counts,
            weights=self.weights + other.weights,
            squares=self.squares + other.squares,
            scores=self.scores + other.scores,
            means=self.means.merge(other.means),
            ranking=self.ranking.merge(other.ranking),
        )
