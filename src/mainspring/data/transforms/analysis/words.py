"""How often words occur in a part of the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    import numpy as np

MOST_WORDS: Final = 100_000
"""So many words of a part are listed; beyond that the most frequent ones, in order of count, then of word."""


@dataclass(frozen=True, slots=True)
class Words:
    """How many rows hold each word, and how many rows there are.

    Attributes:
        rows: All rows, those without a word among them.
        counts: Word to rows, most frequent first, then by word.
        rest: Occurrences of words that are not listed.
    """

    rows: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    rest: int = 0

    @classmethod
    def of(cls, *values: np.ndarray) -> Self:
        """Of one value: words, or the different tokens of every row."""
        (found,) = values
        if any(isinstance(one, tuple) for one in found):
            counts = Counter(token for tokens in found if tokens is not None for token in set(tokens))
        else:
            counts = Counter(word for word in found if word is not None)
        return cls.of_counts(len(found), counts)

    @classmethod
    def of_counts(cls, rows: int, counts: Mapping[str, int], rest: int = 0) -> Self:
        """The most frequent of some words."""
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        rest += sum(count for _, count in ranked[MOST_WORDS:])
        return cls(rows, dict(ranked[:MOST_WORDS]), rest)

    @classmethod
    def merged(cls, parts: Sequence[Self]) -> Self:
        """The sums of the counts."""
        sums: Counter[str] = Counter()
        for part in parts:
            sums.update(part.counts)
        return cls.of_counts(sum(part.rows for part in parts), sums, sum(part.rest for part in parts))

    @property
    def total(self) -> int:
        """Occurrences of all words."""
        return sum(self.counts.values()) + self.rest
