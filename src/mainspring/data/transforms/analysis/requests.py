"""Requests: what an op needs to know of all training rows, before it is known.

A request names the values that it looks at, the summary that a full pass keeps of them, and the answer that it
reads from the summary of all rows. Requests for the same summary of the same values share one.
"""

from __future__ import annotations

import itertools
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from mainspring.data.transforms.analysis.covariance import Covariance
from mainspring.data.transforms.analysis.grouped import KeyedMoments, TargetSums
from mainspring.data.transforms.analysis.summaries import Distribution, Moments
from mainspring.data.transforms.analysis.words import Words

LABEL: Final = "label of the row\0"
"""The name of the value that holds the label as a number."""
FOLDS: Final = "fold of the row \0"
"""The name of the value that holds the fold of a row starts so: see :func:`fold_name`."""


def fold_name(folds: int, columns: tuple[str, ...]) -> str:
    """The name of the value that holds the fold of a row, as the columns decide it."""
    return FOLDS + json.dumps([folds, *columns])


def folds_in(name: str) -> tuple[int, tuple[str, ...]]:
    """How many folds there are and which columns decide, from the name of the value."""
    folds, *columns = json.loads(name.removeprefix(FOLDS))
    return folds, tuple(columns)


@dataclass(frozen=True, slots=True)
class Request(ABC):
    """What is asked of all training rows.

    Attributes:
        of: Names of the values that are looked at.
        SUMMARY: What a pass keeps of them.
    """

    of: tuple[str, ...]

    SUMMARY: ClassVar[type[Any]] = Moments

    @abstractmethod
    def answer(self, summary: Any) -> Any:
        """The constant, from the summary of all rows."""


@dataclass(frozen=True, slots=True)
class Mean(Request):
    """The mean; 0.0 if there is no number."""

    def answer(self, summary: Any) -> Any:
        """The mean."""
        return summary.mean


@dataclass(frozen=True, slots=True)
class Deviation(Request):
    """The population standard deviation; 1.0 for a constant or no number."""

    def answer(self, summary: Any) -> Any:
        """The deviation."""
        return summary.deviation


@dataclass(frozen=True, slots=True)
class Minimum(Request):
    """The least finite number; 0.0 if there is none."""

    def answer(self, summary: Any) -> Any:
        """The least number."""
        return summary.low


@dataclass(frozen=True, slots=True)
class Maximum(Request):
    """The greatest finite number; 0.0 if there is none."""

    def answer(self, summary: Any) -> Any:
        """The greatest number."""
        return summary.high


@dataclass(frozen=True, slots=True)
class Extent(Request):
    """The greatest number less the least; 1.0 for a constant or no number."""

    def answer(self, summary: Any) -> Any:
        """The difference."""
        return summary.high - summary.low or 1.0


@dataclass(frozen=True, slots=True)
class Quantile(Request):
    """The quantile at a share of the rows; ``empty`` if there is no number."""

    share: float
    empty: float | None = 0.0

    SUMMARY: ClassVar[type[Any]] = Distribution

    def answer(self, summary: Any) -> Any:
        """The quantile."""
        return float(summary.quantiles.at(self.share)) if summary.quantiles.values else self.empty


@dataclass(frozen=True, slots=True)
class QuantileRange(Request):
    """The difference of two quantiles; 1.0 if it is 0 or there is no number."""

    low: float = 0.25
    high: float = 0.75

    SUMMARY: ClassVar[type[Any]] = Distribution

    def answer(self, summary: Any) -> Any:
        """The difference."""
        found = summary.quantiles
        return float(found.at(self.high) - found.at(self.low)) or 1.0 if found.values else 1.0


