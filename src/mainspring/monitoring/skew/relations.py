"""Whether inputs still hang together with the prediction as they did when the model was made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, rankdata

from mainspring.data.comparison import benjamini_hochberg
from mainspring.data.profiling import spread_rows
from mainspring.monitoring.skew.material import Material, scores_of

MOST_ROWS: Final = 20_000
"""Of more rows so many are looked at, spread evenly."""
LEAST_ROWS: Final = 30

_MOST_WORDS: Final = 50
_MOST_SCORES: Final = 10
_SPEARMAN: Final = 1.06
"""The variance of the Fisher transform of Spearman's coefficient is this over n - 3 (E. C. Fieller, H. O. Hartley
and E. S. Pearson, *Tests for rank correlation coefficients I*, Biometrika 1957)."""
_INSIDE: Final = 0.999999


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """How an input hangs together with a score, then and now: Spearman's coefficients.

    Attributes:
        column: The input; words stand for the mean score that they had in the reference.
        score: The column of the score.
        before: In the rows of the reference.
        after: In the window.
        low: Where that lies at least, with 95 % confidence.
        high: Where it lies at most.
        p_value: How likely so large a difference is by chance alone (R. A. Fisher's transform), before correction.
        adjusted_p: After it (Benjamini and Hochberg, 1995), over all inputs and scores.
    """

    column: str
    score: str
    before: float
    after: float
    low: float
    high: float
    p_value: float
    adjusted_p: float = math.nan

    @property
    def moved(self) -> float:
        """How far the coefficient moved."""
        return abs(self.after - self.before)


def relate(material: Material) -> tuple[Relation, ...]:
    """Every input with every score; none if the reference has no rows, or either side fewer than 30 of a pair."""
    if material.answered is None:
        return ()
    ours, theirs = spread_rows(material.answered, MOST_ROWS), spread_rows(material.rows, MOST_ROWS)
    scores = [name for name in scores_of(theirs) if name in ours.names][:_MOST_SCORES]
    inputs = [name for name in material.inputs if name in ours.names and name in theirs.names]
    before = {name: ours.column(name) for name in (*inputs, *scores)}
    after = {name: theirs.column(name) for name in (*inputs, *scores)}
    found = [
        one for score in scores for name in inputs if (one := _related(name, score, before, after)) is not None
    ]
    adjusted = benjamini_hochberg([one.p_value for one in found])
    return tuple(replace(one, adjusted_p=p_value) for one, p_value in zip(found, adjusted, strict=True))


def _related(
    name: str, score: str, before: Mapping[str, npt.NDArray[Any]], after: Mapping[str, npt.NDArray[Any]]
) -> Relation | None:
    codes = None
    if before[name].dtype == object or after[name].dtype == object:
        codes = _codes(before[name], before[score])
        if codes is None:
            return None
    pairs = []
    for side in (before, after):
        pair = _pair(side[name] if codes is None else _coded(side[name], codes), side[score])
        if pair is None:
            return None
        pairs.append(pair)
    (ours, rows), (theirs, served) = pairs
    spread = math.sqrt(_SPEARMAN / (rows - 3) + _SPEARMAN / (served - 3))
    alone = 1.959963984540054 * math.sqrt(_SPEARMAN / (served - 3))
    middle = math.atanh(theirs)
    return Relation(
        column=name,
        score=score,
        before=ours,
        after=theirs,
        low=math.tanh(middle - alone),
        high=math.tanh(middle + alone),
        p_value=float(2 * norm.sf(abs(math.atanh(ours) - middle) / spread)),
    )


def _pair(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> tuple[float, int] | None:
    """Spearman's coefficient of two columns over the rows that have both, and how many these are.

    A column that does not vary hangs together with nothing.
    """
    both = np.isfinite(one) & np.isfinite(other)
    rows = int(both.sum())
    if rows < LEAST_ROWS:
        return None
    ranks = rankdata(one[both]), rankdata(other[both])
    first, second = (rank - rank.mean() for rank in ranks)
    size = math.sqrt(float(first @ first) * float(second @ second))
    found = float(first @ second) / size if size > 0 else 0.0
    return min(max(found, -_INSIDE), _INSIDE), rows


def _codes(words: npt.NDArray[Any], score: npt.NDArray[np.float64]) -> dict[Any, float] | None:
    """What each word stands for: the mean score of its rows; ``None`` of a column with very many words."""
    if words.dtype != object:
        return None
    known, places = np.unique(np.array(["" if word is None else str(word) for word in words]), return_inverse=True)
    if len(known) > _MOST_WORDS:
        return None
    there = np.isfinite(score)
    sums = np.bincount(places[there], weights=score[there], minlength=len(known))
    counts = np.bincount(places[there], minlength=len(known))
    means = np.divide(sums, counts, out=np.full(len(known), np.nan), where=counts > 0)
    return dict(zip(known.tolist(), means.tolist(), strict=True))


def _coded(words: npt.NDArray[Any], codes: Mapping[Any, float]) -> npt.NDArray[np.float64]:
    found = (codes.get("" if word is None else str(word), math.nan) for word in words)
    return np.fromiter(found, np.float64, count=len(words))
