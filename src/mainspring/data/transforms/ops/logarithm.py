"""Logarithms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainspring.data.transforms.ops.op import Op

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Log(Op):
    """The natural logarithm of ``x + plus``; NaN where ``x + plus`` is not above 0.

    With ``plus=1.0`` it is ``log(1 + x)`` as written, which for numbers near 0 has fewer digits than ``log1p``.
    """

    plus: float = 0.0

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """``log(where(x + plus > 0, x + plus, nan))``."""
        import numpy as np

        (numbers,) = values
        moved = numbers + self.plus
        return np.log(np.where(moved > 0.0, moved, np.nan))
