"""Keeps numbers within bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainspring.data.transforms.ops.op import Op

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Clip(Op):
    """The nearest number within ``low`` and ``high``; ``None`` is no bound. NaN stays NaN."""

    low: float | None = None
    high: float | None = None

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """``min(max(x, low), high)``."""
        import numpy as np

        (numbers,) = values
        if self.low is not None:
            numbers = np.where(numbers < self.low, self.low, numbers)
        return numbers if self.high is None else np.where(numbers > self.high, self.high, numbers)
