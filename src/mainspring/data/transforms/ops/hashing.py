"""A word becomes one of so many buckets by its hash."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mainspring.data.transforms.ops.op import Kind, Op

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Hash(Op):
    """``crc32(UTF-8 of the word) % buckets`` as a number; NaN for a missing word.

    The hash is CRC-32 (ISO 3309), which every language has, started with ``seed``. Standard ONNX has no hash.
    """

    buckets: int
    seed: int = 0

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.WORD,)
    ONNX: ClassVar[bool] = False

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The buckets, float64 ``[n]``."""
        import numpy as np

        (words,) = values
        found: dict[str | None, float] = {
            word: float(bucket_of(word, self.buckets, self.seed)) for word in set(words) if word is not None
        }
        found[None] = np.nan
        return np.fromiter((found[word] for word in words), dtype=np.float64, count=len(words))


def bucket_of(word: str, buckets: int, seed: int = 0) -> int:
    """The bucket of a word."""
    return zlib.crc32(word.encode("utf-8", "surrogatepass"), seed) % buckets