@dataclass(frozen=True, slots=True)
class MostFrequentNumber(Request):
    """The number that most rows hold, the least of several; 0.0 if there is none."""

    SUMMARY: ClassVar[type[Any]] = Distribution

    def answer(self, summary: Any) -> Any:
        """The mode. Beyond 1,000 different numbers it is that of the points that stand for them."""
        found = summary.quantiles
        pairs = zip(found.weights, found.values, strict=True)
        return float(max(pairs, key=lambda pair: pair[0], default=(0, 0.0))[1])


@dataclass(frozen=True, slots=True)
class Edges(Request):
    """The different quantiles that cut the rows into so many buckets of about the same size."""

    buckets: int

    SUMMARY: ClassVar[type[Any]] = Distribution

    def answer(self, summary: Any) -> Any:
        """The edges, ascending, at most ``buckets - 1``."""
        found = summary.quantiles
        if not found.values:
            return ()
        return tuple(sorted({float(found.at(place / self.buckets)) for place in range(1, self.buckets)}))


@dataclass(frozen=True, slots=True)
class Count(Request):
    """How many rows hold a finite number."""

    def answer(self, summary: Any) -> Any:
        """The count."""
        return summary.count


@dataclass(frozen=True, slots=True)
class Variance(Request):
    """The population variance; 0.0 for a constant or no number."""

    def answer(self, summary: Any) -> Any:
        """The variance."""
        return summary.squares / summary.count if summary.count else 0.0


@dataclass(frozen=True, slots=True)
class Histogram(Request):
    """How many rows lie in each of so many ranges of equal width, from the least to the greatest number.

    Exact up to 1,000 different numbers; of the points that stand for them beyond.
    """

    buckets: int = 10

    SUMMARY: ClassVar[type[Any]] = Distribution

    def answer(self, summary: Any) -> Any:
        """The edges, and the rows in each range; the last one holds its upper edge too."""
        import numpy as np

        found = summary.quantiles
        if not found.values:
            return (), ()
        rows, edges = np.histogram(found.values, bins=self.buckets, weights=found.weights)
        return tuple(edges.tolist()), tuple(rows.tolist())


@dataclass(frozen=True, slots=True)
class WordCounts(Request):
    """How many rows hold each word, the most frequent first, then by the word."""

    top: int | None = None

    SUMMARY: ClassVar[type[Any]] = Words

    def answer(self, summary: Any) -> Any:
        """Word to rows."""
        return dict(itertools.islice(summary.counts.items(), self.top))


@dataclass(frozen=True, slots=True)
class CovarianceMatrix(Request):
    """The population covariances of the columns of a value."""

    SUMMARY: ClassVar[type[Any]] = Covariance

    def answer(self, summary: Any) -> Any:
        """For each column, with each column."""
        return tuple(tuple(product / summary.count for product in row) for row in summary.products)


@dataclass(frozen=True, slots=True)
class Vocabulary(Request):
    """The most frequent words: in descending order of frequency, then by the word. Empty words and those with line
    breaks are words like any other.
    """

    top: int | None = None
    min_count: int = 1

    SUMMARY: ClassVar[type[Any]] = Words

    def answer(self, summary: Any) -> Any:
        """The words."""
        kept = [word for word, count in summary.counts.items() if count >= self.min_count]
        return tuple(kept[: self.top])


@dataclass(frozen=True, slots=True)
class WordShares(Request):
    """The share of the rows with a word that hold each word of the vocabulary."""

    top: int | None = None
    min_count: int = 1

    SUMMARY: ClassVar[type[Any]] = Words

    def answer(self, summary: Any) -> Any:
        """One share per word."""
        kept = [count for count in summary.counts.values() if count >= self.min_count]
        return tuple(count / summary.total for count in kept[: self.top])


@dataclass(frozen=True, slots=True)
class MostFrequentWord(Request):
    """The word that most rows hold, the first in order of several; empty if there is none."""

    SUMMARY: ClassVar[type[Any]] = Words

    def answer(self, summary: Any) -> Any:
        """The word."""
        return next(iter(summary.counts), "")


