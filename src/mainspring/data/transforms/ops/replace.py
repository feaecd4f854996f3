"""A word becomes a number of its own, such as its frequency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mainspring.data.transforms.ops.op import Kind, Op, look_up

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Replace(Op):
    """The number of the word.

    Attributes:
        words: The known words.
        numbers: One per word.
        unseen: For a word that is not among them; NaN as ``None``.
        missing: For a missing word; NaN as ``None``.
    """

    words: tuple[str, ...]
    numbers: tuple[float, ...]
    unseen: float | None = None
    missing: float | None = None

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.WORD,)

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The numbers, float64 ``[n]``."""
        import numpy as np

        (words,) = values
        known: dict[str | None, float] = dict(zip(self.words, self.numbers, strict=True))
        known[None] = np.nan if self.missing is None else self.missing
        rest = np.nan if self.unseen is None else self.unseen
        return look_up(words, known, rest)
