"""Says which numbers lie in a range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainspring.data.transforms.ops.op import Op

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Within(Op):
    """1.0 where ``low <= x < high``, else 0.0, also for NaN; ``None`` is no bound."""

    low: float | None = None
    high: float | None = None

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The comparison as float64."""
        import numpy as np

        (numbers,) = values
        inside = ~np.isnan(numbers)
        if self.low is not None:
            inside &= numbers >= self.low
        if self.high is not None:
            inside &= numbers < self.high
        found: np.ndarray = inside.astype(np.float64)
        return found
