"""What the lists of a feature hold, level by level, and the sizes of bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mainspring.data.sketches import Quantiles
from mainspring.data.statistics.numbers import Histogram, binned, equal_width, least, most


@dataclass(frozen=True, slots=True)
class ListLevel:
    """The lists of one nest level of a feature: how many there are and how many values they hold.

    Attributes:
        num_lists: Lists that are there, empty ones among them.
        num_missing: Null lists inside the lists of the level above; at the outermost level, rows without a list.
        num_empty: Lists without a value.
        min_values: The fewest values in a list; ``None`` if there is no list, as is ``max_values``.
        total_values: Values in all lists together, missing ones among them.
        lengths: The distribution of the number of values per list.
    """

    num_lists: int = 0
    num_missing: int = 0
    num_empty: int = 0
    min_values: int | None = None
    max_values: int | None = None
    total_values: int = 0
    lengths: Quantiles = field(default_factory=Quantiles)

    @property
    def avg_values(self) -> float:
        """Mean number of values per list; 0 if there are no lists."""
        return self.total_values / self.num_lists if self.num_lists else 0.0

    def histogram(self) -> Histogram:
        """Lists per number of values, in ten bins of equal width."""
        if self.min_values is None or self.max_values is None:
            return Histogram((), ())
        return binned(self.lengths, equal_width(self.min_values, self.max_values))

    @classmethod
    def merged(cls, parts: Sequence[ListLevel]) -> ListLevel:
        """Of the lists of all parts."""
        return ListLevel(
            num_lists=sum(part.num_lists for part in parts),
            num_missing=sum(part.num_missing for part in parts),
            num_empty=sum(part.num_empty for part in parts),
            min_values=least(part.min_values for part in parts),
            max_values=most(part.max_values for part in parts),
            total_values=sum(part.total_values for part in parts),
            lengths=Quantiles.merged([part.lengths for part in parts]),
        )

    def merge(self, other: ListLevel) -> ListLevel:
        """Of the lists of both."""
        return self.merged([self, other])


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes per value of a feature of bytes.

    Attributes:
        count: Values.
        total: Bytes in all values together.
        min: Bytes of the shortest value; ``None`` if there is none, as is ``max``.
    """

    count: int = 0
    total: int = 0
    min: int | None = None
    max: int | None = None

    @property
    def avg(self) -> float:
        """Mean number of bytes; 0 if there are no values."""
        return self.total / self.count if self.count else 0.0

    @classmethod
    def merged(cls, parts: Sequence[Sizes]) -> Sizes:
        """Of the values of all parts."""
        return Sizes(
            count=sum(part.count for part in parts),
            total=sum(part.total for part in parts),
            min=least(part.min for part in parts),
            max=most(part.max for part in parts),
        )

    def merge(self, other: Sizes) -> Sizes:
        """Of the values of both."""
        return self.merged([self, other])
