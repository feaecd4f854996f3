"""New pictures from arrays: flipped, shifted, cropped, brighter or darker."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from mainspring.core.errors import InputError

if TYPE_CHECKING:
    import numpy as np


def flip(picture: np.ndarray, random: np.random.Generator, strength: float) -> np.ndarray:
    """Left and right changed, in half of the cases."""
    return picture[:, ::-1] if random.random() < 0.5 else picture


def shift(picture: np.ndarray, random: np.random.Generator, strength: float) -> np.ndarray:
    """Moved by up to that share of its height and width; the edge is repeated."""
    import numpy as np

    found = picture
    for axis in (0, 1):
        most = int(strength * picture.shape[axis])
        by = int(random.integers(-most, most + 1))
        places = np.clip(np.arange(picture.shape[axis]) - by, 0, picture.shape[axis] - 1)
        found = np.take(found, places, axis=axis)
    return found


def crop(picture: np.ndarray, random: np.random.Generator, strength: float) -> np.ndarray:
    """A part of it, smaller by up to that share, brought back to its size by the nearest points."""
    import numpy as np

    share = 1 - strength * random.random()
    found = picture
    for axis in (0, 1):
        size = picture.shape[axis]
        part = max(1, round(share * size))
        start = int(random.integers(0, size - part + 1))
        places = start + (np.arange(size) * part) // size
        found = np.take(found, places, axis=axis)
    return found


def brightness(picture: np.ndarray, random: np.random.Generator, strength: float) -> np.ndarray:
    """Every value times a number within that share of 1; kept within what the type can hold (floats: 0 to 1)."""
    import numpy as np

    scaled = picture.astype(np.float64) * (1 + strength * random.uniform(-1, 1))
    if np.issubdtype(picture.dtype, np.integer):
        limits = np.iinfo(picture.dtype)
        return np.asarray(np.clip(np.rint(scaled), limits.min, limits.max).astype(picture.dtype))
    top = max(1.0, float(picture.max(initial=0.0)))
    return np.asarray(np.clip(scaled, min(0.0, float(picture.min(initial=0.0))), top).astype(picture.dtype))


CHANGES: Final[Mapping[str, Callable[[np.ndarray, np.random.Generator, float], np.ndarray]]] = {
    "flip": flip,
    "shift": shift,
    "crop": crop,
    "brightness": brightness,
}


def augment_images(
    images: np.ndarray, methods: Sequence[str] = ("flip", "shift"), *, strength: float = 0.1, seed: int = 0
) -> np.ndarray:
    """One changed picture per picture, by all methods in turn; pictures and their type stay as large as they are.

    Args:
        images: ``[n, height, width]`` or ``[n, height, width, channels]``.
        methods: Some of ``flip``, ``shift``, ``crop``, ``brightness``.
        strength: How far pictures are changed, as a share.
        seed: Picture ``i`` is changed alike whatever comes before and after it.

    Raises:
        InputError: If there is no such method, or these are no pictures.

    Example:
        >>> import numpy as np
        >>> augment_images(np.arange(8, dtype=np.uint8).reshape(1, 2, 4), ["flip"], seed=2).tolist()
        [[[3, 2, 1, 0], [7, 6, 5, 4]]]
    """
    import numpy as np

    unknown = [name for name in methods if name not in CHANGES]
    if unknown:
        raise InputError(
            f"there is no method {unknown[0]!r} for pictures", expected="some of " + ", ".join(CHANGES)
        )
    if images.ndim not in {3, 4}:
        raise InputError(f"an array of the shape {list(images.shape)}", expected="[n, height, width(, channels)]")
    found = np.empty_like(images)
    for place, picture in enumerate(images):
        random = np.random.default_rng([seed, place])
        changed = picture
        for name in methods:
            changed = CHANGES[name](changed, random, strength)
        found[place] = changed
    return found
