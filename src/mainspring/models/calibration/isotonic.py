"""Isotonic calibration: the best curve that only rises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np

from mainspring.data.transforms.ops import Interpolate
from mainspring.models.calibration.odds import against_rest, joined
from mainspring.models.calibration.ports import Floats, Ints

GAP: Final = 1e-6
"""Scores nearer than this are fitted as one: a curve that jumps between neighbours magnifies rounding errors."""


@dataclass(frozen=True, slots=True)
class Isotonic:
    """A curve of straight pieces through what was seen: any shape, as long as a higher score is never worth less.

    It needs more rows than :class:`Platt` (a thousand, say). Neighbouring scores whose order contradicts what
    happened are pooled. Blocks at the ends in which only one class was seen do not say 0 or 1: of ``n`` rows,
    ``1 / (n + 2)`` is kept for what was not seen. Two classes have one curve, for the second of them; of more,
    each has one against the rest, and the results are divided by their sum.

    Attributes:
        curves: Of each curve its points: scores, strictly ascending, and their probabilities. Between points it is
            straight, beyond the ends level.

    References:
        B. Zadrozny and C. Elkan, *Transforming classifier scores into accurate multiclass probability estimates*,
        KDD 2002; M. Ayer et al., *An empirical distribution function for sampling with incomplete information*,
        Annals of Mathematical Statistics 26 (1955), for the pooling.

    Example:
        >>> scores = np.array([0.1, 0.2, 0.3, 0.4])
        >>> Isotonic.fit(np.stack([1 - scores, scores], axis=1), np.array([0, 1, 0, 1])).curves[0]
        ((0.1, 0.2, 0.3, 0.4), (0.3333333333333333, 0.5, 0.5, 0.6666666666666667))
    """

    METHOD: ClassVar[str] = "isotonic"

    curves: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...]

    @classmethod
    def fit(cls, scores: Floats, truth: Ints, weights: Floats | None = None) -> Self:
        """Pool adjacent violators of every curve; see :class:`mainspring.models.calibration.ports.Calibrator`."""
        weight = np.ones(len(truth)) if weights is None else weights
        return cls(tuple(_fit_curve(scores[:, one], truth == one, weight) for one in against_rest(scores)))

    def apply(self, scores: Floats) -> Floats:
        """Calibrated probabilities."""
        ways = zip(against_rest(scores), self.lines, strict=True)
        return joined([np.clip(line.apply(scores[:, one]), 0.0, 1.0) for one, line in ways])

    @property
    def lines(self) -> tuple[Interpolate, ...]:
        """The curves, as an op that transforms and exporters know."""
        return tuple(
            Interpolate((f"score {one}",), f"curve {one}", *curve) for one, curve in enumerate(self.curves)
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"method": self.METHOD, "curves": [[list(at), list(to)] for at, to in self.curves]}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(tuple((tuple(at), tuple(to)) for at, to in value["curves"]))


def _fit_curve(score: Floats, is_class: Any, weights: Floats) -> tuple[tuple[float, ...], tuple[float, ...]]:
    at, weight, yes = _points(score, is_class, weights)
    first, last, mass, hits = _pooled(weight, yes)
    height = hits / mass
    _soften(height, mass)
    places = np.unique(np.concatenate([first, last]))
    block = np.searchsorted(first, places, side="right") - 1
    return tuple(at[places].tolist()), tuple(height[block].tolist())


def _points(score: Floats, is_class: Any, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Distinct scores, the weight at each, and how much of it is of the class."""
    distinct, codes = np.unique(score, return_inverse=True)
    if len(distinct) > 1 and float(np.diff(distinct).min()) < GAP:
        starts, place = [], 0
        while place < len(distinct):
            starts.append(place)
            place = int(np.searchsorted(distinct, distinct[place] + GAP))
        codes = np.searchsorted(np.array(starts), codes, side="right") - 1
        distinct = distinct[starts]
    weight, yes = (np.bincount(codes, each, len(distinct)) for each in (weights, weights * is_class))
    return distinct, weight.astype(np.float64), yes.astype(np.float64)


def _pooled(weight: Floats, yes: Floats) -> tuple[Ints, Ints, Floats, Floats]:
    """Blocks whose shares rise: first and last point, weight and weight of the class of each."""
    blocks: list[tuple[int, int, float, float]] = []
    for place, alone in enumerate(zip(weight.tolist(), yes.tolist(), strict=True)):
        first, (mass, hits) = place, alone
        # Compared without division, so that equal shares are pooled whatever their weights.
        while blocks and blocks[-1][3] * mass >= hits * blocks[-1][2]:
            before = blocks.pop()
            first, mass, hits = before[0], mass + before[2], hits + before[3]
        blocks.append((first, place, mass, hits))
    firsts, lasts, masses, all_hits = zip(*blocks, strict=True)
    return np.array(firsts), np.array(lasts), np.array(masses), np.array(all_hits)


def _soften(height: Floats, mass: Floats) -> None:
    """Keep a share for the unseen at ends of 0 or 1, as far as the curve goes on rising."""
    low, high = height[0], height[-1]
    if low == 0.0:
        height[0] = min(1.0 / (mass[0] + 2.0), *height[1:2])
    if high == 1.0:
        height[-1] = max(1.0 - 1.0 / (mass[-1] + 2.0), *height[-2:-1])
