"""Whether inputs still hang together with the prediction as they did when the model was made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, rankdata

from mainspring.data import Table
from mainspring.data.comparison import benjamini_hochberg
from mainspring.data.profiling import spread_rows
from mainspring.monitoring.skew.material import Material, scores_of

MOST_ROWS: Final = 10_000
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
    ours, theirs = material.answered, spread_rows(material.rows, MOST_ROWS)
    scores = [name for name in scores_of(theirs) if name in ours.names][:_MOST_SCORES]
    inputs = [name for name in material.inputs if name in ours.names and name in theirs.names]
    usual = _usual(ours, tuple(scores), tuple(inputs))
    found: list[Relation] = []
    for score in scores:
        side = _Side.of(theirs, score)
        for name in inputs:
            one = _related(name, usual[score, name], side)
            found += [] if one is None else [one]
    adjusted = benjamini_hochberg([one.p_value for one in found])
    return tuple(replace(one, adjusted_p=p_value) for one, p_value in zip(found, adjusted, strict=True))


@dataclass(frozen=True, slots=True)
class _Side:
    """Rows of the reference, or of the window, with one score.

    Attributes:
        rows: The rows.
        score: The column.
        values: Its values.
        ranks: The ranks of these, with mean 0 and length 1, if none is missing.
    """

    rows: Table
    score: str
    values: npt.NDArray[np.float64]
    ranks: npt.NDArray[np.float64] | None

    @classmethod
    def of(cls, rows: Table, score: str) -> _Side:
        values = rows.column(score)
        return cls(rows, score, values, _ranks(values) if np.isfinite(values).all() else None)

    def correlation(self, column: npt.NDArray[np.float64]) -> tuple[float, int] | None:
        """Spearman's coefficient with a column, over the rows that have both, and how many these are."""
        there = np.isfinite(column)
        if self.ranks is not None and there.all():
            one, other = _ranks(column), self.ranks
        else:
            there &= np.isfinite(self.values)
            one, other = _ranks(column[there]), _ranks(self.values[there])
        if len(one) < LEAST_ROWS:
            return None
        found = float((one * other).sum())
        return min(max(found, -_INSIDE), _INSIDE), len(one)


def _ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Ranks with mean 0 and length 1; all 0 of values that do not vary."""
    if not len(values):
        return values
    ranks: npt.NDArray[np.float64] = rankdata(values)
    ranks = ranks - ranks.mean()
    size = math.sqrt(float((ranks * ranks).sum()))
    return ranks / size if size > 0 else ranks


@dataclass(frozen=True, slots=True, kw_only=True)
class _Usual:
    """How an input hangs together with a score in the reference.

    Attributes:
        words: Whether it holds words.
        codes: What each word stands for; ``None`` of numbers, and of very many words.
        correlation: The coefficient, and the number of rows that have both.
    """

    words: bool
    codes: Mapping[Any, float] | None = None
    correlation: tuple[float, int] | None = None


@lru_cache(maxsize=4)
def _usual(rows: Table, scores: tuple[str, ...], inputs: tuple[str, ...]) -> dict[tuple[str, str], _Usual]:
    """By score and input; looked at once for many windows."""
    ours = spread_rows(rows, MOST_ROWS)
    found = {}
    for score in scores:
        side = _Side.of(ours, score)
        for name in inputs:
            column = ours.column(name)
            codes = _codes(column, side.values)
            words = column.dtype == object
            if words and codes is not None:
                column = _coded(column, codes)
            known = not words or codes is not None
            correlation = side.correlation(column) if known else None
            found[score, name] = _Usual(words=words, codes=codes, correlation=correlation)
    return found


def _related(name: str, before: _Usual, after: _Side) -> Relation | None:
    column = after.rows.column(name)
    if before.words or column.dtype == object:
        if before.codes is None:
            return None
        column = _coded(column, before.codes)
    ours, theirs = before.correlation, after.correlation(column)
    if ours is None or theirs is None:
        return None
    spread = math.sqrt(_SPEARMAN / (ours[1] - 3) + _SPEARMAN / (theirs[1] - 3))
    alone = 1.959963984540054 * math.sqrt(_SPEARMAN / (theirs[1] - 3))
    middle = math.atanh(theirs[0])
    return Relation(
        column=name,
        score=after.score,
        before=ours[0],
        after=theirs[0],
        low=math.tanh(middle - alone),
        high=math.tanh(middle + alone),
        p_value=float(2 * norm.sf(abs(math.atanh(ours[0]) - middle) / spread)),
    )


def _codes(words: npt.NDArray[Any], score: npt.NDArray[np.float64]) -> dict[Any, float] | None:
    """What each word stands for: the mean score of its rows; ``None`` of a column with very many words."""
    if words.dtype != object:
        return None
    listed = ["" if word is None else str(word) for word in words.tolist()]
    known = {word: place for place, word in enumerate(dict.fromkeys(listed))}
    if len(known) > _MOST_WORDS:
        return None
    places, there = np.array([known[word] for word in listed]), np.isfinite(score)
    sums = np.bincount(places[there], weights=score[there], minlength=len(known))
    counts = np.bincount(places[there], minlength=len(known))
    means = np.divide(sums, counts, out=np.full(len(known), np.nan), where=counts > 0)
    return dict(zip(known, means.tolist(), strict=True))


def _coded(words: npt.NDArray[Any], codes: Mapping[Any, float]) -> npt.NDArray[np.float64]:
    return np.array([codes.get("" if word is None else str(word), math.nan) for word in words.tolist()])
