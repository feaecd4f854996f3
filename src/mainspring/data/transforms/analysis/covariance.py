"""How columns vary together in a part of the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Covariance:
    """Means and sums of products of deviations of columns, over the rows in which every number is finite.

    Attributes:
        count: How many rows.
        means: One per column.
        products: For each column, with each column.
    """

    count: int = 0
    means: tuple[float, ...] = ()
    products: tuple[tuple[float, ...], ...] = ()

    @classmethod
    def of(cls, *values: np.ndarray) -> Self:
        """Of one value of several columns."""
        import numpy as np

        (numbers,) = values
        numbers = numbers[:, None] if numbers.ndim == 1 else numbers
        known = numbers[np.isfinite(numbers).all(axis=1)]
        if not len(known):
            return cls()
        means = known.mean(axis=0)
        centred = known - means
        # Without the fast library: its sums depend on how many threads it has.
        products = np.einsum("ni,nj->ij", centred, centred, optimize=False)
        return cls(len(known), tuple(means.tolist()), tuple(map(tuple, products.tolist())))

    @classmethod
    def merged(cls, parts: Sequence[Self]) -> Self:
        """One after the other."""
        import numpy as np

        held = [part for part in parts if part.count]
        if not held:
            return cls()
        count, means, products = held[0].count, np.array(held[0].means), np.array(held[0].products)
        for part in held[1:]:
            step = np.array(part.means) - means
            share = part.count / (count + part.count)
            products = products + np.array(part.products) + np.outer(step, step) * (count * share)
            means = means + step * share
            count += part.count
        return cls(count, tuple(means.tolist()), tuple(map(tuple, products.tolist())))
