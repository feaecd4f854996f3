"""Numbers that come round again, such as hours and weekdays, on a circle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainspring.data.transforms.ops.op import Op

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Cycle(Op):
    """Two columns: sine and cosine of ``x * (2 pi / period)``, to 12 decimals. NaN stays NaN in both.

    Rounded, because the equal sines of two hours would differ in their last bits, and a tree could ask for a
    difference that other libraries of mathematics do not make.

    Attributes:
        period: After how much it comes round: 24 for hours, 7 for weekdays.
    """

    period: float

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """``[sin, cos]``."""
        import numpy as np

        (numbers,) = values
        angle = numbers * (2.0 * np.pi / self.period)
        return np.round(np.stack([np.sin(angle), np.cos(angle)], axis=1), 12)

    def columns(self, given: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
        """The name of the value with ``sin`` and ``cos``."""
        return (f"{self.output}=sin", f"{self.output}=cos")