@dataclass(frozen=True, slots=True)
class Idf(Request):
    """``1 + log((N + 1) / (df + 1))`` for every word of the vocabulary."""

    top: int | None = None
    min_count: int = 1

    SUMMARY: ClassVar[type[Any]] = Words

    def answer(self, summary: Any) -> Any:
        """One number per word."""
        import math

        kept = [count for count in summary.counts.values() if count >= self.min_count]
        return tuple(1.0 + math.log((summary.rows + 1) / (count + 1)) for count in kept[: self.top])


@dataclass(frozen=True, slots=True)
class KeyFigures(Request):
    """What a group's scaling needs: ``keys``, and for each its ``mean``, ``deviation``, ``low`` or ``extent``.

    With ``whole``, the figure of all rows instead.
    """

    figure: str
    whole: bool = False

    SUMMARY: ClassVar[type[Any]] = KeyedMoments

    def answer(self, summary: Any) -> Any:
        """The keys, one figure per key, or the figure of all rows."""
        if self.figure == "keys":
            return tuple(summary.keys)
        if self.whole:
            return self._figure(summary.whole)
        return tuple(self._figure(moments) for moments in summary.keys.values())

    def _figure(self, moments: Moments) -> float:
        extent = moments.high - moments.low or 1.0
        figures = {"mean": moments.mean, "deviation": moments.deviation, "low": moments.low, "extent": extent}
        return figures[self.figure]


@dataclass(frozen=True, slots=True)
class TargetFigures(Request):
    """Smoothed means of the label: see :class:`~mainspring.data.transforms.ops.TargetMean` for the figures."""

    figure: str
    smoothing: float

    SUMMARY: ClassVar[type[Any]] = TargetSums

    def answer(self, summary: Any) -> Any:
        """``words``, ``numbers``, ``mean``, ``fold_numbers`` or ``fold_means``."""
        words = sorted({word for counted in summary.rows for word in counted})
        folds = range(len(summary.all_rows))
        if self.figure == "words":
            return tuple(words)
        if self.figure == "mean":
            return _mean(sum(summary.all_sums), sum(summary.all_rows), 0.0)
        if self.figure == "numbers":
            return self._numbers(summary, words, folds)
        others = [[other for other in folds if other != fold] for fold in folds]
        if self.figure == "fold_means":
            return tuple(_overall(summary, kept) for kept in others)
        return tuple(self._numbers(summary, words, kept) for kept in others)

    def _numbers(self, summary: Any, words: list[str], folds: Any) -> tuple[float, ...]:
        mean = _overall(summary, folds)
        found = []
        for word in words:
            rows = sum(summary.rows[fold].get(word, 0) for fold in folds)
            total = sum(summary.sums[fold].get(word, 0.0) for fold in folds)
            found.append(_mean(total + self.smoothing * mean, rows + self.smoothing, mean))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Components(Request):
    """Principal components: the directions of the greatest variance, each with its largest part positive.

    With ``number`` 0 the means of the columns instead.
    """

    number: int

    SUMMARY: ClassVar[type[Any]] = Covariance

    def answer(self, summary: Any) -> Any:
        """The means, or the directions in descending order of variance."""
        import numpy as np

        if not self.number:
            return summary.means
        if not summary.count:
            return ()
        _, vectors = np.linalg.eigh(np.array(summary.products) / summary.count)
        picked = vectors[:, ::-1][:, : self.number].T
        largest = np.take_along_axis(picked, np.abs(picked).argmax(axis=1)[:, None], axis=1)
        return tuple(map(tuple, (picked * np.sign(largest)).tolist()))


def _overall(summary: Any, folds: Any) -> float:
    rows, total = sum(summary.all_rows[fold] for fold in folds), sum(summary.all_sums[fold] for fold in folds)
    return _mean(total, rows, _mean(sum(summary.all_sums), sum(summary.all_rows), 0.0))


def _mean(total: float, rows: float, otherwise: float) -> float:
    return total / rows if rows else otherwise
