"""Whether two columns of classes have to do with each other: Pearson's chi-squared of their table of counts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from mainspring.data.comparison.significance import chi_squared_tail
from mainspring.data.statistics.association import mutual_information

if TYPE_CHECKING:
    import numpy as np

GROUPS: Final = 10
"""Numbers are gathered into so many groups of about equal size."""


@dataclass(frozen=True, slots=True)
class CountTable:
    """Rows by the place of their value and the place of their class; merges by addition.

    Attributes:
        counts: Outer: values; inner: classes.
    """

    counts: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, values: np.ndarray, classes: np.ndarray, shape: tuple[int, int]) -> Self:
        """Of places ``[n]`` each; rows in which one is negative are left out."""
        import numpy as np

        there = (values >= 0) & (classes >= 0)
        flat = np.bincount(values[there] * shape[1] + classes[there], minlength=shape[0] * shape[1])
        return cls(tuple(tuple(row) for row in flat.reshape(shape).tolist()))

    def merge(self, other: Self) -> Self:
        """The counts over the rows of both."""
        return type(self)(
            tuple(
                tuple(a + b for a, b in zip(one, two, strict=True))
                for one, two in zip(self.counts, other.counts, strict=True)
            )
        )

    def test(self) -> ChiSquared:
        """Pearson's test (1900), Cramér's V and mutual information."""
        import numpy as np

        counts = np.array(self.counts, dtype=np.float64)
        counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
        total = float(counts.sum())
        least = min(counts.shape) - 1
        if least < 1:
            return ChiSquared(math.nan, math.nan, 0.0, 0.0, 0, int(total))
        expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / total
        statistic = float(((counts - expected) ** 2 / expected).sum())
        degrees = (counts.shape[0] - 1) * (counts.shape[1] - 1)
        return ChiSquared(
            statistic,
            chi_squared_tail(statistic, degrees),
            min(1.0, math.sqrt(statistic / (total * least))),
            mutual_information(counts),
            degrees,
            int(total),
        )


@dataclass(frozen=True, slots=True)
class ChiSquared:
    """What a table of counts says.

    Attributes:
        statistic: Pearson's; NaN where one side has a single value.
        p_value: How likely one at least this large is by chance.
        cramers_v: From 0 to 1.
        mutual_information: In nats.
        degrees: Of freedom.
        count: Rows.
    """

    statistic: float
    p_value: float
    cramers_v: float
    mutual_information: float
    degrees: int
    count: int


def in_groups(values: np.ndarray, groups: int = GROUPS) -> np.ndarray:
    """The group of each number, of about equally many rows each; -1 for missing. Equal numbers stay together.

    Example:
        >>> import numpy as np
        >>> in_groups(np.array([5.0, 1.0, np.nan, 1.0, 9.0]), 2).tolist()
        [1, 0, -1, 0, 1]
    """
    import numpy as np

    found = np.full(len(values), -1, dtype=np.int64)
    there = np.isfinite(values)
    different, places, counts = np.unique(values[there], return_inverse=True, return_counts=True)
    if len(different) <= groups:
        found[there] = places
        return found
    middle = (np.cumsum(counts) - counts / 2) / counts.sum()
    found[there] = np.minimum((middle * groups).astype(np.int64), groups - 1)[places]
    return found
