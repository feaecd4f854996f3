"""What a feature of images holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageStatistics:
    """What a feature of images holds.

    Attributes:
        num_values: How many values there are.
    """

    num_values: int = 0

    @classmethod
    def merged(cls, parts: Sequence[ImageStatistics]) -> ImageStatistics:
        """Of the rows of all parts."""
        return ImageStatistics(sum(part.num_values for part in parts))

    def merge(self, other: ImageStatistics) -> ImageStatistics:
        """Of the rows of both."""
        return self.merged([self, other])
