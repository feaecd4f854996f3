"""A constant stands in for missing words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mainspring.data.transforms.ops.op import Kind, Op

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class FillWord(Op):
    """``value`` where there is no word, else the word."""

    value: str

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.WORD,)
    GIVES: ClassVar[Kind] = Kind.WORD

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """``value`` for ``None``."""
        import numpy as np

        (words,) = values
        # numpy compares an object array with None cell by cell.
        return np.where(words == None, self.value, words)  # noqa: E711
