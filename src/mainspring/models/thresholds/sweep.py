"""What every cutoff comes to: hits and errors, and the figures made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """Hits and errors at cutoffs; a row is answered with the positive class from its cutoff on.

    Attributes:
        at: The cutoffs, ascending: one below all scores, one between each two that differ, one above all.
        hits: Weight of the positive rows at or above each cutoff, ``[…, cutoffs]``.
        alarms: Weight of the other rows there.
        positives: Weight of all positive rows, ``[…, 1]``.
        others: Weight of all others.

    Example:
        >>> sweep = Sweep.of(np.array([0.2, 0.4, 0.4, 0.9]), np.array([False, True, False, True]))
        >>> sweep.at.round(3).tolist(), sweep.hits.tolist(), sweep.alarms.tolist()
        ([0.0, 0.3, 0.65, 0.95], [2.0, 2.0, 1.0, 0.0], [2.0, 1.0, 0.0, 0.0])
    """

    at: Floats
    hits: Floats
    alarms: Floats
    positives: Floats
    others: Floats

    @classmethod
    def of(cls, scores: Floats, positive: npt.NDArray[np.bool_], weights: Floats | None = None) -> Self:
        """Count rows at every cutoff that tells some of them apart.

        Args:
            scores: Probabilities of the positive class, ``[n]``, finite, at least one.
            positive: Which rows are of it.
            weights: What each row counts; 1 without it.
        """
        distinct, codes = np.unique(scores, return_inverse=True)
        weight = np.ones(len(scores)) if weights is None else weights
        return cls.counted(cutoffs_between(distinct), codes, positive, weight)

    @classmethod
    def counted(
        cls, at: Floats, codes: npt.NDArray[np.int64], positive: npt.NDArray[np.bool_], weights: Floats
    ) -> Self:
        """From rows that lie between cutoffs: ``codes[i]`` is the score of row ``i`` among the distinct ones."""
        scores = len(at) - 1
        hits, alarms = (
            np.bincount(codes, weights * one, scores).astype(np.float64) for one in (positive, ~positive)
        )
        return cls(at, _at_or_above(hits), _at_or_above(alarms), _total(hits), _total(alarms))


def cutoffs_between(distinct: Floats) -> Floats:
    """Cutoffs half-way between scores: one that lay on a score would depend on how the score is rounded."""
    between = distinct[:-1] + (distinct[1:] - distinct[:-1]) / 2
    between = np.where(between > distinct[:-1], between, distinct[1:])
    last = distinct[-1]
    above = (last + 1.0) / 2 if last < 1.0 else np.nextafter(last, np.inf)
    cutoffs: Floats = np.concatenate([[0.0], between, [above]])
    return cutoffs


def figure(sweep: Sweep, name: str) -> Floats:
    """A figure at every cutoff, ``[…, cutoffs]``; NaN where it does not exist.

    Raises:
        InputError: If there is no such figure.
    """
    stem, _, parameter = name.partition("@")
    if stem == "fbeta":
        return _fbeta(sweep, _number(name, parameter))
    if stem not in FIGURES or parameter:
        near = get_close_matches(stem, [*FIGURES, "fbeta"], n=1)
        raise InputError(
            f"there is no figure {name!r}" + (f", perhaps {near[0]!r}" if near else ""),
            expected="one of " + ", ".join([*FIGURES, "fbeta@2"]),
        )
    return FIGURES[stem](sweep)


def _number(name: str, text: str) -> float:
    try:
        beta = float(text)
    except ValueError:
        beta = 0.0
    if beta <= 0:
        raise InputError(f"{name!r} says no weight of recall", expected="a number above 0, such as fbeta@2")
    return beta


def _ratio(top: Any, bottom: Any) -> Floats:
    top, bottom = np.broadcast_arrays(np.asarray(top, np.float64), np.asarray(bottom, np.float64))
    out = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=out, where=bottom > 0)
    return out


def _precision(sweep: Sweep) -> Floats:
    return _ratio(sweep.hits, sweep.hits + sweep.alarms)


def _recall(sweep: Sweep) -> Floats:
    return _ratio(sweep.hits, sweep.positives)


def _alarm_rate(sweep: Sweep) -> Floats:
    return _ratio(sweep.alarms, sweep.others)


def _positive_rate(sweep: Sweep) -> Floats:
    return _ratio(sweep.hits + sweep.alarms, sweep.positives + sweep.others)


def _accuracy(sweep: Sweep) -> Floats:
    return _ratio(sweep.hits + sweep.others - sweep.alarms, sweep.positives + sweep.others)


def _fbeta(sweep: Sweep, beta: float) -> Floats:
    square = beta * beta
    return _ratio((1 + square) * sweep.hits, square * sweep.positives + sweep.hits + sweep.alarms)


def _youden(sweep: Sweep) -> Floats:
    """W. J. Youden, *Index for rating diagnostic tests*, Cancer 3 (1950)."""
    return _recall(sweep) - _alarm_rate(sweep)


def _mcc(sweep: Sweep) -> Floats:
    """B. W. Matthews, *Comparison of the predicted and observed structure of T4 phage lysozyme* (1975)."""
    missed, quiet = sweep.positives - sweep.hits, sweep.others - sweep.alarms
    chosen, left = sweep.hits + sweep.alarms, missed + quiet
    # Sums of weights may come out a little below 0.
    root = np.sqrt(np.maximum(chosen * left * sweep.positives * sweep.others, 0.0))
    return _ratio(sweep.hits * quiet - sweep.alarms * missed, root)


FIGURES: Final[Mapping[str, Callable[[Sweep], Floats]]] = {
    "accuracy": _accuracy,
    "balanced_accuracy": lambda sweep: (1.0 + _youden(sweep)) / 2,
    "f1": lambda sweep: _fbeta(sweep, 1.0),
    "false_negative_rate": lambda sweep: 1.0 - _recall(sweep),
    "false_positive_rate": _alarm_rate,
    "mcc": _mcc,
    "positive_rate": _positive_rate,
    "precision": _precision,
    "recall": _recall,
    "specificity": lambda sweep: 1.0 - _alarm_rate(sweep),
    "youden": _youden,
}
"""By name, beside ``fbeta@2``."""

LESS_IS_BETTER: Final = frozenset({"false_negative_rate", "false_positive_rate", "positive_rate"})
"""Figures that a limit holds down."""


def _at_or_above(weights: Floats) -> Floats:
    sums = np.cumsum(weights[..., ::-1], axis=-1)[..., ::-1]
    reached: Floats = np.concatenate([sums, np.zeros((*sums.shape[:-1], 1))], axis=-1)
    return reached


def _total(weights: Floats) -> Floats:
    total: Floats = weights.sum(axis=-1, keepdims=True)
    return total
