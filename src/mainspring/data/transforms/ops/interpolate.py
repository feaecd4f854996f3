"""A line through points: quantile-normal scores, and buckets with interpolation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainspring.data.transforms.ops.op import Op

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Interpolate(Op):
    """The height at ``x`` of the straight lines that join the points ``(at, to)``.

    Below the first point it is the first height, above the last one the last. NaN stays NaN. A single point gives
    its height everywhere. With ``i`` the last point at or below ``x``:
    ``to[i] + (x - at[i]) * slope[i]``, where ``slope[i] = (to[i+1] - to[i]) / (at[i+1] - at[i])``, and 0 at both
    ends.

    Attributes:
        at: Where the points are, strictly ascending.
        to: Their heights.
    """

    at: tuple[float, ...]
    to: tuple[float, ...]

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """Find the point below, and go along its line."""
        import numpy as np

        (numbers,) = values
        at, to = np.array(self.at), np.array(self.to)
        slope = np.append((to[1:] - to[:-1]) / (at[1:] - at[:-1]), 0.0)
        inside = np.where(numbers < at[0], at[0], np.where(numbers > at[-1], at[-1], numbers))
        place = np.maximum(np.searchsorted(at, inside, side="right") - 1, 0)
        # NaN is sorted behind the last point, and stays NaN in the product.
        found: np.ndarray = to[place] + (inside - at[place]) * slope[place]
        return found
