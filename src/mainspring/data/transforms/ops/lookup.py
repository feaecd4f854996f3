"""A word becomes its place in a vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mainspring.data.transforms.ops.hashing import bucket_of
from mainspring.data.transforms.ops.op import Kind, Op, look_up

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Lookup(Op):
    """The place of the word in the vocabulary, counted from 0.0.

    Attributes:
        vocabulary: The known words.
        buckets: For unseen words: with 0 all become ``unseen``; with 1 all become ``len(vocabulary)``; with more
            they are ``len(vocabulary) + hash(word) % buckets``, where the hash is that of :class:`Hash`. More than
            one bucket cannot be said in standard ONNX.
        unseen: What unseen words become without buckets; NaN as ``None``.
        missing: What a missing word becomes; NaN as ``None``.
    """

    vocabulary: tuple[str, ...]
    buckets: int = 0
    unseen: float | None = -1.0
    missing: float | None = None

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.WORD,)

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The places, float64 ``[n]``."""
        import numpy as np

        (words,) = values
        size = len(self.vocabulary)
        places: dict[str | None, float] = {word: float(place) for place, word in enumerate(self.vocabulary)}
        places[None] = np.nan if self.missing is None else self.missing
        if self.buckets > 1:
            for word in {word for word in words if word not in places}:
                places[word] = float(size + bucket_of(word, self.buckets))
        rest = np.nan if self.unseen is None else self.unseen
        rest = float(size) if self.buckets else rest
        return look_up(words, places, rest)
