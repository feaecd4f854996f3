"""A constant stands in for missing numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainspring.data.transforms.ops.op import Op

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Fill(Op):
    """``value`` where the number is NaN, else the number."""

    value: float

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """``where(isnan(x), value, x)``."""
        import numpy as np

        (numbers,) = values
        return np.where(np.isnan(numbers), self.value, numbers)
