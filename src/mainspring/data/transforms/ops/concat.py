"""Columns side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainspring.data.transforms.ops.op import Op, as_columns

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Concat(Op):
    """All columns of all values, in order."""

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """``concatenate(values, axis=1)``."""
        import numpy as np

        return np.concatenate([as_columns(one) for one in values], axis=1)

    def columns(self, given: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
        """The names of the columns side by side."""
        return tuple(name for names in given for name in names)
