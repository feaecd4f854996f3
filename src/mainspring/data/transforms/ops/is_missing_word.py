"""Says which words are missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mainspring.data.transforms.ops.op import Kind, Op

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class IsMissingWord(Op):
    """1.0 where there is no word, else 0.0."""

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.WORD,)

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """``x is None`` as float64."""
        import numpy as np

        (words,) = values
        return np.asarray(words == None, dtype=np.float64)  # noqa: E711
