"""What a full pass keeps of the values of a part of the data: small, mergeable, and plain enough to be stored.

A summary of a part can be kept, and merged with those of other parts later: the result is that of one pass over
all rows (to the last bits of rounding for moments; within the stated bounds for quantiles of more than 1,000
different numbers, and for words where a part has more than 100,000 different ones).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, Self

from mainspring.data.sketches import Quantiles

if TYPE_CHECKING:
    import numpy as np


_LARGE: Final = 1e150


class Summary(Protocol):
    """What is known of some rows."""

    @classmethod
    def of(cls, *values: np.ndarray) -> Self:
        """The summary of the values of some rows."""
        ...

    @classmethod
    def merged(cls, parts: Sequence[Self]) -> Self:
        """The summary of the rows of all parts, in their order."""
        ...


@dataclass(frozen=True, slots=True)
class Moments:
    """Count, mean, sum of squared deviations and bounds of the finite numbers (Chan, Golub, LeVeque 1979)."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    low: float = 0.0
    high: float = 0.0

    @classmethod
    def of(cls, *values: np.ndarray) -> Self:
        """Of one value; those that are missing or infinite are left out."""
        import numpy as np

        (numbers,) = values
        finite = numbers[np.isfinite(numbers)]
        if not finite.size:
            return cls()
        low, high = float(finite.min()), float(finite.max())
        if low == high:
            return cls(finite.size, low, 0.0, low, high)
        # Very large numbers are divided first, so that sums stay finite; their squares may not.
        unit = max(abs(low), abs(high)) if max(abs(low), abs(high)) > _LARGE else 1.0
        mean = float((finite / unit).mean()) * unit
        with np.errstate(over="ignore"):
            centred = finite - mean
            return cls(finite.size, mean, float(np.sum(centred * centred)), low, high)

    @classmethod
    def merged(cls, parts: Sequence[Self]) -> Self:
        """One after the other."""
        held = [part for part in parts if part.count]
        if not held:
            return cls()
        total = held[0]
        for part in held[1:]:
            count = total.count + part.count
            step = part.mean - total.mean
            share = part.count / count
            squares = total.squares + part.squares + step * step * total.count * share
            total = cls(
                count, total.mean + step * share, squares, min(total.low, part.low), max(total.high, part.high)
            )
        return total

    @property
    def deviation(self) -> float:
        """The population standard deviation; 1.0 for a constant or nothing, so that one can divide by it."""
        if self.count == 0 or self.low == self.high:
            return 1.0
        found: float = (self.squares / self.count) ** 0.5
        return found if 0.0 < found < math.inf else 1.0


@dataclass(frozen=True, slots=True)
class Distribution:
    """The quantiles of the finite numbers; see :class:`~mainspring.data.sketches.Quantiles` for the bounds."""

    quantiles: Quantiles = field(default_factory=Quantiles)

    @classmethod
    def of(cls, *values: np.ndarray) -> Self:
        """Of one value; those that are missing or infinite are left out."""
        import numpy as np

        (numbers,) = values
        return cls(Quantiles.of_sorted(np.sort(numbers[np.isfinite(numbers)])))

    @classmethod
    def merged(cls, parts: Sequence[Self]) -> Self:
        """All in one go."""
        return cls(Quantiles.merged([part.quantiles for part in parts]))
