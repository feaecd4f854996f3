"""The points behind the pictures: ROC, precision and recall, calibration, distributions, counts by threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mainspring.evaluation.metrics.classification import ClassificationState
from mainspring.evaluation.metrics.grouping import Floats
from mainspring.evaluation.metrics.multilabel import LabelSetState
from mainspring.evaluation.metrics.ranking import Counts, Points, Ranking
from mainspring.evaluation.metrics.regression import RegressionState, weighted_quantile

Bins = tuple[tuple[float, float, float], ...]

MOST_CLASSES = 10
"""Curves are kept for so many classes of a multi-class model, the first ones."""

_BINS = 20
_MOST_ROWS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """Points for pictures of one class against the rest, or of a regression.

    Attributes:
        roc: (false positive rate, true positive rate), from (0, 0) to (1, 1); at most 50.
        precision_recall: (recall, precision); at most 50.
        calibration: (mean prediction, share of positives or mean label, weight), in bins of equal weight.
        histogram: (left edge, positives, negatives) of the scores in twenty bins of equal width; for a
            regression (left edge, rows, 0) of the errors (prediction minus label).
        counts: (threshold, true positives, false positives, false negatives, true negatives) for rising
            thresholds in steps of 1/200, those left out at which nothing changes; for one class alone.
        rows: (prediction, label) of a regression, at most 300, evenly along the predictions; rows of the same
            prediction count as one with their mean label.
    """

    roc: Points = ()
    precision_recall: Points = ()
    calibration: Bins = ()
    histogram: Bins = ()
    counts: Counts = ()
    rows: Points = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        plain = {
            name: [list(point) for point in getattr(self, name)]
            for name in ("roc", "precision_recall", "calibration", "histogram")
        }
        later = {name: [list(point) for point in getattr(self, name)] for name in ("counts", "rows")}
        return plain | {name: points for name, points in later.items() if points}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Curves:
        """The inverse of :meth:`as_dict`."""
        return cls(**{name: tuple(tuple(point) for point in points) for name, points in value.items()})


def curves_of(state: object) -> dict[str, Curves]:
    """Class name to its curves, of the state of any family; those of a regression are under ``""``."""
    if isinstance(state, ClassificationState | LabelSetState):
        return classification_curves(state)
    if isinstance(state, RegressionState):
        drawn = regression_curves(state)
        return {} if drawn is None else {"": drawn}
    return {}


def classification_curves(state: ClassificationState | LabelSetState) -> dict[str, Curves]:
    """Class name to its curves: of the positive class, or of the first classes of many."""
    if state.broken or not state.rows:
        return {}
    positive = state.positive if isinstance(state, ClassificationState) else None
    names = state.classes[:MOST_CLASSES] if positive is None else (state.classes[positive],)
    counted = positive is not None
    return {name: _ranked(one, counted=counted) for name, one in zip(names, state.rankings, strict=False)}


def regression_curves(state: RegressionState) -> Curves | None:
    """Mean label against mean prediction in ten bins, and the distribution of the errors."""
    if not state.rows or state.broken:
        return None
    errors, weights = state.errors.values, state.errors.weights
    low, high = (float(weighted_quantile(errors, weights, share)) for share in (0.005, 0.995))
    if high - low <= _BINS * np.spacing(max(abs(low), abs(high))):
        # Errors that are all alike stand in the middle of bins of a width of their own.
        low, high = low - 0.5, high + 0.5
    counts, edges = np.histogram(np.clip(errors, low, high), _BINS, (low, high), weights=weights)
    histogram = tuple((_short(edge), float(n), 0.0) for edge, n in zip(edges[:-1], counts, strict=True))
    weight, label = state.predictions.sums
    values = state.predictions.values
    return Curves(
        calibration=_bins(values, weight, label), histogram=histogram, rows=_sampled(values, label / weight)
    )


def _bins(values: Floats, weights: Floats, labels: Floats, count: int = 10) -> Bins:
    """Mean prediction, mean label and weight of rows in bins of equal weight."""
    middle = (np.cumsum(weights) - 0.5 * weights) / weights.sum()
    place = np.minimum((middle * count).astype(np.int64), count - 1)
    starts = np.flatnonzero(np.concatenate(([True], place[1:] != place[:-1])))
    weight = np.add.reduceat(weights, starts)
    means, found = (np.add.reduceat(x, starts) / weight for x in (values * weights, labels))
    rows = zip(means.tolist(), found.tolist(), weight.tolist(), strict=True)
    return tuple((_short(mean), _short(label), weight) for mean, label, weight in rows)


def _sampled(predictions: Floats, labels: Floats) -> Points:
    """Some of the points, evenly by rank, both ends kept."""
    chosen = np.unique(np.linspace(0, len(predictions) - 1, min(_MOST_ROWS, len(predictions))).astype(np.int64))
    pairs = zip(predictions[chosen].tolist(), labels[chosen].tolist(), strict=True)
    return tuple((_short(prediction), _short(label)) for prediction, label in pairs)


def _ranked(ranking: Ranking, *, counted: bool) -> Curves:
    place = np.clip((ranking.scores * _BINS).astype(np.int64), 0, _BINS - 1)
    positives = np.bincount(place, ranking.positives, _BINS).tolist()
    negatives = np.bincount(place, ranking.negatives, _BINS).tolist()
    return Curves(
        roc=ranking.roc(),
        precision_recall=ranking.precision_recall(),
        calibration=ranking.calibration(),
        histogram=tuple((i / _BINS, positives[i], negatives[i]) for i in range(_BINS)),
        counts=ranking.counts() if counted else (),
    )


def _short(value: float) -> float:
    return float(f"{float(value):.6g}")
