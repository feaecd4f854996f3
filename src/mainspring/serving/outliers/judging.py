"""Judging rows: a score of each, whether it is too high, and which columns are the reason."""

from __future__ import annotations

from typing import Final, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from mainspring.serving.outliers.encoding import RowEncoder
from mainspring.serving.outliers.judged import Columns, Outliers
from mainspring.serving.outliers.options import Method

MOST_NAMED: Final = 3
"""At most so many columns are named as the reason of a row."""
_PART: Final = 0.1


class Scorer(Protocol):
    """Says how far encoded rows are from usual ones. Safe for threads."""

    def score(self, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Of each row of ``[rows, columns]``; higher is further."""
        ...


class Source(Protocol):
    """Says how far rows are from usual ones, and which columns make them so. Safe for threads."""

    columns: tuple[str, ...]

    def scores(self, columns: Columns) -> npt.NDArray[np.float64]:
        """Of each row, ``[rows]``; higher is further."""
        ...

    def blame(self, columns: Columns) -> npt.NDArray[np.float64]:
        """How much each column has to do with it, 0 or more, ``[rows, columns]``."""
        ...


class Encoded:
    """Scores rows by their encoding. Safe for threads.

    Args:
        encoder: Makes a matrix of them.
        scorer: Scores that.
    """

    def __init__(self, encoder: RowEncoder, scorer: Scorer) -> None:
        self._encoder, self._scorer = encoder, scorer
        self.columns = encoder.columns

    def scores(self, columns: Columns) -> npt.NDArray[np.float64]:
        """Of each row, ``[rows]``."""
        return self._scorer.score(self._encoder.matrix(columns))

    def blame(self, columns: Columns) -> npt.NDArray[np.float64]:
        """By how much the score would fall if the value of a column were a usual one, ``[rows, columns]``."""
        matrix = self._encoder.matrix(columns)
        whole, found = self._scorer.score(matrix), np.zeros(matrix.shape)
        for place, typical in enumerate(self._encoder.typical.tolist()):
            usual = matrix.copy()
            usual[:, place] = typical
            found[:, place] = whole - self._scorer.score(usual)
        return np.maximum(found, 0.0)


class OutlierJudge(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Says of rows whether they are outliers. Safe for threads.

    Attributes:
        method: How they are scored.
        source: What scores them.
        threshold: A row with a higher score is an outlier.
        share: The share of the rows of the reference that are outliers by that; ``None`` if it has no rows.
        rows: How many rows of the reference that is of.
    """

    method: Method
    source: Source
    threshold: float
    share: float | None = None
    rows: int = 0

    @property
    def columns(self) -> tuple[str, ...]:
        """The inputs that are looked at."""
        return self.source.columns

    def judge(self, columns: Columns) -> Outliers:
        """Judge the rows of a request; there is at least one."""
        scores = self.source.scores(columns).tolist()
        return Outliers([score > self.threshold for score in scores], scores, self)

    def reasons(self, columns: Columns) -> list[tuple[str, ...]]:
        """The columns that make each row what it is, the first of them the most; a few rows at a time."""
        blame = self.source.blame(columns)
        order = np.argsort(-blame, axis=1, kind="stable")[:, :MOST_NAMED]
        names = self.columns
        return [
            tuple(names[place] for place in places if row[place] > _PART * row.max(initial=0.0))
            for row, places in zip(blame, order.tolist(), strict=True)
        ]
