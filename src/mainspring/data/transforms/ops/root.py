"""Square roots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainspring.data.transforms.ops.op import Op

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Root(Op):
    """The square root; NaN below 0."""

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """``sqrt(where(x >= 0, x, nan))``."""
        import numpy as np

        (numbers,) = values
        return np.sqrt(np.where(numbers >= 0.0, numbers, np.nan))
