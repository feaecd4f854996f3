"""Rows of columns divided by their length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainspring.data.transforms.ops.op import Op, as_columns

if TYPE_CHECKING:
    import numpy as np


SPLIT: Final = 2.0**12 + 1.0
"""Twelve bits go."""


@dataclass(frozen=True, slots=True)
class UnitLength(Op):
    """Every row divided by its length; a row of zeros stays as it is, and one with NaN is NaN in every column.

    Rounded to 41 of 53 bits, because rows that point the same way would differ in their last bits, and a tree
    could ask for the difference. The rounding is Veltkamp's (Dekker, 1971): three plain operations.

    Attributes:
        length: ``l2``, the root of the sum of squares; ``l1``, the sum of sizes; or ``max``, the largest size.
    """

    length: str = "l2"

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """``x / length``."""
        import numpy as np

        numbers = as_columns(values[0])
        size = np.abs(numbers)
        match self.length:
            case "l1":
                lengths = size.sum(axis=1)
            case "max":
                lengths = size.max(axis=1)
            case _:
                lengths = np.sqrt((numbers * numbers).sum(axis=1))
        shares: np.ndarray = numbers / np.where(lengths == 0.0, 1.0, lengths)[:, None]
        moved = shares * SPLIT
        return moved + (shares - moved)
