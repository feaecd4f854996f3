"""What pairs of features hold together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Crosses:
    """What pairs of features hold together.

    Attributes:
        num_values: How many rows there are.
    """

    num_values: int = 0

    @classmethod
    def merged(cls, parts: Sequence[Crosses]) -> Crosses:
        """Of the rows of all parts."""
        return Crosses(sum(part.num_values for part in parts))

    def merge(self, other: Crosses) -> Crosses:
        """Of the rows of both."""
        return self.merged([self, other])
