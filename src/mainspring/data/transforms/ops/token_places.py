"""The first tokens of a text in their order, each as its place in a vocabulary: what a network reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mainspring.data.transforms.ops.op import Kind, Op

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class TokenPlaces(Op):
    """One column for each of the first tokens: its place in the vocabulary, counted from 0.0.

    An unseen token is -1.0. Behind the last token, and everywhere if the text is missing, is NaN.

    Attributes:
        vocabulary: The known tokens.
        length: How many tokens are read.
    """

    vocabulary: tuple[str, ...]
    length: int

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.TOKENS,)

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The places, float64 ``[n, length]``."""
        import numpy as np

        (rows,) = values
        places = {token: float(place) for place, token in enumerate(self.vocabulary)}
        found = np.full((len(rows), self.length), np.nan)
        for row, tokens in enumerate(rows):
            if tokens:
                first = tokens[: self.length]
                found[row, : len(first)] = [places.get(token, -1.0) for token in first]
        return found

    def columns(self, given: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
        """The name of the value with each token's number, from 0 on."""
        return tuple(f"{self.output}.{place}" for place in range(self.length))
