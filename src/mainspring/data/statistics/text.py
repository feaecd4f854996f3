"""What a feature of natural language holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextStatistics:
    """What a feature of natural language holds.

    Attributes:
        num_values: How many values there are.
    """

    num_values: int = 0

    @classmethod
    def merged(cls, parts: Sequence[TextStatistics]) -> TextStatistics:
        """Of the rows of all parts."""
        return TextStatistics(sum(part.num_values for part in parts))

    def merge(self, other: TextStatistics) -> TextStatistics:
        """Of the rows of both."""
        return self.merged([self, other])
