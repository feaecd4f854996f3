"""Numbers into buckets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainspring.data.transforms.ops.op import Op

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Bucketize(Op):
    """The number of edges that are at or below ``x``: bucket ``i`` holds ``edges[i-1] <= x < edges[i]``.

    There are ``len(edges) + 1`` buckets, counted from 0.0. NaN stays NaN.

    Attributes:
        edges: Strictly ascending.
    """

    edges: tuple[float, ...]

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The place among the edges, as float64."""
        import numpy as np

        (numbers,) = values
        found = np.searchsorted(np.array(self.edges), numbers, side="right").astype(np.float64)
        return np.where(np.isnan(numbers), np.nan, found)
