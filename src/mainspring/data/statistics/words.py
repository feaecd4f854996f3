"""What a feature of words holds: how often each occurs, their lengths, and texts that should be numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mainspring.data.sketches import HASHED, Distinct, Frequencies
from mainspring.data.statistics.numbers import least, most

MOST_OFFENDERS: Final = 10
MISSING_WORDS: Final = frozenset(
    {"?", "-", "--", ".", "na", "n/a", "#n/a", "nil", "none", "null", "missing", "unknown"}
)
"""What people write, in any letter case, where a number is missing."""


@dataclass(frozen=True, slots=True)
class Offender:
    """A text that is no number in a column of numbers.

    Attributes:
        value: The text.
        count: Rows that hold it.
        row: The first of these rows; in the source if the rows' origin is known, else in the table; from 1.
    """

    value: str
    count: int
    row: int


@dataclass(frozen=True, slots=True)
class Words:
    """What a column of words holds: text, bools, dates and times.

    Attributes:
        frequencies: The words with their counts.
        unique: How many different ones there are; exact unless parts with many were merged.
        total_length: Characters in all rows together.
        min: The first in the order of the text.
        max: The last.
        num_whole: Rows whose text is a whole number of 64 bits.
        num_numbers: Rows whose text is a number, whole or not.
        offenders: If most texts are numbers, the first few that are not.
        min_length: Characters of the shortest; ``None`` if not known, as is ``max_length``.
        num_empty: Rows with a text of no characters.
        num_invalid_utf8: Rows whose bytes are no valid UTF-8.
    """

    frequencies: Frequencies
    unique: int
    total_length: int
    min: str | None
    max: str | None
    num_whole: int = 0
    num_numbers: int = 0
    offenders: tuple[Offender, ...] = ()
    distinct: Distinct | None = None
    min_length: int | None = None
    max_length: int | None = None
    num_empty: int = 0
    num_invalid_utf8: int = 0

    @property
    def avg_length(self) -> float:
        """Mean number of characters."""
        total = self.frequencies.total
        return self.total_length / total if total else math.nan

    def marks_missing(self) -> bool:
        """Whether the column looks like numbers in which missing ones are written out, such as ``NA``."""
        marks = [offender.value.strip().lower() for offender in self.offenders]
        return 0 < len(marks) < MOST_OFFENDERS and MISSING_WORDS.issuperset(marks)

    def rank_histogram(self) -> tuple[tuple[str, int], ...]:
        """The most frequent words with their counts, at most 1,000."""
        return tuple(self.frequencies.counts.items())

    @classmethod
    def merged(cls, parts: Sequence[Words]) -> Words:
        """Of the rows of all parts."""
        frequencies = Frequencies.merged([part.frequencies for part in parts])
        few = frequencies.complete and len(frequencies.counts) <= HASHED
        distinct = None if few else Distinct.merged([part._distinct() for part in parts])
        return Words(
            frequencies=frequencies,
            unique=len(frequencies.counts) if distinct is None or frequencies.complete else distinct.estimate(),
            total_length=sum(part.total_length for part in parts),
            min=least(part.min for part in parts),
            max=most(part.max for part in parts),
            num_whole=sum(part.num_whole for part in parts),
            num_numbers=sum(part.num_numbers for part in parts),
            offenders=_merged_offenders([part.offenders for part in parts]),
            distinct=distinct,
            min_length=least(part.min_length for part in parts),
            max_length=most(part.max_length for part in parts),
            num_empty=sum(part.num_empty for part in parts),
            num_invalid_utf8=sum(part.num_invalid_utf8 for part in parts),
        )

    def merge(self, other: Words) -> Words:
        """Of the rows of both."""
        return self.merged([self, other])

    def _distinct(self) -> Distinct:
        return self.distinct or Distinct.of_words(self.frequencies.counts)


def _merged_offenders(parts: Sequence[Sequence[Offender]]) -> tuple[Offender, ...]:
    found: dict[str, Offender] = {}
    for offender in (offender for part in parts for offender in part):
        known = found.get(offender.value)
        found[offender.value] = (
            Offender(known.value, known.count + offender.count, known.row) if known is not None else offender
        )
    return tuple(found.values())[:MOST_OFFENDERS]
