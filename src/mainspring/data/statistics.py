"""Statistics: what a table holds, column by column, small enough to keep and mergeable over parts of the data.

The figures follow TensorFlow Data Validation's ``statistics.proto`` in name and meaning: ``std_dev`` is that of
the population, quantiles cut into ten. Unlike there, histograms are counted, not interpolated.
"""

from __future__ import annotations

import bisect
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Self

from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.records import Value
from mainspring.data.celltypes import ColumnType
from mainspring.data.columns import joined_type
from mainspring.data.sketches import Distinct, Frequencies, Quantiles

BINS: Final = 10
MOST_OFFENDERS: Final = 10
MISSING_WORDS: Final = frozenset(
    {"?", "-", "--", ".", "na", "n/a", "#n/a", "nil", "none", "null", "missing", "unknown"}
)
"""What people write, in any letter case, where a number is missing."""
_FILE: Final = "statistics.json"


@dataclass(frozen=True, slots=True)
class Histogram:
    """Rows per bin. A bin holds its lower edge but not its upper one; the last holds both.

    Attributes:
        edges: One more than there are bins.
        counts: Rows in each bin.
        exact: Whether they were counted, not estimated from a summary.
    """

    edges: tuple[int | float, ...]
    counts: tuple[int | float, ...]
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a column of numbers holds. Mean, deviation and order are those of the finite numbers.

    Attributes:
        count: Finite numbers.
        num_nan: "Not a number", which is not the same as missing.
        num_inf: Infinities.
        zeros: How many are zero.
        whole: How many are whole numbers.
        min: The least; ``None`` if there is no finite number, as are ``max`` and ``mean``.
        m2: Sum of squared differences from the mean, capped at the largest float.
        unique: How many different ones there are; exact unless parts with many were merged.
    """

    count: int
    num_nan: int
    num_inf: int
    zeros: int
    whole: int
    min: int | float | None
    max: int | float | None
    mean: float | None
    m2: float
    unique: int
    quantiles: Quantiles
    histogram: Histogram
    distinct: Distinct | None = None

    @property
    def std_dev(self) -> float:
        """Standard deviation of the population."""
        return math.sqrt(self.m2 / self.count) if self.count else math.nan

    @property
    def median(self) -> float:
        """The median."""
        return self.quantiles.at(0.5)

    def deciles(self) -> tuple[float, ...]:
        """Least, the nine deciles, largest; empty if there is no finite number."""
        if self.min is None or self.max is None:
            return ()
        return (self.min, *(self.quantiles.at(share / BINS) for share in range(1, BINS)), self.max)

    def quantile_histogram(self) -> Histogram:
        """Bins that hold a tenth of the rows each; fewer where a value repeats so often that deciles coincide."""
        edges = tuple(dict.fromkeys(self.deciles()))
        return _binned(self.quantiles, edges * 2 if len(edges) == 1 else edges)

    def merge(self, other: Numbers) -> Numbers:
        """Of the rows of both: counts exact, moments to the last digits, quantiles in their bound."""
        count = self.count + other.count
        mean, m2 = _merged_moments(self, other)
        low = min((bound for bound in (self.min, other.min) if bound is not None), default=None)
        high = max((bound for bound in (self.max, other.max) if bound is not None), default=None)
        quantiles = self.quantiles.merge(other.quantiles)
        distinct = None if quantiles.exact else self._distinct().merge(other._distinct())
        return Numbers(
            count=count,
            num_nan=self.num_nan + other.num_nan,
            num_inf=self.num_inf + other.num_inf,
            zeros=self.zeros + other.zeros,
            whole=self.whole + other.whole,
            min=low,
            max=high,
            mean=mean,
            m2=m2,
            unique=len(quantiles.values) if distinct is None else distinct.estimate(),
            quantiles=quantiles,
            histogram=_merged_histogram(self.histogram, other.histogram, quantiles, low, high),
            distinct=distinct,
        )

    def _distinct(self) -> Distinct:
        return self.distinct or Distinct.of_numbers(self.quantiles.values)


@dataclass(frozen=True, slots=True)
class Offender:
    """A text that is no number in a column of numbers.

    Attributes:
        value: The text.
        count: Rows that hold it.
        row: The first of these rows; in the source if the rows' origin is known, else in the table; from 1.
    """

    value: str
    count: int
    row: int


@dataclass(frozen=True, slots=True)
class Words:
    """What a column of words holds: text, bools, dates and times.

    Attributes:
        frequencies: The words with their counts.
        unique: How many different ones there are; exact unless parts with many were merged.
        total_length: Characters in all rows together.
        min: The first in the order of the text.
        max: The last.
        num_whole: Rows whose text is a whole number of 64 bits.
        num_numbers: Rows whose text is a number, whole or not.
        offenders: If most texts are numbers, the first few that are not.
    """

    frequencies: Frequencies
    unique: int
    total_length: int
    min: str | None
    max: str | None
    num_whole: int = 0
    num_numbers: int = 0
    offenders: tuple[Offender, ...] = ()
    distinct: Distinct | None = None

    @property
    def avg_length(self) -> float:
        """Mean number of characters."""
        total = self.frequencies.total
        return self.total_length / total if total else math.nan

    def marks_missing(self) -> bool:
        """Whether the column looks like numbers in which missing ones are written out, such as ``NA``."""
        marks = [offender.value.strip().lower() for offender in self.offenders]
        return 0 < len(marks) < MOST_OFFENDERS and MISSING_WORDS.issuperset(marks)

    def merge(self, other: Words) -> Words:
        """Of the rows of both."""
        frequencies = self.frequencies.merge(other.frequencies)
        distinct = None if frequencies.complete else self._distinct().merge(other._distinct())
        return Words(
            frequencies=frequencies,
            unique=len(frequencies.counts) if distinct is None else distinct.estimate(),
            total_length=self.total_length + other.total_length,
            min=min((word for word in (self.min, other.min) if word is not None), default=None),
            max=max((word for word in (self.max, other.max) if word is not None), default=None),
            num_whole=self.num_whole + other.num_whole,
            num_numbers=self.num_numbers + other.num_numbers,
            offenders=_merged_offenders(self.offenders, other.offenders),
            distinct=distinct,
        )

    def _distinct(self) -> Distinct:
        return self.distinct or Distinct.of_words(self.frequencies.counts)


@dataclass(frozen=True, slots=True)
class FeatureStatistics:
    """What one column holds.

    Attributes:
        num_missing: Rows without a value. NaN is a value.
        num_non_missing: Rows with one.
        numbers: For INT and FLOAT.
        words: For every other type.
    """

    name: str
    type: ColumnType
    num_missing: int
    num_non_missing: int
    numbers: Numbers | None = None
    words: Words | None = None

    @property
    def num_examples(self) -> int:
        """Rows."""
        return self.num_missing + self.num_non_missing

    @property
    def presence(self) -> float:
        """The fraction of rows with a value; 1.0 if there are no rows."""
        return self.num_non_missing / self.num_examples if self.num_examples else 1.0

    @property
    def unique(self) -> int:
        """How many different values there are."""
        found = self.numbers or self.words
        return found.unique if found else 0

    def merge(self, other: FeatureStatistics) -> FeatureStatistics:
        """Of the rows of both.

        Raises:
            InputError: If one holds numbers and the other words.
        """
        type_ = joined_type(self.type, other.type)
        if type_ is None:
            raise InputError(
                f"column {self.name!r} is {self.type} in one part and {other.type} in the other",
                expected="one type in all parts",
            )
        return FeatureStatistics(
            self.name,
            type_,
            self.num_missing + other.num_missing,
            self.num_non_missing + other.num_non_missing,
            self.numbers.merge(other.numbers) if self.numbers and other.numbers else None,
            self.words.merge(other.words) if self.words and other.words else None,
        )


@dataclass(frozen=True, slots=True)
class TableStatistics:
    """What one table holds.

    Attributes:
        num_examples: Rows.
        features: Column name to what it holds, in the order of the columns.
    """

    num_examples: int
    features: Mapping[str, FeatureStatistics]

    def feature(self, name: str) -> FeatureStatistics:
        """What a column holds.

        Raises:
            NotFoundError: If there is no such column.
        """
        if name not in self.features:
            raise NotFoundError(
                f"there are no statistics of {name!r}", expected="one of " + ", ".join(self.features)
            )
        return self.features[name]

    def merge(self, other: TableStatistics) -> TableStatistics:
        """The statistics of the rows of both.

        Raises:
            InputError: If the columns differ.
        """
        if set(self.features) != set(other.features):
            apart = sorted(set(self.features) ^ set(other.features))
            raise InputError(
                f"only one of the parts has the columns {', '.join(apart)}", expected="the same columns"
            )
        features = {name: feature.merge(other.features[name]) for name, feature in self.features.items()}
        return TableStatistics(self.num_examples + other.num_examples, features)


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a data set holds, split by split.

    Attributes:
        splits: Split name to its statistics.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Statistics"

    splits: Mapping[str, TableStatistics]

    def split(self, name: str) -> TableStatistics:
        """The statistics of a split.

        Raises:
            NotFoundError: If there is no such split.
        """
        if name not in self.splits:
            raise NotFoundError(
                f"there are no statistics of split {name!r}", expected="one of " + ", ".join(self.splits)
            )
        return self.splits[name]

    def merge(self, other: Statistics) -> Statistics:
        """Split by split, the statistics of the rows of both; a split that only one has stays as it is."""
        names = dict.fromkeys([*self.splits, *other.splits])
        return Statistics(
            {
                name: self.splits[name].merge(other.splits[name])
                if name in self.splits and name in other.splits
                else (self.splits.get(name) or other.splits[name])
                for name in names
            }
        )

    def save(self, folder: Path) -> None:
        """Write ``statistics.json`` into the folder."""
        import msgspec

        text = msgspec.json.format(msgspec.json.encode(self), indent=1)
        (folder / _FILE).write_bytes(text)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote."""
        import msgspec

        return msgspec.json.decode((folder / _FILE).read_bytes(), type=cls)

    def properties(self) -> Mapping[str, Value]:
        """Rows per split and how many columns."""
        found: dict[str, Value] = {f"rows_{name}": split.num_examples for name, split in self.splits.items()}
        found["features"] = max((len(split.features) for split in self.splits.values()), default=0)
        return found


