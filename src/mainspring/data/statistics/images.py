"""What a feature of images holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mainspring.data.sketches import Quantiles
from mainspring.data.statistics.numbers import Histogram, binned, equal_width, least, most


@dataclass(frozen=True, slots=True)
class ImageStatistics:
    """The formats and sizes of images, as their first bytes tell them.

    Attributes:
        num_values: Values: bytes, or paths of files.
        num_unreadable: Values that are no image of a known format, or none whose size can be read, or paths where
            no file can be read.
        formats: Format to the number of values, by name: ``bmp``, ``gif``, ``jpeg``, ``png``, ``tiff``, ``webp``.
            A value with the mark of a format and without a readable size counts as unreadable, not here.
        total_bytes: Bytes of all values together, unreadable ones among them.
        min_bytes: Of the smallest value; ``None`` if there is none.
        max_bytes: Of the largest.
        sizes: The distribution of the number of bytes.
        heights: The distribution of heights in pixels, of readable images.
        widths: The distribution of widths in pixels.
        min_height: ``None`` if no image is readable, as are the other three.
    """

    num_values: int = 0
    num_unreadable: int = 0
    formats: Mapping[str, int] = field(default_factory=dict)
    total_bytes: int = 0
    min_bytes: int | None = None
    max_bytes: int | None = None
    sizes: Quantiles = field(default_factory=Quantiles)
    heights: Quantiles = field(default_factory=Quantiles)
    widths: Quantiles = field(default_factory=Quantiles)
    min_height: int | None = None
    max_height: int | None = None
    min_width: int | None = None
    max_width: int | None = None

    @property
    def supported_fraction(self) -> float:
        """The share of values that are readable images; 1.0 if there are no values."""
        return 1.0 - self.num_unreadable / self.num_values if self.num_values else 1.0

    @property
    def avg_bytes(self) -> float:
        """Mean number of bytes; 0 if there are no values."""
        return self.total_bytes / self.num_values if self.num_values else 0.0

    def height_histogram(self) -> Histogram:
        """Images per height, in ten bins of equal width."""
        return _histogram(self.heights, self.min_height, self.max_height)

    def width_histogram(self) -> Histogram:
        """Images per width, in ten bins of equal width."""
        return _histogram(self.widths, self.min_width, self.max_width)

    def size_histogram(self) -> Histogram:
        """Values per number of bytes, in ten bins of equal width."""
        return _histogram(self.sizes, self.min_bytes, self.max_bytes)

    @classmethod
    def merged(cls, parts: Sequence[ImageStatistics]) -> ImageStatistics:
        """Of the values of all parts."""
        formats: dict[str, int] = {}
        for part in parts:
            for name, count in part.formats.items():
                formats[name] = formats.get(name, 0) + count
        return ImageStatistics(
            num_values=sum(part.num_values for part in parts),
            num_unreadable=sum(part.num_unreadable for part in parts),
            formats=dict(sorted(formats.items())),
            total_bytes=sum(part.total_bytes for part in parts),
            min_bytes=least(part.min_bytes for part in parts),
            max_bytes=most(part.max_bytes for part in parts),
            sizes=Quantiles.merged([part.sizes for part in parts]),
            heights=Quantiles.merged([part.heights for part in parts]),
            widths=Quantiles.merged([part.widths for part in parts]),
            min_height=least(part.min_height for part in parts),
            max_height=most(part.max_height for part in parts),
            min_width=least(part.min_width for part in parts),
            max_width=most(part.max_width for part in parts),
        )

    def merge(self, other: ImageStatistics) -> ImageStatistics:
        """Of the values of both."""
        return self.merged([self, other])


def _histogram(found: Quantiles, low: int | None, high: int | None) -> Histogram:
    return Histogram((), ()) if low is None or high is None else binned(found, equal_width(low, high))
