"""A place becomes one column per place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainspring.data.transforms.ops.op import Op

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class OneOf(Op):
    """One column per place: 1.0 in column ``i`` where ``x`` is exactly ``i``, else 0.0.

    NaN, -1.0, fractions and places beyond the last give 0.0 in every column.

    Attributes:
        names: Names of the columns.
    """

    names: tuple[str, ...]

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """``x[:, None] == arange(len(names))``."""
        import numpy as np

        (places,) = values
        found: np.ndarray = (places[:, None] == np.arange(len(self.names))).astype(np.float64)
        return found

    def write(self, where: np.ndarray, places: np.ndarray) -> None:
        """Write the columns over zeros: the same as :meth:`apply`, touching one cell a row.

        Args:
            where: Zeros, ``[n, len(names)]``.
            places: The places.
        """
        import numpy as np

        rows = np.flatnonzero((places >= 0.0) & (places < len(self.names)) & (places == np.floor(places)))
        where[rows, places[rows].astype(np.int64)] = 1.0

    def columns(self, given: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
        """The names."""
        return self.names
