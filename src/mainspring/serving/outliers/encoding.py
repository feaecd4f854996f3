"""Rows of numbers and words as rows of numbers alone, in which what is far from usual is far from zero."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from mainspring.data.celltypes import ColumnType
from mainspring.data.statistics.features import FeatureStatistics
from mainspring.data.statistics.numbers import Numbers
from mainspring.data.statistics.table import TableStatistics

FEW_ROWS: Final = 4
"""So many rows are encoded value by value: that is faster than arrays."""

_QUARTILES: Final = 1.3489795003921634
"""How many standard deviations lie between the quartiles of a normal distribution."""
_MOST_APART: Final = 0.5
"""Of a column of words of which more than this share are different, no word says anything."""
_FLAGS: Final = {"true": 1.0, "false": 0.0}


class Number(msgspec.Struct, frozen=True):
    """How a column of numbers is encoded: ``(x - centre) / scale``.

    Attributes:
        name: Of the column.
        centre: Where its values lie.
        scale: How far they vary.
    """

    name: str
    centre: float
    scale: float

    @property
    def typical(self) -> float:
        """What a usual value becomes."""
        return 0.0

    def one(self, value: Any) -> float:
        """One value; what is missing or not finite counts as usual."""
        apart = (value - self.centre) / self.scale
        return apart if math.isfinite(apart) else 0.0

    def many(self, values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """A column of values, ``[rows]``."""
        apart = (np.asarray(values, np.float64).reshape(-1) - self.centre) / self.scale
        return np.where(np.isfinite(apart), apart, 0.0)


class Word(msgspec.Struct, frozen=True):
    """How a column of words or flags is encoded: by how rare each is.

    The surprise of a word is minus the logarithm of its share in training, less the mean, in standard deviations
    of the surprise over the rows of training.

    Attributes:
        name: Of the column.
        known: Value to its surprise; a missing value is ``None``.
        unseen: The surprise of any other.
        typical: The least surprise.
    """

    name: str
    known: Mapping[Any, float]
    unseen: float
    typical: float

    def one(self, value: Any) -> float:
        """One value."""
        return self.known.get(None if value != value else value, self.unseen)

    def many(self, values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """A column of values, ``[rows]``."""
        listed = values.reshape(-1).tolist()
        return np.fromiter(map(self.one, listed), np.float64, count=len(listed))


class RowEncoder:
    """Brings columns into one matrix. Safe for threads.

    Args:
        parts: How each column is encoded.

    Attributes:
        columns: Their names, in the order of the matrix.
        typical: A usual row, ``[columns]``.
    """

    def __init__(self, parts: Sequence[Number | Word]) -> None:
        self._parts = tuple(parts)
        self.columns = tuple(part.name for part in parts)
        self.typical = np.array([part.typical for part in parts])

    def matrix(self, columns: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.float64]:
        """The rows, ``[rows, columns]``.

        Args:
            columns: By name, each ``[rows]``: numbers and flags as float64 with NaN for missing, words as objects
                with ``None``.
        """
        if len(columns[self.columns[0]]) > FEW_ROWS:
            return np.stack([part.many(columns[part.name]) for part in self._parts], axis=1)
        encoded = [[part.one(value) for value in columns[part.name].reshape(-1).tolist()] for part in self._parts]
        return np.array(encoded).T


def encoder_of(statistics: TableStatistics, names: Iterable[str]) -> RowEncoder:
    """An encoder of those columns that vary and say something: numbers, flags, and words that come again.

    Args:
        statistics: Of the rows of training.
        names: The columns to choose from.
    """
    found = (part_of(statistics.features[name]) for name in names if name in statistics.features)
    return RowEncoder([part for part in found if part is not None])


def part_of(feature: FeatureStatistics) -> Number | Word | None:
    """How a column is encoded; ``None`` if it does not vary, or its values tell nothing of how usual they are."""
    if feature.levels or feature.times is not None or feature.type == ColumnType.BYTES:
        return None
    numbers, words = feature.numbers, feature.words
    if numbers is not None:
        return Number(feature.name, numbers.median, scale_of(numbers)) if numbers.m2 > 0 else None
    if words is None or words.unique < 2 or words.unique > _MOST_APART * max(words.frequencies.total, 4):
        return None
    return _word(feature, dict(words.rank_histogram()), complete=words.frequencies.complete)


def scale_of(numbers: Numbers) -> float:
    """How far numbers vary: from quartile to quartile, as standard deviations; those themselves if that is 0."""
    return (numbers.quantile(0.75) - numbers.quantile(0.25)) / _QUARTILES or numbers.std_dev


def _word(feature: FeatureStatistics, counts: Mapping[str, int], *, complete: bool) -> Word:
    flags = feature.type == ColumnType.BOOL
    found: dict[Any, int] = {_FLAGS[name] if flags else name: count for name, count in counts.items()}
    if feature.num_missing:
        found[None] = feature.num_missing
    total = sum(found.values())
    surprise = {value: -math.log(count / total) for value, count in found.items()}
    mean = sum(surprise[value] * count / total for value, count in found.items())
    variance = sum((surprise[value] - mean) ** 2 * count / total for value, count in found.items())
    scale = math.sqrt(variance) or 1.0
    known = {value: (one - mean) / scale for value, one in surprise.items()}
    # Of more words than are counted, one that is not among them is no rarer than the rarest that is.
    unseen = (-math.log(0.5 / (total + 1)) - mean) / scale if complete else max(known.values())
    return Word(feature.name, known, unseen, min(known.values()))
