"""Words of several columns as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mainspring.data.transforms.ops.op import Kind, Op

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Cross(Op):
    """The words of a row with ``separator`` between them; missing where one of them is."""

    separator: str = "_x_"

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.WORD,)
    GIVES: ClassVar[Kind] = Kind.WORD

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The joined words, object ``[n]``."""
        import numpy as np

        found = np.empty(len(values[0]), dtype=object)
        found[:] = [None if None in row else self.separator.join(row) for row in zip(*values, strict=True)]
        return found
