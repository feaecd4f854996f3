"""Values of which only sums are kept, and what a comparison of two lots of them says."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol


class Summed(Protocol):
    """Values, added up."""

    @property
    def count(self) -> float:
        """How many."""
        ...

    @property
    def sum(self) -> float:
        """Their sum."""
        ...

    @property
    def squares(self) -> float:
        """The sum of their squares."""
        ...


@dataclass(frozen=True, slots=True)
class Sums:
    """Values, added up.

    Attributes:
        count: How many.
        sum: Their sum.
        squares: The sum of their squares.

    Example:
        >>> Sums.of([1.0, 2.0, 6.0])
        Sums(count=3, sum=9.0, squares=41.0)
    """

    count: float = 0.0
    sum: float = 0.0
    squares: float = 0.0

    @classmethod
    def of(cls, values: Iterable[float]) -> Sums:
        """The sums of values."""
        found = list(values)
        return cls(len(found), math.fsum(found), math.fsum(value * value for value in found))


def per_key(values: Iterable[tuple[str, float]]) -> Sums:
    """Sums over keys, of the mean that each has.

    Requests of one caller are alike, and an arm that was dealt by the caller's key was dealt once: so the key is
    what is counted, and not the request. Who counts requests finds differences that are not there.

    Args:
        values: A key and a value for each request.

    Example:
        >>> per_key([("ann", 1.0), ("ann", 0.0), ("bob", 1.0)])
        Sums(count=2, sum=1.5, squares=1.25)
    """
    found: dict[str, tuple[int, float]] = {}
    for key, value in values:
        count, total = found.get(key, (0, 0.0))
        found[key] = (count + 1, total + value)
    return Sums.of(total / count for count, total in found.values())


def mean_of(sums: Summed) -> float:
    """The mean; not a number without any values."""
    return sums.sum / sums.count if sums.count else math.nan


def variance_of(sums: Summed) -> float:
    """The variance, with one degree of freedom taken off; 0 for fewer than two values."""
    if sums.count < 2:
        return 0.0
    return max(0.0, (sums.squares - sums.sum * sums.sum / sums.count) / (sums.count - 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What is known of the difference between two arms, whenever it is looked at.

    Attributes:
        primary: The figure of the one that is compared with,
        candidate: and of the other.
        difference: How much larger the candidate's is; for quantiles relative, 0.1 for a tenth.
        lower: The difference is no smaller,
        upper: and no larger, with the confidence that was asked for, at all looks together.
        p_value: The smallest level at which it would be no accident, at all looks together.
        counts: How many values of each there are.
        confidence: That was asked for.
    """

    primary: float
    candidate: float
    difference: float
    lower: float
    upper: float
    p_value: float
    counts: tuple[int, int]
    confidence: float

    @property
    def significant(self) -> bool:
        """Whether the interval leaves out that they are equal."""
        return self.lower > 0.0 or self.upper < 0.0

    def as_dict(self) -> Mapping[str, Any]:
        """Plain values, for JSON: ``None`` for what is not known yet."""
        plain = asdict(self)
        return {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in plain.items()
        } | {"counts": list(self.counts), "significant": self.significant}
