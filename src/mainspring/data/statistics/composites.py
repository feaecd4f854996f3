"""What features that are made of several columns hold: sparse and weighted ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CompositeStatistics:
    """What features that are made of several columns hold: sparse and weighted ones.

    Attributes:
        num_values: How many values there are.
    """

    num_values: int = 0

    @classmethod
    def merged(cls, parts: Sequence[CompositeStatistics]) -> CompositeStatistics:
        """Of the rows of all parts."""
        return CompositeStatistics(sum(part.num_values for part in parts))

    def merge(self, other: CompositeStatistics) -> CompositeStatistics:
        """Of the rows of both."""
        return self.merged([self, other])
