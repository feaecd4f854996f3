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
        listed = _most_frequent(counts)
        return cls(rows, listed, rest + sum(counts.values()) - sum(listed.values()))

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


def _most_frequent(counts: Mapping[str, int]) -> dict[str, int]:
    """The words to list, most frequent first, then by word."""
    import numpy as np

    chosen = list(counts.items())
    if len(chosen) > MOST_WORDS:
        place = len(chosen) - MOST_WORDS
        cut = int(np.partition(np.fromiter(counts.values(), dtype=np.int64, count=len(chosen)), place)[place])
        more = [item for item in chosen if item[1] > cut]
        ties = sorted(word for word, count in chosen if count == cut)
        chosen = more + [(word, cut) for word in ties[: MOST_WORDS - len(more)]]
    return dict(sorted(chosen, key=lambda item: (-item[1], item[0])))
