"""Making probabilities right: rising curves learned from rows whose truth is known, if there is anything to gain.

Reference: B. Zadrozny and C. Elkan, *Transforming classifier scores into accurate multiclass probability
estimates*, KDD (2002): one isotonic curve for each class against the rest, and probabilities that add up to 1
again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

from mainspring.monitoring.quality.reliability import measure_reliability

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

FOLDS: Final = 5
LEVEL: Final = 0.05
"""How unlikely by chance the errors of probabilities must be for them to be calibrated."""

_GAP: Final = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Calibrator:
    """Curves from the model's probabilities to better ones.

    Attributes:
        curves: For each class its scores, ascending, and the probabilities at them; of two classes only the second
            has one. Nothing if the probabilities are taken as they are.
    """

    curves: tuple[tuple[Floats, Floats], ...] = ()

    @classmethod
    def fit(cls, scores: Floats, truth: Ints, weights: Floats | None = None) -> Calibrator:
        """Learn isotonic curves, one for each class against the rest.

        Args:
            scores: Probabilities of the classes, ``[rows, classes]``.
            truth: Index of the true class, ``[rows]``.
            weights: Of the rows, ``[rows]``; every row weighs 1 without.
        """
        places = range(1, 2) if scores.shape[1] == 2 else range(scores.shape[1])
        weight = np.ones(len(truth)) if weights is None else weights
        return cls(tuple(_curve(scores[:, place], truth == place, weight) for place in places))

    def apply(self, scores: Floats) -> Floats:
        """Calibrated probabilities, ``[rows, classes]``; each row adds up to 1."""
        if not self.curves:
            plain: Floats = scores / scores.sum(axis=1, keepdims=True)
            return plain
        if scores.shape[1] == 2:
            ((at, to),) = self.curves
            second: Floats = np.interp(scores[:, 1], at, to)
            return np.column_stack([1 - second, second])
        found = np.column_stack([np.interp(scores[:, k], *curve) for k, curve in enumerate(self.curves)])
        total = found.sum(axis=1, keepdims=True)
        made: Floats = np.where(total > _GAP, found / np.maximum(total, _GAP), 1.0 / found.shape[1])
        return made


def calibrate_if_needed(scores: Floats, truth: Ints, *, seed: int = 0) -> Calibrator:
    """Curves, if the probabilities are not right, and the curves make those of other rows better; none otherwise.

    Not right is what the test of Hosmer and Lemeshow says at 5 % (over all classes), better is a smaller Brier
    score over five folds.

    Args:
        scores: Probabilities of the classes, ``[rows, classes]``.
        truth: Index of the true class, ``[rows]``.
        seed: Of the folds.

    Example:
        >>> random = np.random.default_rng(0)
        >>> chance = random.random(4_000)
        >>> truth = (random.random(4_000) < chance).astype(np.int64)
        >>> right, squared = (np.column_stack([1 - one, one]) for one in (chance, chance**2))
        >>> len(calibrate_if_needed(right, truth).curves), len(calibrate_if_needed(squared, truth).curves)
        (0, 1)
    """
    if len(truth) < 2 * FOLDS:
        return Calibrator()
    if not _wrong(scores, truth):
        return Calibrator()
    folds = np.random.default_rng(seed).permutation(np.arange(len(truth)) % FOLDS)
    plain = Calibrator().apply(scores)
    gain = np.empty(len(truth))
    for fold in range(FOLDS):
        rest, held = folds != fold, folds == fold
        better = Calibrator.fit(scores[rest], truth[rest]).apply(scores[held])
        gain[held] = _brier(plain[held], truth[held]) - _brier(better, truth[held])
    return Calibrator.fit(scores, truth) if float(gain.mean()) > 0 else Calibrator()


def resampled(
    scores: Floats, truth: Ints, *, times: int, seed: int, weights: Floats | None = None
) -> list[Calibrator]:
    """Curves learned from rows drawn again, to see how far the curves themselves can be trusted.

    Args:
        scores: As for :meth:`Calibrator.fit`.
        truth: Likewise.
        times: How many.
        seed: Of the draws: each row is drawn Poisson(1) times.
        weights: As for :meth:`Calibrator.fit`.
    """
    random = np.random.default_rng(seed)
    found = []
    for _ in range(times):
        drawn = random.poisson(1.0, len(truth)).astype(np.float64)
        weight = drawn if weights is None else drawn * weights
        kept = weight > 0
        found.append(Calibrator.fit(scores[kept], truth[kept], weight[kept]))
    return found


def _wrong(scores: Floats, truth: Ints) -> bool:
    places = range(1, 2) if scores.shape[1] == 2 else range(scores.shape[1])
    found = [measure_reliability(scores[:, k], (truth == k).astype(np.float64)).p_value for k in places]
    return min(found) <= LEVEL / len(found)


def _curve(score: Floats, is_class: npt.NDArray[np.bool_], weights: Floats) -> tuple[Floats, Floats]:
    at, codes = np.unique(score, return_inverse=True)
    weight = np.bincount(codes, weights, len(at))
    share = np.bincount(codes, weights * is_class, len(at)) / weight
    to: Floats = np.clip(isotonic_regression(share, weights=weight).x, 0.0, 1.0)
    # Points within a level stretch change nothing.
    bends = np.ones(len(at), dtype=np.bool_)
    bends[1:-1] = (to[1:-1] != to[:-2]) | (to[1:-1] != to[2:])
    return at[bends], to[bends]


def _brier(probabilities: Floats, truth: Ints) -> Floats:
    found: Floats = ((probabilities - np.eye(probabilities.shape[1])[truth]) ** 2).sum(axis=1)
    return found
