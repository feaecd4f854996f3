"""Says which numbers are missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainspring.data.transforms.ops.op import Op

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class IsMissing(Op):
    """1.0 where the number is NaN, else 0.0."""

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """``isnan(x)`` as float64."""
        import numpy as np

        (numbers,) = values
        found: np.ndarray = np.isnan(numbers).astype(np.float64)
        return found
