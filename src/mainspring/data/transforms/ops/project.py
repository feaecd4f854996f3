"""Projection of columns on few directions, such as principal components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainspring.data.transforms.ops.op import Op, as_columns

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Project(Op):
    """``(x - mean) @ components.T``; a row with a missing number is NaN in every column.

    Attributes:
        mean: One number per column of ``x``.
        components: One direction per column of the result, each with a number per column of ``x``.
    """

    mean: tuple[float, ...]
    components: tuple[tuple[float, ...], ...]

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The products are added up in the order of the columns."""
        import numpy as np

        (numbers,) = values
        centred = as_columns(numbers) - np.array(self.mean)
        directions = np.array(self.components)
        found = np.zeros((len(centred), len(directions)))
        # One column after the other: a row alone gives the bits it gives among others.
        for place in range(centred.shape[1]):
            found += centred[:, place, None] * directions[None, :, place]
        return found

    def columns(self, given: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
        """The name of the value, numbered from 1."""
        return tuple(f"{self.output}[{place + 1}]" for place in range(len(self.components)))
