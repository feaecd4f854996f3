"""The points behind the pictures: ROC, precision and recall, calibration, distributions; at most 50 each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mainspring.evaluation.metrics.classification import ClassificationState
from mainspring.evaluation.metrics.ranking import Points, Ranking
from mainspring.evaluation.metrics.regression import MeasuredRows

Bins = tuple[tuple[float, float, float], ...]

MOST_CLASSES = 10
"""Curves are kept for so many classes of a multi-class model, the first ones."""

_BINS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """Points for pictures of one class against the rest, or of a regression.

    Attributes:
        roc: (false positive rate, true positive rate), from (0, 0) to (1, 1).
        precision_recall: (recall, precision).
        calibration: (mean prediction, share of positives or mean label, weight), in bins of equal weight.
        histogram: (left edge, positives, negatives) of the scores in twenty bins of equal width; for a
            regression (left edge, rows, 0) of the errors (prediction minus label).
    """

    roc: Points = ()
    precision_recall: Points = ()
    calibration: Bins = ()
    histogram: Bins = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            name: [list(point) for point in getattr(self, name)]
            for name in ("roc", "precision_recall", "calibration", "histogram")
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Curves:
        """The inverse of :meth:`as_dict`."""
        return cls(**{name: tuple(tuple(point) for point in points) for name, points in value.items()})


def classification_curves(state: ClassificationState) -> dict[str, Curves]:
    """Class name to its curves: of the positive class, or of the first classes of many."""
    if state.broken or not state.rows:
        return {}
    names = state.classes[:MOST_CLASSES] if state.positive is None else (state.classes[state.positive],)
    return {name: _ranked(ranking) for name, ranking in zip(names, state.rankings, strict=False)}


def regression_curves(rows: MeasuredRows) -> Curves | None:
    """Mean label against mean prediction in ten bins, and the distribution of the errors."""
    if not len(rows.truth) or not np.isfinite(rows.predicted).all():
        return None
    order = np.argsort(rows.predicted, kind="stable")
    parts = [part for part in np.array_split(order, min(10, len(order))) if len(part)]
    calibration = tuple(
        (_short(rows.predicted[part].mean()), _short(rows.truth[part].mean()), float(len(part))) for part in parts
    )
    errors = rows.predicted - rows.truth
    low, high = np.quantile(errors, (0.005, 0.995))
    counts, edges = np.histogram(np.clip(errors, low, high), _BINS)
    histogram = tuple((_short(edge), float(n), 0.0) for edge, n in zip(edges[:-1], counts, strict=True))
    return Curves(calibration=calibration, histogram=histogram)


def _ranked(ranking: Ranking) -> Curves:
    place = np.clip((ranking.scores * _BINS).astype(np.int64), 0, _BINS - 1)
    positives = np.bincount(place, ranking.positives, _BINS).tolist()
    negatives = np.bincount(place, ranking.negatives, _BINS).tolist()
    return Curves(
        roc=ranking.roc(),
        precision_recall=ranking.precision_recall(),
        calibration=ranking.calibration(),
        histogram=tuple((i / _BINS, positives[i], negatives[i]) for i in range(_BINS)),
    )


def _short(value: float) -> float:
    return float(f"{float(value):.6g}")
