"""What is counted while rows are answered: figures of one part, which merge into those of all."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from mainspring.data.sketches import Quantiles
from mainspring.serving.bulk.expectations import ColumnExpectation

_SAMPLE: Final = 8192
"""Of more rows in a part, so many evenly spread ones stand for the distribution."""

_WORDS: Final = 20
"""So many unseen categories are named, the most frequent ones."""

_AT_ONCE: Final = 64
_BLOCK: Final = 8192


class Moments(msgspec.Struct, frozen=True, kw_only=True):
    """Count, mean, sum of squares about it, least and largest of numbers; zeros if there are none."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    least: float = 0.0
    most: float = 0.0

    @classmethod
    def of(cls, values: npt.NDArray[np.float64]) -> Moments:
        """Of finite numbers."""
        if not len(values):
            return cls()
        total = squares = 0.0
        # About the first value: the squares of large numbers that differ little would lose all digits. Few at a
        # time stay near the processor, and by no library that would start threads for them.
        for start in range(0, len(values), _BLOCK):
            moved = values[start : start + _BLOCK] - values[0]
            total += float(moved.sum())
            squares += float(np.einsum("i,i->", moved, moved))
        mean = total / len(values)
        return cls(
            count=len(values),
            mean=mean + float(values[0]),
            squares=max(0.0, squares - total * mean),
            least=float(values.min()),
            most=float(values.max()),
        )

    def merge(self, other: Moments) -> Moments:
        """Of the numbers of both (Chan, Golub and LeVeque, 1979)."""
        count = self.count + other.count
        if not count or not self.count or not other.count:
            return self if self.count else other
        apart = other.mean - self.mean
        return Moments(
            count=count,
            mean=self.mean + apart * other.count / count,
            squares=self.squares + other.squares + apart * apart * self.count * other.count / count,
            least=min(self.least, other.least),
            most=max(self.most, other.most),
        )

    @property
    def deviation(self) -> float:
        """The population standard deviation."""
        return math.sqrt(self.squares / self.count) if self.count else math.nan


