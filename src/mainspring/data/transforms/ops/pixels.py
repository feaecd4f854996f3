"""Pictures as raw pixels: read, resize."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mainspring.core.errors import InputError
from mainspring.data.transforms.ops.op import Kind, Op

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Pixels(Op):
    """The bytes of a picture as numbers from 0 to 255, row by row, pixel by pixel, channel by channel.

    A column of bytes comes as hexadecimal digits. A missing picture is NaN everywhere.

    Attributes:
        height: Rows of pixels.
        width: Pixels in a row.
        channels: Bytes per pixel: 1 for grey, 3 for colour.
    """

    height: int
    width: int
    channels: int = 3

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.WORD,)
    ONNX: ClassVar[bool] = False

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The numbers, float64 ``[n, height * width * channels]``.

        Raises:
            InputError: If a picture has another number of bytes.
        """
        import numpy as np

        (words,) = values
        size = self.height * self.width * self.channels
        found = np.full((len(words), size), np.nan)
        for row, digits in enumerate(words):
            if digits is None:
                continue
            pixels = np.frombuffer(bytes.fromhex(digits), dtype=np.uint8)
            if len(pixels) != size:
                raise InputError(
                    f"the picture in row {row + 1} of {self.inputs[0]!r} has {len(pixels)} bytes",
                    expected=f"{self.height} x {self.width} x {self.channels} = {size} bytes of raw pixels",
                    fix="decode and crop the pictures before",
                )
            found[row] = pixels
        return found

    def columns(self, given: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
        """The name of the value with row, column and channel of the pixel, from 0."""
        return pixel_names(self.output, self.height, self.width, self.channels)


@dataclass(frozen=True, slots=True)
class Resize(Op):
    """Pictures of another size.

    With ``s = old / new`` along each axis and ``i`` the new place, ``nearest`` takes the pixel at
    ``floor((i + 0.5) * s)``. ``bilinear`` takes the place ``(i + 0.5) * s - 0.5``, not below 0 nor above the last
    pixel, and mixes its two neighbours by their distance, first along the height, then along the width (half-pixel
    centres, no smoothing when it becomes smaller).

    Attributes:
        old: Height, width and channels before.
        new: Height and width after.
        method: ``nearest`` or ``bilinear``.
    """

    old: tuple[int, int, int]
    new: tuple[int, int]
    method: str = "bilinear"

    ONNX: ClassVar[bool] = False

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The numbers, float64 ``[n, new height * new width * channels]``."""
        import numpy as np

        (numbers,) = values
        found = numbers.reshape(len(numbers), *self.old)
        for axis in (1, 2):
            low, high, share = _neighbours(self.old[axis - 1], self.new[axis - 1], self.method)
            shape = [1, 1, 1, 1]
            shape[axis] = len(low)
            weight = share.reshape(shape)
            found = np.take(found, low, axis=axis) * (1.0 - weight) + np.take(found, high, axis=axis) * weight
        return np.ascontiguousarray(found.reshape(len(numbers), self.new[0] * self.new[1] * self.old[2]))

    def columns(self, given: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
        """The name of the value with row, column and channel of the pixel, from 0."""
        return pixel_names(self.output, *self.new, self.old[2])


@dataclass(frozen=True, slots=True)
class ScaleChannels(Op):
    """``(x - shift) / scale`` with constants for every channel, over and over along the columns.

    Attributes:
        shifts: One per channel.
        scales: One per channel.
    """

    shifts: tuple[float, ...]
    scales: tuple[float, ...]

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The scaled numbers, in the shape of those given."""
        import numpy as np

        (numbers,) = values
        times = numbers.shape[1] // len(self.shifts)
        found: np.ndarray = (numbers - np.tile(self.shifts, times)) / np.tile(self.scales, times)
        return found


def pixel_names(name: str, height: int, width: int, channels: int) -> tuple[str, ...]:
    """A name for every number of a picture."""
    return tuple(f"{name}[{y},{x},{z}]" for y in range(height) for x in range(width) for z in range(channels))


def _neighbours(old: int, new: int, method: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For every new place: the old ones below and above, and the share of the latter."""
    import numpy as np

    at = (np.arange(new) + 0.5) * (old / new)
    if method == "nearest":
        low = np.minimum(np.floor(at).astype(np.int64), old - 1)
        return low, low, np.zeros(new)
    at = np.clip(at - 0.5, 0.0, old - 1.0)
    low = np.floor(at).astype(np.int64)
    return low, np.minimum(low + 1, old - 1), at - low
