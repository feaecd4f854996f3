"""From numbers to words, and from words to numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mainspring.data.transforms.kinds import as_words
from mainspring.data.transforms.ops.op import Kind, Op

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class ToWord(Op):
    """A number as text: a whole one without a point, others as the shortest text that reads back; NaN is missing.

    Fractions are not written alike in standard ONNX; whole numbers within 64 bits are.
    """

    GIVES: ClassVar[Kind] = Kind.WORD

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The texts, object ``[n]``."""
        import numpy as np

        (numbers,) = values
        different, places = np.unique(numbers, return_inverse=True)
        found = np.empty(len(different), dtype=object)
        found[:] = as_words(different)
        return found[places]


@dataclass(frozen=True, slots=True)
class ToNumber(Op):
    """A text as a number; NaN where it is missing or is none. Spaces around it do not count."""

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.WORD,)
    ONNX: ClassVar[bool] = False

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The numbers, float64 ``[n]``."""
        import numpy as np

        (words,) = values
        return np.fromiter((_number(word) for word in words), dtype=np.float64, count=len(words))


def _number(word: str | None) -> float:
    try:
        # Python would read 1_000 as a number.
        return float("nan") if word is None or "_" in word else float(word)
    except ValueError:
        return float("nan")
