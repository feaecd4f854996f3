"""Requests about words and tokens: vocabularies and frequencies."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any, ClassVar

from mainspring.data.transforms.analysis.asking import Request
from mainspring.data.transforms.analysis.words import Words


@dataclass(frozen=True, slots=True)
class WordCounts(Request):
    """How many rows hold each word, the most frequent first, then by the word."""

    top: int | None = None

    SUMMARY: ClassVar[type[Any]] = Words

    def answer(self, summary: Any) -> Any:
        """Word to rows."""
        return dict(itertools.islice(summary.counts.items(), self.top))


@dataclass(frozen=True, slots=True)
class Vocabulary(Request):
    """The most frequent words: in descending order of frequency, then by the word. Empty words and those with line
    breaks are words like any other.
    """

    top: int | None = None
    min_count: int = 1

    SUMMARY: ClassVar[type[Any]] = Words

    def answer(self, summary: Any) -> Any:
        """The words."""
        kept = [word for word, count in summary.counts.items() if count >= self.min_count]
        return tuple(kept[: self.top])


@dataclass(frozen=True, slots=True)
class WordShares(Request):
    """The share of the rows with a word that hold each word of the vocabulary."""

    top: int | None = None
    min_count: int = 1

    SUMMARY: ClassVar[type[Any]] = Words

    def answer(self, summary: Any) -> Any:
        """One share per word."""
        kept = [count for count in summary.counts.values() if count >= self.min_count]
        return tuple(count / summary.total for count in kept[: self.top])


@dataclass(frozen=True, slots=True)
class MostFrequentWord(Request):
    """The word that most rows hold, the first in order of several; empty if there is none."""

    SUMMARY: ClassVar[type[Any]] = Words

    def answer(self, summary: Any) -> Any:
        """The word."""
        return next(iter(summary.counts), "")


@dataclass(frozen=True, slots=True)
class Idf(Request):
    """``1 + log((N + 1) / (df + 1))`` for every word of the vocabulary."""

    top: int | None = None
    min_count: int = 1

    SUMMARY: ClassVar[type[Any]] = Words

    def answer(self, summary: Any) -> Any:
        """One number per word."""
        kept = [count for count in summary.counts.values() if count >= self.min_count]
        return tuple(1.0 + math.log((summary.rows + 1) / (count + 1)) for count in kept[: self.top])
