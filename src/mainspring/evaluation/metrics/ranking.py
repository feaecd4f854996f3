"""How well scores rank positives above negatives: areas, curves and calibration from one mergeable state."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Points: TypeAlias = tuple[tuple[float, float], ...]

_DIGITS = 6


@dataclass(frozen=True, eq=False)
class Ranking:
    """The distinct scores, ascending, with the weight of the positives and of the negatives at each.

    Exact, and mergeable: two of them over different rows make the one over all rows.
    """

    scores: Floats
    positives: Floats
    negatives: Floats

    @classmethod
    def of(cls, scores: Floats, positive: npt.NDArray[np.bool_], weights: Floats | None = None) -> Ranking:
        """Count up rows.

        Args:
            scores: Shape ``[n]``, finite.
            positive: Which rows are positive, shape ``[n]``.
            weights: Row weights; ``None`` weighs every row 1.
        """
        weight = np.ones(len(scores)) if weights is None else weights
        return cls._tally(scores, np.where(positive, weight, 0.0), np.where(positive, 0.0, weight))

    @classmethod
    def _tally(cls, scores: Floats, positives: Floats, negatives: Floats) -> Ranking:
        if not len(scores):
            return cls(scores, positives, negatives)
        order = np.argsort(scores, kind="stable")
        ranked = scores[order]
        starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))
        return cls(
            ranked[starts],
            np.add.reduceat(positives[order], starts),
            np.add.reduceat(negatives[order], starts),
        )

    def merge(self, other: Ranking) -> Ranking:
        """The state over the rows of both."""
        return self._tally(
            np.concatenate((self.scores, other.scores)),
            np.concatenate((self.positives, other.positives)),
            np.concatenate((self.negatives, other.negatives)),
        )

    @cached_property
    def total_positive(self) -> float:
        """Weight of all positives."""
        return float(self.positives.sum())

    @cached_property
    def total_negative(self) -> float:
        """Weight of all negatives."""
        return float(self.negatives.sum())

    @cached_property
    def _wins(self) -> Floats:
        """For a positive at each score, the share of negatives ranked below it, ties counting half."""
        below: Floats = (np.cumsum(self.negatives) - 0.5 * self.negatives) / self.total_negative
        return below

    def auc(self) -> float:
        """Area under the ROC curve, ties counting half (Mann-Whitney U); NaN without both kinds of rows."""
        if self.total_positive <= 0 or self.total_negative <= 0:
            return math.nan
        return float(self._wins @ self.positives) / self.total_positive

    def auc_variance(self) -> float:
        """DeLong's variance of the area; NaN with fewer than two rows of either kind. Unit weights only.

        Reference: E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, *Comparing the areas under two or
        more correlated receiver operating characteristic curves*, Biometrics 44 (1988).
        """
        many, few = self.total_positive, self.total_negative
        if many < 2 or few < 2:
            return math.nan
        area = self.auc()
        losses = 1 - (np.cumsum(self.positives) - 0.5 * self.positives) / many
        over_positives = float(((self._wins - area) ** 2) @ self.positives) / (many - 1)
        over_negatives = float(((losses - area) ** 2) @ self.negatives) / (few - 1)
        return over_positives / many + over_negatives / few

    def average_precision(self) -> float:
        """Sum of precision times the gain in recall, over falling thresholds; NaN without positives."""
        if self.total_positive <= 0:
            return math.nan
        hits = np.cumsum(self.positives[::-1])
        chosen = hits + np.cumsum(self.negatives[::-1])
        with np.errstate(invalid="ignore"):
            precision = np.where(chosen > 0, hits / chosen, 0.0)
        return float(precision @ self.positives[::-1]) / self.total_positive

    def roc(self, limit: int = 50) -> Points:
        """Points (false positive rate, true positive rate) from (0, 0) to (1, 1); empty without both kinds."""
        if self.total_positive <= 0 or self.total_negative <= 0:
            return ()
        x = np.concatenate(([0.0], np.cumsum(self.negatives[::-1]))) / self.total_negative
        y = np.concatenate(([0.0], np.cumsum(self.positives[::-1]))) / self.total_positive
        return _thinned(x, y, x + y, limit)

    def precision_recall(self, limit: int = 50) -> Points:
        """Points (recall, precision) over falling thresholds; empty without positives."""
        if self.total_positive <= 0:
            return ()
        hits = np.cumsum(self.positives[::-1])
        chosen = hits + np.cumsum(self.negatives[::-1])
        seen = chosen > 0
        recall = hits[seen] / self.total_positive
        return _thinned(recall, hits[seen] / chosen[seen], recall, limit)

    def calibration(self, bins: int = 10) -> tuple[tuple[float, float, float], ...]:
        """Rows in bins of equal weight by score: (mean score, share of positives, weight) of each bin."""
        weight = self.positives + self.negatives
        total = float(weight.sum())
        if total <= 0:
            return ()
        place = np.minimum(((np.cumsum(weight) - 0.5 * weight) / total * bins).astype(np.int64), bins - 1)
        weights = np.bincount(place, weight, bins)
        used = weights > 0
        means = np.bincount(place, weight * self.scores, bins)[used] / weights[used]
        shares = np.bincount(place, self.positives, bins)[used] / weights[used]
        rows = zip(means.tolist(), shares.tolist(), weights[used].tolist(), strict=True)
        return tuple((round(mean, _DIGITS), round(share, _DIGITS), weight) for mean, share, weight in rows)


def _thinned(x: Floats, y: Floats, along: Floats, limit: int) -> Points:
    """At most ``limit`` points of a curve, spread evenly along a rising measure, both ends kept."""
    if len(x) > limit:
        wanted = np.linspace(along[0], along[-1], limit)
        picked = np.unique(np.clip(np.searchsorted(along, wanted), 0, len(x) - 1))
        picked[0], picked[-1] = 0, len(x) - 1
        x, y = x[picked], y[picked]
    return tuple((round(a, _DIGITS), round(b, _DIGITS)) for a, b in zip(x.tolist(), y.tolist(), strict=True))
