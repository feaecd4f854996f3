"""Moves and stretches numbers: z-scores, min-max, robust scaling, ages, units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainspring.data.transforms.ops.op import Op

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Scale(Op):
    """``(x - shift) / scale``, then ``* factor + offset`` unless these are 1.0 and 0.0. NaN stays NaN."""

    shift: float = 0.0
    scale: float = 1.0
    factor: float = 1.0
    offset: float = 0.0

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The four operations in this order; the last two are left out together."""
        (numbers,) = values
        scaled = (numbers - self.shift) / self.scale
        if self.factor == 1.0 and self.offset == 0.0:
            return scaled
        return scaled * self.factor + self.offset
