"""Cutting an image into regions: a grid, or pixels that are alike and lie together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError

Floats = npt.NDArray[np.float64]
Regions = npt.NDArray[np.int64]
"""The number of the region of each pixel, from 0 on, shape ``[h, w]``."""


def grid_regions(high: int, wide: int, side: int) -> Regions:
    """Squares of ``side`` pixels; those at the right and the lower edge may be smaller.

    Raises:
        InputError: If the image or the squares have no size.

    Example:
        >>> grid_regions(2, 4, 2).tolist()
        [[0, 0, 1, 1], [0, 0, 1, 1]]
    """
    if min(high, wide, side) < 1:
        raise InputError(
            f"squares of {side} in an image of {high} by {wide}", expected="one pixel at least of each"
        )
    across = -(-wide // side)
    return (np.arange(high)[:, None] // side) * across + np.arange(wide)[None, :] // side


def similar_regions(image: Floats, count: int = 40, *, weight: float = 0.2, rounds: int = 10) -> Regions:
    """About ``count`` regions of pixels that are alike and close to each other.

    Centres begin on a grid; pixels go to the nearest centre in colour and place, centres to the middle of their
    pixels, a few times over. Each region that is left has one piece: what lies apart joins its largest neighbour.

    Args:
        image: Grey ``[h, w]`` or colours ``[h, w, c]``.
        count: About how many.
        weight: What place counts beside colour, whose range is 1; higher gives rounder regions.
        rounds: How often pixels are sorted anew.

    Raises:
        InputError: If the image has no pixels, or no region was asked for.

    Reference: R. Achanta and others, *SLIC superpixels compared to state-of-the-art superpixel methods*, IEEE
    TPAMI 34 (2012).
    """
    colours = np.asarray(image, dtype=np.float64)
    colours = colours[:, :, None] if colours.ndim == 2 else colours
    high, wide = colours.shape[:2]
    if count < 1 or not colours.size:
        raise InputError(f"{count} regions of an image of {high} by {wide}", expected="one at least of each")
    step = (high * wide / count) ** 0.5
    span = float(np.ptp(colours)) or 1.0
    down, across = np.mgrid[0:high, 0:wide].astype(np.float64)
    place = np.stack((down, across), axis=2) * (weight / step)
    points = np.concatenate((colours / span, place), axis=2).reshape(high * wide, -1)
    rows, columns = (max(1, round(size / step)) for size in (high, wide))
    at = np.add.outer(
        ((np.arange(rows) + 0.5) * high / rows).astype(np.int64) * wide,
        ((np.arange(columns) + 0.5) * wide / columns).astype(np.int64),
    ).ravel()
    centres = points[at]
    nearest = np.zeros(len(points), dtype=np.int64)
    for _ in range(rounds):
        far = (points**2).sum(axis=1)[:, None] - 2 * points @ centres.T + (centres**2).sum(axis=1)
        nearest = far.argmin(axis=1)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, points)
        sizes = np.bincount(nearest, minlength=len(centres))
        kept = sizes > 0
        centres[kept] = sums[kept] / sizes[kept, None]
    return _whole(nearest.reshape(high, wide), least=max(1, int(step**2 / 4)))


def _whole(labels: Regions, least: int) -> Regions:
    """Pieces that hang together, those of fewer pixels joined to the neighbour that they touch most."""
    pieces = _pieces(labels)
    while True:
        sizes = np.bincount(pieces.ravel())
        small = np.flatnonzero((sizes > 0) & (sizes < least))
        if not len(small) or np.count_nonzero(sizes) <= 1:
            break
        one = small[sizes[small].argmin()]
        touching = _beside(pieces, int(one))
        pieces[pieces == one] = np.bincount(touching).argmax()
    numbered: Regions = np.unique(pieces, return_inverse=True)[1].reshape(labels.shape).astype(np.int64)
    return numbered


def _pieces(labels: Regions) -> Regions:
    """Numbers of connected pieces: every pixel takes the least number around it, until nothing moves."""
    numbers = np.arange(labels.size).reshape(labels.shape)
    down, across = labels[1:] == labels[:-1], labels[:, 1:] == labels[:, :-1]
    while True:
        before = numbers.copy()
        least = np.where(down, np.minimum(numbers[1:], numbers[:-1]), numbers[1:])
        numbers[1:] = least
        numbers[:-1] = np.where(down, np.minimum(numbers[1:], numbers[:-1]), numbers[:-1])
        least = np.where(across, np.minimum(numbers[:, 1:], numbers[:, :-1]), numbers[:, 1:])
        numbers[:, 1:] = least
        numbers[:, :-1] = np.where(across, np.minimum(numbers[:, 1:], numbers[:, :-1]), numbers[:, :-1])
        # A number is the place of a pixel of the same piece, whose own number may be lower still.
        numbers = numbers.ravel()[numbers]
        if np.array_equal(numbers, before):
            break
    return np.unique(numbers, return_inverse=True)[1].reshape(labels.shape).astype(np.int64)


def _beside(pieces: Regions, one: int) -> npt.NDArray[np.int64]:
    """The numbers of the pixels that touch a piece."""
    inside = pieces == one
    found = [
        pieces[1:][inside[:-1] & ~inside[1:]],
        pieces[:-1][inside[1:] & ~inside[:-1]],
        pieces[:, 1:][inside[:, :-1] & ~inside[:, 1:]],
        pieces[:, :-1][inside[:, 1:] & ~inside[:, :-1]],
    ]
    return np.concatenate(found)
