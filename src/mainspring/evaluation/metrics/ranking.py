"""How well scores rank positives above negatives: areas, curves and calibration from one mergeable state."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.metrics.grouping import MOST_GROUPS, Floats, Groups, Ints, around_both_ends, dot, shares

Points: TypeAlias = tuple[tuple[float, float], ...]
Counts: TypeAlias = tuple[tuple[float, float, float, float, float], ...]

BINS = 10
"""Of equal weight, for calibration."""

STEPS = 200
"""Thresholds from 0 to 1 at which the counts of a binary task are kept."""

_DIGITS = 6
_COLUMNS = 3


@dataclass(frozen=True, eq=False)
class Ranking:
    """The distinct scores, ascending, with the weight of the positives and of the negatives at each.

    A sufficient statistic for everything that a threshold, an order or a calibration of one class against the
    rest can say. Mergeable: two of them over different rows make the one over all rows. Exact until there are
    more different scores than the groups may hold; then neighbours share a group and count as ties, and
    :meth:`auc_off` says by how much that can move the area.

    Attributes:
        scores: The different scores, ascending, or the mean scores of groups, shape ``[groups]``.
        positives: Weight of the positives at each; ``negatives`` likewise.
        dropped: How many bits of the scores were dropped to group them; with 0 they are exact.
        limit: The most groups.
        marks: Thresholds that no group lies across: counts there are exact.
        squares: Where rows carry weights, sums of squared weights of positives and of negatives, for resampling.
    """

    scores: Floats
    positives: Floats
    negatives: Floats
    dropped: int = 0
    limit: int = MOST_GROUPS
    marks: tuple[float, ...] = ()
    squares: Floats | None = None

    @classmethod
    def of(
        cls,
        scores: Floats,
        positive: npt.NDArray[np.bool_],
        weights: Floats | None = None,
        *,
        limit: int = MOST_GROUPS,
        marks: Sequence[float] = (),
    ) -> Ranking:
        """Count up rows.

        Args:
            scores: Shape ``[n]``, finite.
            positive: Which rows are positive, shape ``[n]``.
            weights: Row weights; ``None`` weighs every row 1.
            limit: The most different scores that are kept apart.
            marks: Thresholds that no group may lie across: counts there stay exact.
        """
        return Ranked.of(scores, positive, weights, limit=limit, marks=marks).part(None)

    @classmethod
    def of_groups(cls, groups: Groups) -> Ranking:
        """The ranking of groups with the columns weight, positives, negatives and, for weighted rows, squares."""
        weighted = len(groups.sums) > _COLUMNS
        return cls(
            groups.values,
            groups.sums[1],
            groups.sums[2],
            dropped=groups.dropped,
            limit=groups.limit,
            marks=groups.marks,
            squares=groups.sums[_COLUMNS:] if weighted else None,
        )

    @property
    def groups(self) -> Groups:
        """The inverse of :meth:`of_groups`."""
        columns = [self.positives + self.negatives, self.positives, self.negatives]
        return Groups(
            values=self.scores,
            sums=np.array(columns if self.squares is None else [*columns, *self.squares]),
            dropped=self.dropped,
            limit=self.limit,
            marks=self.marks,
            scale=around_both_ends,
        )

    def merge(self, other: Ranking) -> Ranking:
        """The state over the rows of both."""
        return self.of_groups(self.groups.merge(other.groups))

    def coarser(self, limit: int) -> Ranking:
        """The same in fewer groups."""
        return self if len(self.scores) <= limit else self.of_groups(self.groups.coarser(limit))

    @cached_property
    def weights(self) -> Floats:
        """Weight of all rows at each score."""
        return self.positives + self.negatives

    @cached_property
    def total_positive(self) -> float:
        """Weight of all positives."""
        return float(self.positives.sum())

    @cached_property
    def total_negative(self) -> float:
        """Weight of all negatives."""
        return float(self.negatives.sum())

    def auc(self) -> float:
        """Area under the ROC curve, ties counting half (Mann-Whitney U); NaN without both kinds of rows."""
        return float(area(self.positives, self.negatives))

    def auc_off(self) -> float:
        """The most by which :meth:`auc` differs from the area of the scores before they were grouped."""
        pairs = self.total_positive * self.total_negative
        if not self.dropped or pairs <= 0:
            return 0.0
        # A pair of a positive and a negative in one group counts half, and can have counted nothing or all.
        return 0.5 * dot(self.positives, self.negatives) / pairs

    def auc_variance(self) -> float:
        """DeLong's variance of the area; NaN with fewer than two rows of either kind. Unit weights only.

        Reference: E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, *Comparing the areas under two or
        more correlated receiver operating characteristic curves*, Biometrics 44 (1988).
        """
        many, few = self.total_positive, self.total_negative
        if many < 2 or few < 2:
            return math.nan
        area = self.auc()
        wins = (np.cumsum(self.negatives) - 0.5 * self.negatives) / few
        losses = 1 - (np.cumsum(self.positives) - 0.5 * self.positives) / many
        over_positives = dot((wins - area) ** 2, self.positives) / (many - 1)
        over_negatives = dot((losses - area) ** 2, self.negatives) / (few - 1)
        return over_positives / many + over_negatives / few

    def average_precision(self) -> float:
        """Sum of precision times the gain in recall, over falling thresholds; NaN without positives."""
        return float(average_precision(self.positives, self.negatives))

    def average_precision_off(self) -> float:
        """The most by which :meth:`average_precision` differs from that of the scores before grouping."""
        if not self.dropped or self.total_positive <= 0:
            return 0.0
        hits, chosen = self._above
        positives, negatives = self.positives[::-1], self.negatives[::-1]
        found = shares(hits, chosen)
        # At best a group's positives all come before its negatives, at worst after them.
        best = shares(hits, chosen - negatives) - found
        worst = found - shares(hits - positives, chosen - positives)
        return dot(np.nan_to_num(np.maximum(best, worst)), positives) / self.total_positive

    @cached_property
    def _above(self) -> tuple[Floats, Floats]:
        """Positives, and all rows, from each score upwards; the highest score first."""
        hits = np.cumsum(self.positives[::-1])
        return hits, hits + np.cumsum(self.negatives[::-1])

    def counts_at(self, threshold: float) -> tuple[float, float, float, float]:
        """Hits, false alarms, misses and right rejections, if scores from the threshold on are chosen."""
        place = int(np.searchsorted(self.scores, threshold, side="left"))
        hits, alarms = float(self.positives[place:].sum()), float(self.negatives[place:].sum())
        return hits, alarms, self.total_positive - hits, self.total_negative - alarms

    def counts(self) -> Counts:
        """(threshold, hits, false alarms, misses, right rejections) at thresholds from 0 to 1.

        Thresholds that change nothing are left out: each entry holds until the next one.
        """
        thresholds = np.arange(STEPS + 1) / STEPS
        places = np.searchsorted(self.scores, thresholds, side="left")
        hits, alarms = (
            np.concatenate((np.cumsum(x[::-1])[::-1], [0.0])) for x in (self.positives, self.negatives)
        )
        found: list[tuple[float, float, float, float, float]] = []
        before = -1
        for threshold, place in zip(thresholds.tolist(), places.tolist(), strict=True):
            if place == before:
                continue
            before = place
            hit, alarm = float(hits[place]), float(alarms[place])
            found.append(
                (
                    round(threshold, _DIGITS),
                    round(hit, _DIGITS),
                    round(alarm, _DIGITS),
                    round(self.total_positive - hit, _DIGITS),
                    round(self.total_negative - alarm, _DIGITS),
                )
            )
        return tuple(found)

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
        hits, chosen = self._above
        seen = chosen > 0
        recall = hits[seen] / self.total_positive
        return _thinned(recall, hits[seen] / chosen[seen], recall, limit)

    def bins(self, count: int = BINS) -> Ints:
        """Where bins of equal weight begin among the scores; a score lies in one bin, so there may be fewer."""
        weight = self.weights
        total = float(weight.sum())
        if total <= 0:
            return np.zeros(0, dtype=np.int64)
        place = np.minimum(((np.cumsum(weight) - 0.5 * weight) / total * count).astype(np.int64), count - 1)
        return np.flatnonzero(np.concatenate(([True], place[1:] != place[:-1])))

    def calibration(self, bins: int = BINS) -> tuple[tuple[float, float, float], ...]:
        """Rows in bins of equal weight by score: (mean score, share of positives, weight) of each bin."""
        starts = self.bins(bins)
        if not len(starts):
            return ()
        weights = np.add.reduceat(self.weights, starts)
        used = weights > 0
        means = np.add.reduceat(self.weights * self.scores, starts)[used] / weights[used]
        found = np.add.reduceat(self.positives, starts)[used] / weights[used]
        rows = zip(means.tolist(), found.tolist(), weights[used].tolist(), strict=True)
        return tuple((round(mean, _DIGITS), round(share, _DIGITS), weight) for mean, share, weight in rows)

    def calibration_errors(self, bins: int = BINS) -> tuple[float, float]:
        """The mean and the largest gap between mean score and share of positives over bins of equal weight."""
        mean, largest = calibration_errors(self.scores, self.positives, self.negatives, self.bins(bins))
        return float(mean), float(largest)

    def mirrored(self) -> Ranking:
        """The ranking of the other class of two: scores from 1 down, positives for negatives."""
        return Ranking(
            1.0 - self.scores[::-1],
            self.negatives[::-1],
            self.positives[::-1],
            dropped=self.dropped,
            limit=self.limit,
            marks=tuple(1.0 - mark for mark in reversed(self.marks)),
            squares=None if self.squares is None else self.squares[::-1, ::-1],
        )


def area(positives: Floats, negatives: Floats) -> Floats:
    """Area under the ROC curve, over the last axis of weights by ascending score; NaN without both kinds."""
    below = np.cumsum(negatives, axis=-1) - 0.5 * negatives
    pairs = positives.sum(axis=-1) * negatives.sum(axis=-1)
    return shares((below * positives).sum(axis=-1), pairs)


def average_precision(positives: Floats, negatives: Floats) -> Floats:
    """Average precision, over the last axis of weights by ascending score; NaN without positives."""
    gained = positives[..., ::-1]
    hits = np.cumsum(gained, axis=-1)
    chosen = hits + np.cumsum(negatives[..., ::-1], axis=-1)
    precision = np.nan_to_num(shares(hits, chosen))
    return shares((precision * gained).sum(axis=-1), gained.sum(axis=-1))


def calibration_errors(
    scores: Floats, positives: Floats, negatives: Floats, starts: Ints
) -> tuple[Floats, Floats]:
    """The mean and the largest gap between mean score and share of positives over bins, over the last axis.

    Reference: M. P. Naeini, G. F. Cooper and M. Hauskrecht, *Obtaining well calibrated probabilities using
    Bayesian binning*, AAAI (2015); bins of equal weight after V. Nguyen and B. O'Connor (2015).

    Args:
        scores: Ascending, shape ``[groups]``.
        positives: Weights, shape ``[…, groups]``; ``negatives`` likewise.
        starts: Where the bins begin, as :meth:`Ranking.bins` gives them.
    """
    if not len(starts):
        nothing = np.full(positives.shape[:-1], math.nan)
        return nothing, nothing
    weights = positives + negatives
    of_bins = np.add.reduceat(weights, starts, axis=-1)
    gaps = np.abs(np.add.reduceat(weights * scores - positives, starts, axis=-1))
    largest = np.nan_to_num(shares(gaps, of_bins)).max(axis=-1)
    total = of_bins.sum(axis=-1)
    return shares(gaps.sum(axis=-1), total), np.where(total > 0, largest, math.nan)


@dataclass(frozen=True, eq=False)
class Ranked:
    """Rows in the order of their scores, worked out once for all slices.

    Attributes:
        distinct: The different scores, ascending.
        codes: Twice the place of each row's score among them, plus 1 for a positive row, shape ``[n]``.
        weights: Row weights, shape ``[n]``.
        limit: The most groups.
        marks: Thresholds that no group may lie across.
    """

    distinct: Floats
    codes: Ints
    weights: Floats | None
    limit: int
    marks: tuple[float, ...]

    @classmethod
    def of(
        cls,
        scores: Floats,
        positive: npt.NDArray[np.bool_],
        weights: Floats | None,
        *,
        limit: int = MOST_GROUPS,
        marks: Sequence[float] = (),
    ) -> Ranked:
        """Sort rows; the arguments are those of :meth:`Ranking.of`."""
        order = np.argsort(scores)
        ranked = scores[order]
        new = np.concatenate(([True], ranked[1:] != ranked[:-1])) if len(ranked) else np.zeros(0, np.bool_)
        places = np.empty(len(scores), dtype=np.int64)
        places[order] = np.cumsum(new) - 1
        return cls(ranked[new], 2 * places + positive, weights, limit, tuple(sorted(marks)))

    def part(self, rows: Ints | None) -> Ranking:
        """The ranking of some rows, given by their indices, or of all."""
        codes = self.codes if rows is None else self.codes[rows]
        weights = self.weights if rows is None or self.weights is None else self.weights[rows]
        # Counting by code is fastest, but looks at every score of all rows: few rows are sorted instead.
        if len(codes) * 16 < len(self.distinct):
            kept, places = np.unique(codes >> 1, return_inverse=True)
            codes, scores = 2 * places + (codes & 1), self.distinct[kept]
        else:
            scores = self.distinct
        tally = np.bincount(codes, weights, 2 * len(scores))
        there = np.flatnonzero(tally[0::2] + tally[1::2])
        sums = np.empty((_COLUMNS if weights is None else _COLUMNS + 2, len(there)))
        sums[1], sums[2] = tally[1::2][there], tally[0::2][there]
        sums[0] = sums[1] + sums[2]
        if weights is not None:
            squares = np.bincount(codes, weights * weights, 2 * len(scores))
            sums[3], sums[4] = squares[1::2][there], squares[0::2][there]
        scores = scores[there]
        groups = Groups(values=scores, sums=sums, limit=self.limit, marks=self.marks, scale=around_both_ends)
        return Ranking.of_groups(groups.fitted())


def _thinned(x: Floats, y: Floats, along: Floats, limit: int) -> Points:
    """At most ``limit`` points of a curve, spread evenly along a rising measure, both ends kept."""
    if len(x) > limit:
        wanted = np.linspace(along[0], along[-1], limit)
        picked = np.unique(np.clip(np.searchsorted(along, wanted), 0, len(x) - 1))
        picked[0], picked[-1] = 0, len(x) - 1
        x, y = x[picked], y[picked]
    return tuple((round(a, _DIGITS), round(b, _DIGITS)) for a, b in zip(x.tolist(), y.tolist(), strict=True))
