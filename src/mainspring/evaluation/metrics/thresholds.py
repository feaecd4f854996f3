"""What one quality is worth where a threshold fixes another: precision at a recall, gain of the top tenth.

The functions take weights of positives and negatives by ascending score, over the last axis, and a wished
figure; every score that occurs is a threshold. NaN stands for a wish that no threshold fulfils.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.metrics.facts import Better, Fact, Facts
from mainspring.evaluation.metrics.grouping import Floats, shares

_ROUNDING = 1e-12
_HIGHER = Better.HIGHER

FACTS: Final[Facts] = {
    "precision_at_recall": Fact(
        better=_HIGHER,
        title="precision at recall",
        says="the best precision of a threshold with that recall",
        unit=True,
    ),
    "recall_at_precision": Fact(
        better=_HIGHER,
        title="recall at precision",
        says="the best recall of a threshold with that precision",
        unit=True,
    ),
    "sensitivity_at_specificity": Fact(
        better=_HIGHER,
        title="sensitivity at specificity",
        says="the best recall of a threshold with that specificity",
        unit=True,
    ),
    "specificity_at_sensitivity": Fact(
        better=_HIGHER,
        title="specificity at sensitivity",
        says="the best specificity of a threshold with that recall",
        unit=True,
    ),
    "recall_at_false_positive_rate": Fact(
        better=_HIGHER,
        title="recall at false positive rate",
        says="the best recall of a threshold with no more than that false positive rate",
        unit=True,
    ),
    "threshold_at_recall": Fact(
        better=Better.NEITHER, title="threshold at recall", says="the highest threshold with that recall"
    ),
    "lift": Fact(
        better=_HIGHER,
        title="lift",
        says="how many times the base rate the share of positives is in that top share",
    ),
    "gain": Fact(
        better=_HIGHER, title="gain", says="of the positive rows, the share that is in that top share", unit=True
    ),
}


def _falling(positives: Floats, negatives: Floats) -> tuple[Floats, Floats]:
    """Hits and false alarms at each threshold, the highest first."""
    return np.cumsum(positives[..., ::-1], axis=-1), np.cumsum(negatives[..., ::-1], axis=-1)


def _recalls(hits: Floats) -> Floats:
    return shares(hits, hits[..., -1:]) if hits.shape[-1] else hits


def _best(values: Floats, allowed: npt.NDArray[np.bool_]) -> Floats:
    """The largest value among those allowed."""
    if not values.shape[-1]:
        return np.full(values.shape[:-1], np.nan)
    best = np.where(allowed, np.nan_to_num(values, nan=-np.inf), -np.inf).max(axis=-1)
    return np.where(np.isfinite(best), best, np.nan)


def precision_at_recall(scores: Floats, positives: Floats, negatives: Floats, wish: float) -> Floats:
    """The best precision of a threshold whose recall is at least the wish."""
    hits, alarms = _falling(positives, negatives)
    return _best(shares(hits, hits + alarms), _recalls(hits) >= wish - _ROUNDING)


def recall_at_precision(scores: Floats, positives: Floats, negatives: Floats, wish: float) -> Floats:
    """The best recall of a threshold whose precision is at least the wish."""
    hits, alarms = _falling(positives, negatives)
    return _best(_recalls(hits), shares(hits, hits + alarms) >= wish - _ROUNDING)


def recall_at_false_positive_rate(scores: Floats, positives: Floats, negatives: Floats, wish: float) -> Floats:
    """The best recall of a threshold whose false positive rate is at most the wish; 0 if only none at all is."""
    hits, alarms = _falling(positives, negatives)
    found = _best(_recalls(hits), _recalls(alarms) <= wish + _ROUNDING)
    both = (positives.sum(axis=-1) > 0) & (negatives.sum(axis=-1) > 0)
    return np.where(both, np.nan_to_num(found), np.nan)


def sensitivity_at_specificity(scores: Floats, positives: Floats, negatives: Floats, wish: float) -> Floats:
    """The best recall of a threshold whose specificity is at least the wish."""
    return recall_at_false_positive_rate(scores, positives, negatives, 1 - wish)


def specificity_at_sensitivity(scores: Floats, positives: Floats, negatives: Floats, wish: float) -> Floats:
    """The best specificity of a threshold whose recall is at least the wish."""
    hits, alarms = _falling(positives, negatives)
    return _best(1 - _recalls(alarms), _recalls(hits) >= wish - _ROUNDING)


def threshold_at_recall(scores: Floats, positives: Floats, negatives: Floats, wish: float) -> Floats:
    """The highest threshold whose recall is at least the wish."""
    hits, _ = _falling(positives, negatives)
    return _best(np.broadcast_to(scores[::-1], hits.shape), _recalls(hits) >= wish - _ROUNDING)


def gain(scores: Floats, positives: Floats, negatives: Floats, wish: float) -> Floats:
    """The share of the positives that lies in that share of all rows with the highest scores.

    Where the border falls among rows of equal score, they count in proportion.
    """
    hits, alarms = _falling(positives, negatives)
    chosen = hits + alarms
    shape = chosen.shape[:-1]
    if not chosen.shape[-1]:
        return np.full(shape, np.nan)
    flat_hits, flat_chosen = hits.reshape(-1, hits.shape[-1]), chosen.reshape(-1, chosen.shape[-1])
    found = [
        np.interp(wish * rows[-1], np.concatenate(([0.0], rows)), np.concatenate(([0.0], right)))
        for right, rows in zip(flat_hits, flat_chosen, strict=True)
    ]
    return shares(np.array(found).reshape(shape), hits[..., -1])


def lift(scores: Floats, positives: Floats, negatives: Floats, wish: float) -> Floats:
    """The share of positives among the rows with the highest scores, over that among all rows."""
    return gain(scores, positives, negatives, wish) / wish


AT: Final[Mapping[str, Callable[[Floats, Floats, Floats, float], Floats]]] = {
    "precision_at_recall": precision_at_recall,
    "recall_at_precision": recall_at_precision,
    "sensitivity_at_specificity": sensitivity_at_specificity,
    "specificity_at_sensitivity": specificity_at_sensitivity,
    "recall_at_false_positive_rate": recall_at_false_positive_rate,
    "threshold_at_recall": threshold_at_recall,
    "lift": lift,
    "gain": gain,
}
"""Stem to function of scores, positives, negatives and the wish."""
