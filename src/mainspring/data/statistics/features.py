"""What one feature of a table holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from mainspring.core.errors import InputError
from mainspring.data.celltypes import ColumnType
from mainspring.data.columns import joined_type
from mainspring.data.statistics.custom import merged_custom
from mainspring.data.statistics.images import ImageStatistics
from mainspring.data.statistics.levels import ListLevel, Sizes
from mainspring.data.statistics.merging import merge_present
from mainspring.data.statistics.numbers import Numbers
from mainspring.data.statistics.text import TextStatistics
from mainspring.data.statistics.weights import Weighted
from mainspring.data.statistics.words import Words


@dataclass(frozen=True, slots=True)
class FeatureStatistics:
    """What one feature holds: a column, a field of a structure, or the elements of lists.

    Attributes:
        name: Of the column; of a field with a point between, ``person.age``.
        type: Of the innermost values.
        num_missing: Rows without a value. NaN is a value, and so is an empty list.
        num_non_missing: Rows with one.
        numbers: For INT and FLOAT, over all innermost values.
        words: For text, bools, bytes, dates and times, over all innermost values.
        levels: The lists, the outermost first; none for a plain column.
        times: For DATE and TIMESTAMP, as seconds since 1970 in UTC.
        sizes: For BYTES.
        weighted: The same with every row counted by its weight.
        text: For natural language, where asked for.
        images: For images, where asked for.
        custom: What generators found, by the name of each.
    """

    name: str
    type: ColumnType
    num_missing: int
    num_non_missing: int
    numbers: Numbers | None = None
    words: Words | None = None
    levels: tuple[ListLevel, ...] = ()
    times: Numbers | None = None
    sizes: Sizes | None = None
    weighted: Weighted | None = None
    text: TextStatistics | None = None
    images: ImageStatistics | None = None
    custom: Mapping[str, Any] = field(default_factory=dict)

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
        found = self.numbers or self.words or self.times
        return found.unique if found else 0

    @property
    def num_values(self) -> int:
        """How many values there are: those in all lists, or the rows with a value."""
        return self.levels[-1].total_values if self.levels else self.num_non_missing

    def check_mergeable(self, other: FeatureStatistics) -> None:
        """See that these may be merged.

        Raises:
            InputError: If one holds numbers and the other words, or they nest differently.
        """
        if joined_type(self.type, other.type) is None:
            raise InputError(
                f"column {self.name!r} is {self.type} in one part and {other.type} in the other",
                expected="one type in all parts",
            )
        if len(self.levels) != len(other.levels):
            raise InputError(
                f"the lists of {self.name!r} are {len(self.levels)} deep in one part and {len(other.levels)} in "
                "the other",
                expected="one depth in all parts",
            )

    @classmethod
    def merged(cls, parts: Sequence[FeatureStatistics]) -> FeatureStatistics:
        """Of the rows of all parts.

        Raises:
            InputError: If one holds numbers and another words, or they nest differently.
        """
        for part in parts[1:]:
            parts[0].check_mergeable(part)
        times = merge_present([part.times for part in parts])
        return FeatureStatistics(
            name=parts[0].name,
            type=reduce(lambda one, other: joined_type(one, other) or one, (part.type for part in parts)),
            num_missing=sum(part.num_missing for part in parts),
            num_non_missing=sum(part.num_non_missing for part in parts),
            numbers=merge_present([part.numbers for part in parts]),
            words=_merged_words(parts, times),
            levels=_merged_levels(parts),
            times=times,
            sizes=merge_present([part.sizes for part in parts]),
            weighted=merge_present([part.weighted for part in parts]),
            text=merge_present([part.text for part in parts]),
            images=merge_present([part.images for part in parts]),
            custom=merged_custom([part.custom for part in parts]),
        )

    def merge(self, other: FeatureStatistics) -> FeatureStatistics:
        """Of the rows of both.

        Raises:
            InputError: If one holds numbers and the other words.
        """
        return self.merged([self, other])


def _merged_words(parts: Sequence[FeatureStatistics], times: Numbers | None) -> Words | None:
    if times is not None and not times.quantiles.exact:
        # Points in time are words only as long as they are few.
        return None
    return merge_present([part.words for part in parts])


def _merged_levels(parts: Sequence[FeatureStatistics]) -> tuple[ListLevel, ...]:
    depth = len(parts[0].levels)
    return tuple(ListLevel.merged([part.levels[place] for part in parts]) for place in range(depth))
