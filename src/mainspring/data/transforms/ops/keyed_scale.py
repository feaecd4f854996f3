"""Moves and stretches numbers by the group a row belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mainspring.data.transforms.ops.op import Kind, Op, look_up

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class KeyedScale(Op):
    """``(x - shift) / scale`` with the constants of the row's key.

    Attributes:
        keys: The known keys.
        shifts: One per key.
        scales: One per key.
        shift: For a key that is unseen or missing.
        scale: For a key that is unseen or missing.
    """

    keys: tuple[str, ...]
    shifts: tuple[float, ...]
    scales: tuple[float, ...]
    shift: float = 0.0
    scale: float = 1.0

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.NUMBER, Kind.WORD)

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """Scale every number by its key's constants."""
        import numpy as np

        numbers, words = values
        places: dict[str | None, float] = {word: float(place) for place, word in enumerate(self.keys)}
        rest = len(self.keys)
        found = look_up(words, places, rest).astype(np.int64)
        shifts, scales = np.array([*self.shifts, self.shift]), np.array([*self.scales, self.scale])
        scaled: np.ndarray = (numbers - shifts[found]) / scales[found]
        return scaled
