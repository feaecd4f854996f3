"""Tokens into columns of numbers: bags of words, tf-idf, hashed counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mainspring.data.transforms.ops.hashing import bucket_of
from mainspring.data.transforms.ops.op import Kind, Op

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class TokenCount(Op):
    """The number of tokens; NaN where missing."""

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.TOKENS,)

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """``len(x)`` as float64."""
        import numpy as np

        (rows,) = values
        found = (np.nan if tokens is None else float(len(tokens)) for tokens in rows)
        return np.fromiter(found, dtype=np.float64, count=len(rows))


@dataclass(frozen=True, slots=True)
class BagOfWords(Op):
    """One column per known token: how often it occurs in the row; missing gives 0.0 everywhere.

    Attributes:
        vocabulary: The known tokens.
        binary: 1.0 for a token that occurs, however often.
    """

    vocabulary: tuple[str, ...]
    binary: bool = False

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.TOKENS,)

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The counts, float64 ``[n, len(vocabulary)]``."""
        return _filled(values[0], len(self.vocabulary), self.write)

    def write(self, where: np.ndarray, rows: np.ndarray) -> None:
        """Write the counts over zeros: the same as :meth:`apply`, touching the known tokens alone.

        Args:
            where: Zeros, ``[n, len(vocabulary)]``.
            rows: The tokens.
        """
        row, place, counts = known_tokens(rows, self.vocabulary)
        where[row, place] = 1.0 if self.binary else counts

    def columns(self, given: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
        """The name of the tokens with each known token."""
        return tuple(f"{self.output}={token}" for token in self.vocabulary)


@dataclass(frozen=True, slots=True)
class TfIdf(Op):
    """One column per known token: ``count / length * idf``.

    ``length`` is the number of all tokens of the row, known or not. Missing and empty rows give 0.0 everywhere.

    Attributes:
        vocabulary: The known tokens.
        idf: ``1 + log((N + 1) / (df + 1))`` for each, with ``N`` training rows of which ``df`` hold the token.
    """

    vocabulary: tuple[str, ...]
    idf: tuple[float, ...]

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.TOKENS,)

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The weights, float64 ``[n, len(vocabulary)]``."""
        return _filled(values[0], len(self.vocabulary), self.write)

    def write(self, where: np.ndarray, rows: np.ndarray) -> None:
        """Write the weights over zeros: the same as :meth:`apply`, touching the known tokens alone.

        Args:
            where: Zeros, ``[n, len(vocabulary)]``.
            rows: The tokens.
        """
        import numpy as np

        sizes = np.fromiter((len(tokens or ()) for tokens in rows), dtype=np.float64, count=len(rows))
        row, place, counts = known_tokens(rows, self.vocabulary)
        where[row, place] = counts / sizes[row] * np.array(self.idf)[place]

    def columns(self, given: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
        """The name of the value with each known token."""
        return tuple(f"{self.output}={token}" for token in self.vocabulary)


@dataclass(frozen=True, slots=True)
class HashedCounts(Op):
    """The hashing trick: one column per bucket, how many tokens of the row fall into it.

    Missing gives 0.0 everywhere. The bucket of a token is that of :class:`Hash`.
    """

    buckets: int
    seed: int = 0

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.TOKENS,)
    ONNX: ClassVar[bool] = False

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The counts, float64 ``[n, buckets]``."""
        import numpy as np

        (rows,) = values
        known: dict[str, int] = {}
        found = np.zeros((len(rows), self.buckets))
        for row, tokens in enumerate(rows):
            for token in tokens or ():
                bucket = known.get(token)
                if bucket is None:
                    bucket = known[token] = bucket_of(token, self.buckets, self.seed)
                found[row, bucket] += 1.0
        return found

    def columns(self, given: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
        """The name of the value with each bucket."""
        return tuple(f"{self.output}={bucket}" for bucket in range(self.buckets))


def known_tokens(rows: np.ndarray, vocabulary: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The row, the place in the vocabulary and the count of every known token of every row that has it."""
    import numpy as np

    places = {token: place for place, token in enumerate(vocabulary)}
    size = max(len(vocabulary), 1)
    flat = [
        row * size + place
        for row, tokens in enumerate(rows)
        for place in map(places.get, tokens or ())
        if place is not None
    ]
    at, counts = np.unique(np.array(flat, dtype=np.int64), return_counts=True)
    return at // size, at % size, counts.astype(np.float64)


def _filled(rows: np.ndarray, width: int, write: Callable[[np.ndarray, np.ndarray], None]) -> np.ndarray:
    import numpy as np

    found = np.zeros((len(rows), width))
    write(found, rows)
    return found
