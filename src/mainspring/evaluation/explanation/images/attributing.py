"""What the regions of an image add to an answer, by covering some and asking again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np

from mainspring.core.errors import InputError
from mainspring.evaluation.explanation.asking import Asked
from mainspring.evaluation.explanation.attributions import ResidualError
from mainspring.evaluation.explanation.budgets import NOTHING
from mainspring.evaluation.explanation.images.maps import RegionAttributions
from mainspring.evaluation.explanation.images.regions import Floats, Regions, grid_regions, similar_regions
from mainspring.evaluation.explanation.lime import weighted_line
from mainspring.evaluation.explanation.seeding import generator_of
from mainspring.evaluation.explanation.shapley.exact import exact_shapley
from mainspring.evaluation.explanation.shapley.games import Coalitions
from mainspring.evaluation.explanation.shapley.kernel import chosen_coalitions, kernel_shap

Ask = Asked | Callable[[Floats], Floats]
"""A model that is asked about rows with a column for each pixel, or a function from images ``[n, …]`` to figures.
"""

RegionMethod = Literal["shapley", "lime"]
Fill = float | Literal["mean", "blur"]

EXACT_UP_TO = 10
IMAGES_AT_ONCE = 1 << 22
"""Pixels that are asked about together, at most."""

_TOLERANCE = 1e-6
_NEAR = 0.25
_PENALTY = 1e-3


def region_attributions(
    ask: Ask,
    image: Floats,
    *,
    regions: Regions | None = None,
    method: RegionMethod = "shapley",
    fill: Fill = "mean",
    samples: int = 1024,
    seed: int = 0,
) -> RegionAttributions:
    """What each region adds to the answer to one image.

    Args:
        ask: The model. One that is asked about rows has a column for each pixel, line by line, in the order of its
            columns; a function gets images as they are.
        image: Grey ``[h, w]`` or colours ``[h, w, c]``.
        regions: The number of the region of each pixel; without it about 40 regions of like pixels.
        method: ``"shapley"``: values that add up to the answer, exact for up to ten regions, else by kernel SHAP;
            ``"lime"``: weights of a line through answers to images near this one.
        fill: What covered regions show: a figure, the ``"mean"`` colour of the image, or the image after a
            ``"blur"``.
        samples: How many covered images are asked about.
        seed: Of the draw.

    Raises:
        InputError: If the image, the regions and the model do not fit each other, or there are too few samples.
        ResidualError: If Shapley values do not add up to the answer.
    """
    if method not in ("shapley", "lime"):
        raise InputError(f"there is no method {method!r} for regions", expected="shapley or lime")
    picture = np.asarray(image, dtype=np.float64)
    cut = similar_regions(picture) if regions is None else np.asarray(regions, dtype=np.int64)
    if cut.shape != picture.shape[:2]:
        raise InputError(
            f"regions of shape {list(cut.shape)} for an image of shape {list(picture.shape)}",
            expected="the number of a region for each pixel",
        )
    cut = np.unique(cut, return_inverse=True)[1].reshape(cut.shape)
    count = int(cut.max()) + 1
    worth = _game(ask, picture, cut, _filled(picture, fill))
    base, answer = worth(np.array([[False] * count, [True] * count])).tolist()
    generator = generator_of({"image": picture.tolist()}, seed)
    fidelity: dict[str, float] = {}
    if method == "lime":
        if samples < 2 * count:
            raise InputError(f"{samples} samples for {count} regions", expected=f"{2 * count} at least")
        kept = generator.random((samples, count)) < 0.5
        near = np.exp(-((1 - kept.mean(axis=1)) ** 2) / _NEAR)
        _, weights, fidelity["fidelity"] = weighted_line(kept, worth(kept), near, _PENALTY)
    elif count <= EXACT_UP_TO:
        weights = exact_shapley(worth, count)
    else:
        chosen, share = chosen_coalitions(count, max(samples, 2 * count), generator)
        weights = kernel_shap(worth, count, coalitions=chosen, weights=share)
    parameters = {"fill": fill, "samples": samples, "seed": seed, **fidelity}
    found = _told(ask, method, picture, cut, weights, (base, answer), parameters)
    if method == "shapley" and not found.residual <= _TOLERANCE * (1 + abs(answer)):
        raise ResidualError(
            f"the regions miss the answer by {found.residual:.3g}",
            fix="the model answers equal images differently",
        )
    return found


def occlusion(
    ask: Ask, image: Floats, *, side: int = 8, stride: int | None = None, fill: Fill = "mean"
) -> RegionAttributions:
    """How much the answer falls when a square is covered, wherever the square can stand.

    Args:
        ask: The model, as for :func:`region_attributions`.
        image: Grey ``[h, w]`` or colours ``[h, w, c]``.
        side: Of the square, in pixels.
        stride: How far it moves; its own side without it. With less, a place gets the mean of all squares over it.
        fill: What the square shows.

    Raises:
        InputError: If the side is no multiple of the stride, or the model does not fit the image.

    Reference: M. D. Zeiler and R. Fergus, *Visualizing and understanding convolutional networks*, ECCV 2014.
    """
    picture = np.asarray(image, dtype=np.float64)
    step = side if stride is None else stride
    if step < 1 or side % step:
        raise InputError(f"a square of {side} that moves by {step}", expected="a side that is a multiple of it")
    high, wide = picture.shape[:2]
    cut = grid_regions(high, wide, step)
    cells, reach = int(cut.max()) + 1, side // step
    across = -(-wide // step)
    down = -(-high // step)
    squares = []
    # Also squares that stand partly outside, so that the edge is covered as often as the middle.
    for top in range(1 - reach, down):
        for left in range(1 - reach, across):
            covered = np.zeros((down, across), dtype=np.bool_)
            covered[max(top, 0) : top + reach, max(left, 0) : left + reach] = True
            squares.append(covered.ravel())
    covered = np.array(squares)
    worth = _game(ask, picture, cut, _filled(picture, fill))
    ends = worth(np.array([[False] * cells, [True] * cells]))
    falls = ends[1] - worth(~covered)
    weights = (covered * falls[:, None]).sum(axis=0) / covered.sum(axis=0)
    parameters = {"side": side, "stride": step, "fill": fill}
    return _told(ask, "occlusion", picture, cut, weights, (float(ends[0]), float(ends[1])), parameters)


def _told(
    ask: Ask,
    method: str,
    picture: Floats,
    cut: Regions,
    weights: Floats,
    ends: tuple[float, float],
    parameters: Mapping[str, object],
) -> RegionAttributions:
    known = ask if isinstance(ask, Asked) else None
    return RegionAttributions(
        method=method,
        image=picture,
        regions=cut,
        weights=weights,
        base=ends[0],
        answer=ends[1],
        output=None if known is None else known.output,
        scale="value" if known is None else known.scale,
        parameters=parameters,
        spent=NOTHING if known is None else known.spent,
    )


def _game(ask: Ask, picture: Floats, cut: Regions, hidden: Floats) -> Callable[[Coalitions], Floats]:
    """A combination of regions is worth the answer to the image in which the others are covered."""
    if isinstance(ask, Asked) and len(ask.names) != picture.size:
        raise InputError(
            f"the model reads {len(ask.names)} columns, and the image has {picture.size} figures",
            expected="a column for each pixel, and for each of its colours",
        )

    def answers(images: Floats) -> Floats:
        if not isinstance(ask, Asked):
            return np.asarray(ask(images), dtype=np.float64)
        flat = images.reshape(len(images), -1)
        return ask({name: flat[:, place].copy() for place, name in enumerate(ask.names)})

    def worth(combinations: Coalitions) -> Floats:
        at_once = max(1, IMAGES_AT_ONCE // picture.size)
        found = np.empty(len(combinations))
        for start in range(0, len(combinations), at_once):
            part = combinations[start : start + at_once]
            seen = part[:, cut]
            mask = seen.reshape(*seen.shape, *[1] * (picture.ndim - 2))
            found[start : start + at_once] = answers(np.where(mask, picture, hidden))
        return found

    return worth


def _filled(picture: Floats, fill: Fill) -> Floats:
    """What covered pixels show."""
    if fill == "mean":
        return np.broadcast_to(picture.mean(axis=(0, 1)), picture.shape)
    if fill == "blur":
        return _blurred(picture, max(1, min(picture.shape[:2]) // 8))
    if not isinstance(fill, int | float):
        raise InputError(f"covered regions cannot show {fill!r}", expected="a figure, 'mean' or 'blur'")
    return np.full(picture.shape, float(fill))


def _blurred(picture: Floats, reach: int) -> Floats:
    """The mean of all pixels around each one, three times over."""
    for _ in range(3):
        for axis in (0, 1):
            padded = np.pad(
                picture,
                [(reach + 1, reach) if one == axis else (0, 0) for one in range(picture.ndim)],
                mode="edge",
            )
            sums = np.cumsum(padded, axis=axis)
            size = picture.shape[axis]
            upper = np.take(sums, np.arange(2 * reach + 1, 2 * reach + 1 + size), axis=axis)
            picture = (upper - np.take(sums, np.arange(size), axis=axis)) / (2 * reach + 1)
    return picture