def equal_width(low: float, high: float) -> tuple[float, ...]:
    """Edges of ten bins of equal width."""
    if low == high:
        return (low, high)
    # Halves first: the difference of two very large numbers is not finite.
    return (low, *(low + (high / BINS - low / BINS) * place for place in range(1, BINS)), high)


def _binned(quantiles: Quantiles, edges: Sequence[int | float]) -> Histogram:
    """Rows per bin, from the points of a distribution."""
    if len(edges) < 2:
        return Histogram((), (), quantiles.exact)
    places = [min(max(bisect.bisect_right(edges, value) - 1, 0), len(edges) - 2) for value in quantiles.values]
    counts: list[int | float] = [0] * (len(edges) - 1)
    for place, weight in zip(places, quantiles.weights, strict=True):
        counts[place] += weight
    return Histogram(tuple(edges), tuple(counts), quantiles.exact)


def _merged_moments(one: Numbers, other: Numbers) -> tuple[float | None, float]:
    if one.mean is None or other.mean is None:
        more = other if one.mean is None else one
        return more.mean, more.m2
    # Chan, Golub and LeVeque (1979).
    count = one.count + other.count
    apart = other.mean - one.mean
    mean = one.mean + apart * (other.count / count)
    m2 = one.m2 + other.m2 + apart * apart * (one.count * other.count / count)
    return mean, min(m2, sys.float_info.max)


def _merged_histogram(
    one: Histogram, other: Histogram, quantiles: Quantiles, low: float | None, high: float | None
) -> Histogram:
    if one.edges == other.edges:
        counts = tuple(here + there for here, there in zip(one.counts, other.counts, strict=True))
        return Histogram(one.edges, counts, one.exact and other.exact)
    return _binned(quantiles, equal_width(low, high) if low is not None and high is not None else ())


def _merged_offenders(one: Sequence[Offender], other: Sequence[Offender]) -> tuple[Offender, ...]:
    found: dict[str, Offender] = {}
    for offender in (*one, *other):
        known = found.get(offender.value)
        found[offender.value] = (
            Offender(known.value, known.count + offender.count, known.row) if known is not None else offender
        )
    return tuple(found.values())[:MOST_OFFENDERS]
