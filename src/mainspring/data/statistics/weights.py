"""What a feature holds when every row counts as much as its weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WeightedNumbers:
    """What a feature of numbers holds, each row counted by its weight."""

    weight: float = 0.0

    @classmethod
    def merged(cls, parts: Sequence[WeightedNumbers]) -> WeightedNumbers:
        """Of the rows of all parts."""
        return WeightedNumbers(sum(part.weight for part in parts))

    def merge(self, other: WeightedNumbers) -> WeightedNumbers:
        """Of the rows of both."""
        return self.merged([self, other])


@dataclass(frozen=True, slots=True)
class WeightedWords:
    """What a feature of words holds, each row counted by its weight."""

    weight: float = 0.0

    @classmethod
    def merged(cls, parts: Sequence[WeightedWords]) -> WeightedWords:
        """Of the rows of all parts."""
        return WeightedWords(sum(part.weight for part in parts))

    def merge(self, other: WeightedWords) -> WeightedWords:
        """Of the rows of both."""
        return self.merged([self, other])


@dataclass(frozen=True, slots=True)
class Weighted:
    """What a feature holds, each row counted by its weight.

    Attributes:
        num_missing: Weight of the rows without a value.
        num_non_missing: Weight of the rows with one.
        numbers: For INT and FLOAT.
        words: For other types.
    """

    num_missing: float = 0.0
    num_non_missing: float = 0.0
    numbers: WeightedNumbers | None = None
    words: WeightedWords | None = None

    @classmethod
    def merged(cls, parts: Sequence[Weighted]) -> Weighted:
        """Of the rows of all parts."""
        numbers = [part.numbers for part in parts if part.numbers is not None]
        words = [part.words for part in parts if part.words is not None]
        return Weighted(
            sum(part.num_missing for part in parts),
            sum(part.num_non_missing for part in parts),
            WeightedNumbers.merged(numbers) if numbers else None,
            WeightedWords.merged(words) if words else None,
        )

    def merge(self, other: Weighted) -> Weighted:
        """Of the rows of both."""
        return self.merged([self, other])
