"""Requests about groups of rows and about several columns together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from mainspring.core.errors import InputError
from mainspring.data.transforms.analysis.asking import Request
from mainspring.data.transforms.analysis.covariance import Covariance
from mainspring.data.transforms.analysis.grouped import KeyedMoments, TargetSums
from mainspring.data.transforms.analysis.summaries import Moments


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
class CovarianceMatrix(Request):
    """The population covariances of the columns of a value."""

    SUMMARY: ClassVar[type[Any]] = Covariance

    def answer(self, summary: Any) -> Any:
        """For each column, with each column."""
        return tuple(tuple(product / summary.count for product in row) for row in summary.products)


@dataclass(frozen=True, slots=True)
class Components(Request):
    """Principal components: the directions of the greatest variance, each with its largest part positive.

    With ``number`` 0 the means of the columns instead.
    """

    number: int

    SUMMARY: ClassVar[type[Any]] = Covariance

    def answer(self, summary: Any) -> Any:
        """The means, or the directions in descending order of variance.

        Raises:
            InputError: If no row has all numbers, or there are more components than columns.
        """
        import numpy as np

        if not 0 <= self.number <= max(len(summary.means), 1):
            raise InputError(
                f"{self.number} components of {len(summary.means)} columns", expected="at most one per column"
            )
        if not summary.count:
            raise InputError(
                f"no row has all the numbers of {self.of[0]!r}",
                where="pca",
                expected="rows without missing numbers",
                fix="impute before: c.concat(c.numeric().impute()).pca(2)",
            )
        if not self.number:
            return summary.means
        _, vectors = np.linalg.eigh(np.array(summary.products) / summary.count)
        picked = vectors[:, ::-1][:, : self.number].T
        largest = np.take_along_axis(picked, np.abs(picked).argmax(axis=1)[:, None], axis=1)
        return tuple(map(tuple, (picked * np.sign(largest)).tolist()))


def _overall(summary: Any, folds: Any) -> float:
    rows, total = sum(summary.all_rows[fold] for fold in folds), sum(summary.all_sums[fold] for fold in folds)
    return _mean(total, rows, _mean(sum(summary.all_sums), sum(summary.all_rows), 0.0))


def _mean(total: float, rows: float, otherwise: float) -> float:
    return total / rows if rows else otherwise
