"""Every figure of one class against the rest, from its counts as it is answered and from its ranking."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mainspring.evaluation.metrics import confusion, thresholds
from mainspring.evaluation.metrics.confusion import PROPORTIONS, Tally, fbeta
from mainspring.evaluation.metrics.facts import Better, Fact, Facts, MetricName
from mainspring.evaluation.metrics.grouping import Floats, Ints, shares
from mainspring.evaluation.metrics.intervals import Intervals, normal, proportion
from mainspring.evaluation.metrics.measured import Interval, Sheet
from mainspring.evaluation.metrics.ranking import Ranking, area, average_precision, calibration_errors
from mainspring.evaluation.metrics.resampling import percentiles, poisson

RANKED: Final[Facts] = {
    "auc": Fact(
        better=Better.HIGHER,
        title="AUC",
        says="the chance that a positive row is scored above a negative one",
        unit=True,
    ),
    "average_precision": Fact(
        better=Better.HIGHER, title="average precision", says="the area under precision over recall", unit=True
    ),
    "calibration_error": Fact(
        better=Better.LOWER,
        title="calibration error",
        says="the mean gap between probability and what came, over ten bins of equal weight",
        unit=True,
    ),
    "max_calibration_error": Fact(
        better=Better.LOWER,
        title="largest calibration error",
        says="the largest gap between probability and what came, over ten bins of equal weight",
        unit=True,
    ),
    "calibration": Fact(
        better=Better.NEITHER, title="calibration", says="the mean probability over the base rate; 1 is right"
    ),
    "mean_prediction": Fact(
        better=Better.NEITHER,
        title="mean prediction",
        says="the mean of the probabilities, or of the predicted values",
    ),
}
"""Metrics of the scores, whatever the threshold."""

FACTS: Final[Facts] = {**confusion.FACTS, **RANKED, **thresholds.FACTS}

DRAWN_GROUPS = 8_192
"""So many groups of scores are drawn from by the bootstrap; areas of so many groups differ by 1e-6 or so."""

DRAWN_AT_ONCE = 50

USUAL: Final = (
    "balanced_accuracy", "precision", "recall", "f1", "auc", "average_precision", "specificity",
    "false_positive_rate", "false_negative_rate", "negative_predictive_value", "false_discovery_rate",
    "false_omission_rate", "mcc", "cohen_kappa", "informedness", "markedness", "threat_score", "fowlkes_mallows",
    "positive_likelihood_ratio", "negative_likelihood_ratio", "diagnostic_odds_ratio", "prevalence_threshold",
    "calibration_error", "max_calibration_error", "calibration", "mean_prediction", "base_rate", "positive_rate",
    "true_positives", "false_positives", "false_negatives", "true_negatives",
)  # fmt: skip
"""Measured always of a binary task."""


@dataclass(frozen=True, eq=False, kw_only=True)
class OneClass:
    """One class against the rest.

    Attributes:
        label: The class.
        tally: Weight of rows by whether they are of the class and are called so.
        squares: The same of squared weights; ``None`` where every row weighs 1.
        ranking: Rows by their score for the class.
    """

    label: str
    tally: Tally
    squares: Tally | None
    ranking: Ranking

    def put(self, sheet: Sheet, names: Iterable[str], intervals: Intervals, suffix: str = "") -> None:
        """Write figures with their intervals and reasons.

        Args:
            sheet: Where to.
            names: A metric's stem, with its parameter if it has one: ``recall``, ``recall@0.3``.
            intervals: How they are made.
            suffix: What follows the stem in the name that is written: ``[cat]``.
        """
        keys = list(names)
        values = self._values(keys, self.tally, self.ranking.positives, self.ranking.negatives, self.ranking)
        ends = self.intervals(keys, values, intervals)
        for key in keys:
            stem, at, parameter = key.partition("@")
            name = f"{stem}{suffix}{at}{parameter}"
            value = float(values[key])
            sheet.put(name, value, why="" if math.isfinite(value) else self.why(key), interval=ends.get(key))
            if key == "auc":
                sheet.off(name, self.ranking.auc_off())
            if key == "average_precision":
                sheet.off(name, self.ranking.average_precision_off())

    def values(self, keys: Sequence[str]) -> dict[str, float]:
        """Figures alone, without intervals."""
        ranking = self.ranking
        found = self._values(keys, self.tally, ranking.positives, ranking.negatives, ranking)
        return {key: float(found[key]) for key in keys}

    def intervals(
        self, keys: Sequence[str], values: Mapping[str, Floats], intervals: Intervals
    ) -> dict[str, Interval]:
        """The intervals of figures, of those that have one."""
        if intervals.method == "bootstrap":
            drawn = self.draws(keys, intervals)
            return {key: percentiles(drawn[key], intervals.level) for key in drawn}
        if self.squares is not None:
            return {}
        found = {}
        for key in keys:
            stem, at, parameter = key.partition("@")
            if stem in PROPORTIONS:
                top, bottom = PROPORTIONS[stem]
                tally = self._at(float(parameter)) if at else self.tally
                found[key] = proportion(float(top(tally)), float(bottom(tally)), intervals)
            elif key == "auc":
                variance = self.ranking.auc_variance()
                found[key] = normal(float(values[key]), variance, low=0.0, high=1.0, level=intervals.level)
        return found

    def draws(self, keys: Sequence[str], intervals: Intervals) -> dict[str, Floats]:
        """Figures of resampled rows, ``[resamples]`` each, without those that have none (:data:`UNDRAWN`)."""
        keys = [key for key in keys if MetricName.parse(key).stem not in UNDRAWN]
        random = np.random.default_rng(intervals.seed)
        squares = None if self.squares is None else np.array(self.squares)
        tallies = poisson(random, np.array(self.tally), squares, intervals.resamples)
        family = confusion.figures(Tally(*tallies.T))
        if all(key in family for key in keys):
            return {key: family[key] for key in keys}
        ranking = self.ranking.coarser(DRAWN_GROUPS)
        found: dict[str, list[Floats]] = {key: [] for key in keys}
        for start, drawn in drawn_rankings(ranking, intervals, random):
            some = Tally(*tallies[start : start + len(drawn)].T)
            for key, values in self._values(keys, some, drawn[:, 0], drawn[:, 1], ranking).items():
                found[key].append(values)
        return {key: np.concatenate(values) for key, values in found.items()}

    def why(self, key: str) -> str:
        """Why a figure does not exist."""
        stem, at, parameter = key.partition("@")
        if stem in confusion.FACTS:
            tally = self._at(float(parameter)) if at and stem != "fbeta" else self.tally
            return confusion.lacking(stem, tally, self.label)
        if stem in ("auc", "recall_at_false_positive_rate", "sensitivity_at_specificity"):
            return confusion.lacking("balanced_accuracy", self.tally, self.label)
        if self.tally.actual > 0 and stem == "recall_at_precision":
            return f"no threshold has a precision of {parameter}"
        if self.tally.actual > 0 and stem == "specificity_at_sensitivity":
            return confusion.lacking("specificity", self.tally, self.label)
        return confusion.lacking("recall", self.tally, self.label)

    def _at(self, threshold: float) -> Tally:
        return _tally_at(self.ranking, self.ranking.positives, self.ranking.negatives, threshold)

    def _values(
        self, keys: Sequence[str], tally: Tally, positives: Floats, negatives: Floats, ranking: Ranking
    ) -> dict[str, Floats]:
        """Figures of counts and weights of any leading shape."""
        family = confusion.figures(tally)
        scores = ranking.scores
        found: dict[str, Floats] = {}
        for key in keys:
            stem, at, parameter = key.partition("@")
            if stem == "fbeta":
                found[key] = fbeta(tally, float(parameter))
            elif stem in thresholds.AT:
                found[key] = thresholds.AT[stem](scores, positives, negatives, float(parameter))
            elif at:
                there = _tally_at(ranking, positives, negatives, float(parameter))
                found[key] = confusion.figures(there)[stem]
            elif stem in family:
                found[key] = family[stem]
            elif key not in found:
                found |= _of_scores(keys, scores, positives, negatives, ranking.bins())
        return found


UNDRAWN: Final = frozenset({*confusion.COUNTS, "max_calibration_error"})
"""Metrics without an interval by the bootstrap: counts are no estimates, and the largest of many gaps grows with
every resample, so that such an interval would mostly leave out the truth.
"""


def by_class(wishes: Iterable[str]) -> dict[str | None, list[str]]:
    """The wishes about one class, without its name, by class; ``None`` for those that name none.

    Example:
        >>> by_class(["recall[cat]@0.3", "auc[cat]", "f1"])
        {'cat': ['recall@0.3', 'auc'], None: ['f1']}
    """
    found: dict[str | None, list[str]] = {}
    for name in map(MetricName.parse, wishes):
        found.setdefault(name.of, []).append(name.stem + (f"@{name.at}" if name.at else ""))
    return found


def _of_scores(
    keys: Sequence[str], scores: Floats, positives: Floats, negatives: Floats, bins: Ints
) -> dict[str, Floats]:
    """Those of the metrics of scores that are asked for."""
    found: dict[str, Floats] = {}
    if "auc" in keys:
        found["auc"] = area(positives, negatives)
    if "average_precision" in keys:
        found["average_precision"] = average_precision(positives, negatives)
    if not {"calibration_error", "max_calibration_error"}.isdisjoint(keys):
        mean, largest = calibration_errors(scores, positives, negatives, bins)
        found |= {"calibration_error": mean, "max_calibration_error": largest}
    if not {"calibration", "mean_prediction"}.isdisjoint(keys):
        sums = ((positives + negatives) * scores).sum(axis=-1)
        found["calibration"] = shares(sums, positives.sum(axis=-1))
        found["mean_prediction"] = shares(sums, (positives + negatives).sum(axis=-1))
    return {key: value for key, value in found.items() if key in keys}


def drawn_rankings(
    ranking: Ranking, intervals: Intervals, random: np.random.Generator
) -> Iterator[tuple[int, Floats]]:
    """Weights of resampled rows, some draws at a time: the number of the first, and ``[draws, 2, groups]``."""
    weights = np.array([ranking.positives, ranking.negatives])
    for start in range(0, intervals.resamples, DRAWN_AT_ONCE):
        yield start, poisson(random, weights, ranking.squares, min(DRAWN_AT_ONCE, intervals.resamples - start))


def _tally_at(ranking: Ranking, positives: Floats, negatives: Floats, threshold: float) -> Tally:
    """The counts if scores from a threshold on are called positive."""
    place = int(np.searchsorted(ranking.scores, threshold, side="left"))
    return Tally(
        positives[..., place:].sum(axis=-1),
        negatives[..., place:].sum(axis=-1),
        positives[..., :place].sum(axis=-1),
        negatives[..., :place].sum(axis=-1),
    )
