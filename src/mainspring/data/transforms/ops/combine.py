"""Sums, differences, products and quotients of two columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mainspring.data.transforms.ops.op import Kind, Op

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Combine(Op):
    """``x + y``, ``x - y``, ``x * y`` or ``x / y``; NaN where one of them is NaN.

    Attributes:
        operator: ``+``, ``-``, ``*`` or ``/``.
        otherwise: What ``x / 0`` is, also where ``x`` is 0; ``None`` for NaN. NaN over 0 stays NaN.
    """

    operator: str
    otherwise: float | None = None

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.NUMBER, Kind.NUMBER)

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The operation, cell by cell."""
        import numpy as np

        one, other = values
        found: np.ndarray
        match self.operator:
            case "+":
                found = one + other
            case "-":
                found = one - other
            case "*":
                found = one * other
            case _:
                nothing = other == 0.0
                instead = np.nan if self.otherwise is None else self.otherwise
                found = np.where(nothing & ~np.isnan(one), instead, one / np.where(nothing, 1.0, other))
        return found