class Distribution(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers by their moments and quantiles; see :class:`mainspring.data.sketches.Quantiles`."""

    moments: Moments = Moments()
    values: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()
    exact: bool = True

    @classmethod
    def of(cls, numbers: npt.NDArray[np.float64]) -> Distribution:
        """Of numbers; those that are not finite are left out."""
        known = numbers[np.isfinite(numbers)]
        stride = -(-len(known) // _SAMPLE)
        some = known if stride <= 1 else known[::stride]
        found = Quantiles.of_sorted(np.sort(some), rows=None if stride <= 1 else len(known))
        return cls(moments=Moments.of(known), values=found.values, weights=found.weights, exact=found.exact)

    @classmethod
    def merged(cls, parts: Sequence[Distribution]) -> Distribution:
        """Of the numbers of all parts."""
        moments = Moments()
        for part in parts:
            moments = moments.merge(part.moments)
        found = Quantiles.merged([part.quantiles for part in parts])
        return cls(moments=moments, values=found.values, weights=found.weights, exact=found.exact)

    @property
    def quantiles(self) -> Quantiles:
        """The quantiles alone."""
        return Quantiles(self.values, self.weights, self.exact)


class ColumnTally(msgspec.Struct, frozen=True, kw_only=True):
    """What a column of the model held.

    Attributes:
        missing: Rows without a value.
        numbers: Its numbers, if it holds some.
        outside: Rows with a number beyond those of training.
        unseen: Rows with a category that training did not have.
        words: The most frequent of these categories.
    """

    missing: int = 0
    numbers: Moments | None = None
    outside: int = 0
    unseen: int = 0
    words: dict[str, int] = {}

    @classmethod
    def of(cls, values: npt.NDArray[Any], known: ColumnExpectation) -> ColumnTally:
        """Of the values of a column, as ``Table.column`` gives them."""
        if values.dtype == object:
            return _of_words(values, known)
        there = values if np.isfinite(values.sum()) else values[np.isfinite(values)]
        missing, outside = len(values) - len(there), 0
        moments = Moments.of(there)
        if known.low is not None and known.high is not None and moments.count:
            if moments.least < known.low:
                outside += int((there < known.low).sum())
            if moments.most > known.high:
                outside += int((there > known.high).sum())
        return cls(missing=missing, numbers=moments, outside=outside)

    def merge(self, other: ColumnTally) -> ColumnTally:
        """Of the rows of both."""
        words = Counter(self.words)
        words.update(other.words)
        numbers = [one for one in (self.numbers, other.numbers) if one is not None]
        return ColumnTally(
            missing=self.missing + other.missing,
            numbers=None if not numbers else numbers[0] if len(numbers) == 1 else numbers[0].merge(numbers[1]),
            outside=self.outside + other.outside,
            unseen=self.unseen + other.unseen,
            words=dict(words.most_common(_WORDS)),
        )


class Tally(msgspec.Struct, kw_only=True):
    """What happened to some rows.

    Attributes:
        rows: Rows of the data.
        written: Rows of answers.
        bad: Rows that could not be answered.
        reasons: Why, by column or kind, with how many rows.
        blocked: Rows whose answer an assertion blocks.
        overridden: Rows whose answer an assertion changed otherwise.
        violated: Assertion to rows that violate it.
        labels: Class to rows that are answered with it.
        certainty: The probabilities of these answers.
        predictions: The numbers that are answered, for a regression.
        columns: By the name of each column of the model.
        read: Seconds spent on reading.
        model: Seconds that the model ran.
        wrote: Seconds spent on writing.
        peak: The most memory of a process, in bytes.
    """

    rows: int = 0
    written: int = 0
    bad: int = 0
    reasons: dict[str, int] = {}
    blocked: int = 0
    overridden: int = 0
    violated: dict[str, int] = {}
    labels: dict[str, int] = {}
    certainty: Distribution | None = None
    predictions: Distribution | None = None
    columns: dict[str, ColumnTally] = {}
    read: float = 0.0
    model: float = 0.0
    wrote: float = 0.0
    peak: int = 0

    @classmethod
    def merged(cls, parts: Iterable[Tally]) -> Tally:
        """Of the rows of all parts; few of them are held at a time."""
        total, some = cls(), list[Tally]()
        for part in parts:
            some.append(part)
            if len(some) == _AT_ONCE:
                total, some = _merged([total, *some]), []
        return _merged([total, *some])


def _merged(parts: Sequence[Tally]) -> Tally:
    columns: dict[str, ColumnTally] = {}
    for part in parts:
        for name, one in part.columns.items():
            columns[name] = columns[name].merge(one) if name in columns else one
    return Tally(
        rows=sum(part.rows for part in parts),
        written=sum(part.written for part in parts),
        bad=sum(part.bad for part in parts),
        reasons=_added(part.reasons for part in parts),
        blocked=sum(part.blocked for part in parts),
        overridden=sum(part.overridden for part in parts),
        violated=_added(part.violated for part in parts),
        labels=_added(part.labels for part in parts),
        certainty=_joined(part.certainty for part in parts),
        predictions=_joined(part.predictions for part in parts),
        columns=columns,
        read=sum(part.read for part in parts),
        model=sum(part.model for part in parts),
        wrote=sum(part.wrote for part in parts),
        peak=max(part.peak for part in parts),
    )


def _added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return dict(total)


def _joined(found: Iterable[Distribution | None]) -> Distribution | None:
    known = [one for one in found if one is not None]
    return Distribution.merged(known) if known else None


def _of_words(values: npt.NDArray[Any], known: ColumnExpectation) -> ColumnTally:
    if known.words is None:
        return ColumnTally(missing=sum(value is None for value in values.tolist()))
    counts = Counter(values.tolist())
    missing = counts.pop(None, 0)
    for word in known.words:
        counts.pop(word, None)
    return ColumnTally(missing=missing, unseen=counts.total(), words=dict(counts.most_common(_WORDS)))
