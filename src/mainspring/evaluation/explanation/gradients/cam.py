"""Grad-CAM: where in an image the channels of a layer speak for a class."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError

Floats = npt.NDArray[np.float64]


def class_activation_maps(activations: Floats, slopes: Floats, size: tuple[int, int]) -> Floats:
    """The channels of a layer, each weighted by its mean slope, of which only what speaks for the class is kept.

    Args:
        activations: Of a layer that keeps places, such as a convolution, shape ``[n, channels, h, w]``.
        slopes: The slopes of the class's logit by them, of the same shape.
        size: Height and width of the image, as large as which the maps are drawn.

    Returns:
        Shape ``[n, height, width]``, 0 and up.

    Raises:
        InputError: If the layer keeps no places.

    Reference: R. R. Selvaraju and others, *Grad-CAM: visual explanations from deep networks via gradient-based
    localization*, ICCV 2017.
    """
    if activations.ndim != 4 or activations.shape != slopes.shape:
        raise InputError(
            f"a layer that makes {list(activations.shape[1:])} of an image", expected="channels, height and width"
        )
    weights = slopes.mean(axis=(2, 3), keepdims=True)
    maps: Floats = np.maximum((weights * activations).sum(axis=1), 0.0)
    for axis, wanted in enumerate(size, start=1):
        maps = _stretched(maps, axis, wanted)
    return maps


def _stretched(maps: Floats, axis: int, wanted: int) -> Floats:
    """Straight lines between the middles of the cells along an axis; flat beyond the outermost."""
    have = maps.shape[axis]
    places = np.clip((np.arange(wanted) + 0.5) * have / wanted - 0.5, 0.0, have - 1.0)
    low = np.floor(places).astype(np.int64)
    share = (places - low).reshape([-1 if one == axis else 1 for one in range(maps.ndim)])
    stretched: Floats = maps.take(low, axis) * (1 - share) + maps.take(np.minimum(low + 1, have - 1), axis) * share
    return stretched
