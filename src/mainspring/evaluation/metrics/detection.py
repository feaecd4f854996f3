"""Metrics of object detection: boxes found, by overlap, class and size, as the COCO challenge tells them.

A found box is right if it overlaps a true box of its class by at least a threshold (intersection over union) and
no more confident box has taken that one. Average precision is the mean, over 101 recalls, of the best precision
at that recall or a higher one; ``box_ap`` averages it over the thresholds .50, .55 … .95 and over the classes.

Reference: T.-Y. Lin et al., *Microsoft COCO: common objects in context* (ECCV 2014). The figures are those of
pycocotools, but for found boxes of equal score, which are taken together here, so that no figure depends on
the order of the images.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.metrics.facts import Better, Fact, Facts
from mainspring.evaluation.metrics.intervals import CLOSED, Intervals
from mainspring.evaluation.metrics.measured import Measured, Sheet
from mainspring.evaluation.metrics.states import Floats, Ints

THRESHOLDS: Final = tuple((50 + 5 * place) / 100 for place in range(10))
SIZES: Final = {
    "": (0.0, 1e10),
    "small": (0.0, 32.0**2),
    "medium": (32.0**2, 96.0**2),
    "large": (96.0**2, 1e10),
}
"""Size to the least and the largest area in pixels; the first is all boxes."""
MOST: Final = (1, 10, 100)
"""Found boxes of an image and class that count, the most confident ones; the last for average precision."""

_RECALLS: Final = np.linspace(0.0, 1.0, 101)
_NO_BOX = "no image has a box"


def _fact(title: str, says: str) -> Fact:
    return Fact(better=Better.HIGHER, title=title, says=says, unit=True)


FACTS: Facts = {
    "box_ap": _fact("AP", "average precision of boxes over overlaps from .5 to .95, averaged over classes"),
    "box_ap_small": _fact("AP small", "average precision of boxes of less than 32 x 32 pixels"),
    "box_ap_medium": _fact("AP medium", "average precision of boxes between 32 x 32 and 96 x 96 pixels"),
    "box_ap_large": _fact("AP large", "average precision of boxes of more than 96 x 96 pixels"),
    "box_ar": _fact("AR", "the share of boxes found, with so many found boxes to an image"),
    "box_ar_small": _fact("AR small", "the share of boxes of less than 32 x 32 pixels that are found"),
    "box_ar_medium": _fact("AR medium", "the share of boxes between 32 x 32 and 96 x 96 pixels that are found"),
    "box_ar_large": _fact("AR large", "the share of boxes of more than 96 x 96 pixels that are found"),
    "boxes": Fact(better=Better.NEITHER, title="boxes", says="true boxes that are to be found"),
}

Form = Literal["corners", "size"]


@dataclass(frozen=True, eq=False)
class Boxes:
    """Boxes in images. Made by :meth:`of`.

    Attributes:
        images: The image of each box, shape ``[n]``.
        classes: What each box holds, shape ``[n]``.
        corners: Left, top, right and bottom in pixels, shape ``[n, 4]``.
        scores: How sure the model is of each, shape ``[n]``; ``None`` for true boxes.
        crowd: True boxes that stand for many objects: found boxes inside count neither way.
        areas: In pixels; of the box where no outline is known.
    """

    images: tuple[Any, ...]
    classes: tuple[Any, ...]
    corners: Floats
    scores: Floats | None
    crowd: npt.NDArray[np.bool_]
    areas: Floats

    @classmethod
    def of(
        cls,
        images: Sequence[Any],
        classes: Sequence[Any],
        boxes: npt.NDArray[Any] | Sequence[Sequence[float]],
        *,
        scores: Sequence[float] | npt.NDArray[Any] | None = None,
        crowd: Sequence[bool] | npt.NDArray[Any] | None = None,
        areas: Sequence[float] | npt.NDArray[Any] | None = None,
        form: Form = "corners",
    ) -> Self:
        """Line up boxes.

        Args:
            images: The image of each box.
            classes: Its class.
            boxes: Four numbers of each, shape ``[n, 4]``.
            scores: How sure the model is, for found boxes.
            crowd: True boxes that stand for many objects.
            areas: Of the objects, where their outline is known.
            form: ``"corners"``: left, top, right, bottom. ``"size"``: left, top, width, height.

        Raises:
            InputError: If lengths differ, or a box is not finite or ends before it begins.
        """
        corners = np.asarray(boxes, dtype=np.float64)
        given = [classes, *(one for one in (scores, crowd, areas) if one is not None)]
        corners = corners.reshape(0, 4) if corners.size == 0 else corners
        faults = []
        if any(len(one) != len(images) for one in given) or corners.shape != (len(images), 4):
            told = ", ".join(str(len(one)) for one in given)
            faults.append(f"{len(images)} images, columns of {told}, boxes of the shape {list(corners.shape)}")
        else:
            if form == "size":
                corners = np.column_stack([corners[:, :2], corners[:, :2] + corners[:, 2:]])
            bad = ~np.isfinite(corners).all(axis=1) | (corners[:, 2:] < corners[:, :2]).any(axis=1)
            if scores is not None:
                bad |= ~np.isfinite(np.asarray(scores, dtype=np.float64))
            if bad.any():
                faults.append(f"{int(bad.sum())} boxes that end before they begin, or are not finite")
        if faults:
            raise InputError(
                "; ".join(faults),
                expected="four finite numbers per box, and one image, class and score of each",
                fix='say form="size" for left, top, width and height',
            )
        sides = corners[:, 2:] - corners[:, :2]
        return cls(
            images=tuple(images),
            classes=tuple(classes),
            corners=corners,
            scores=None if scores is None else np.asarray(scores, dtype=np.float64),
            crowd=np.zeros(len(images), dtype=bool) if crowd is None else np.asarray(crowd, dtype=bool),
            areas=sides[:, 0] * sides[:, 1] if areas is None else np.asarray(areas, dtype=np.float64),
        )

    def __len__(self) -> int:
        return len(self.images)


def overlaps(found: Floats, true: Floats, crowd: npt.NDArray[np.bool_] | None = None) -> Floats:
    """Intersection over union of each found box with each true one; over the found box alone for crowds.

    Args:
        found: Corners, shape ``[d, 4]``.
        true: Corners, shape ``[g, 4]``.
        crowd: Shape ``[g]``.

    Example:
        >>> overlaps(np.array([[0.0, 0, 2, 2]]), np.array([[1.0, 0, 3, 2]])).tolist()
        [[0.3333333333333333]]
    """
    low = np.maximum(found[:, None, :2], true[None, :, :2])
    high = np.minimum(found[:, None, 2:], true[None, :, 2:])
    shared: Floats = np.prod(np.maximum(high - low, 0.0), axis=2)
    own = np.prod(found[:, 2:] - found[:, :2], axis=1)[:, None]
    other = np.prod(true[:, 2:] - true[:, :2], axis=1)[None]
    together = own + other - shared
    if crowd is not None:
        together = np.where(crowd, own, together)
    share: Floats = np.divide(shared, together, out=np.zeros(shared.shape), where=together > 0)
    return share


@dataclass(frozen=True, eq=False)
class DetectedRows:
    """Images with what was found in them; the rows are images. Made by :meth:`of`.

    Attributes:
        images: The images, in order.
        classes: All classes that occur.
        thresholds: Overlaps from which a box is found.
        states: Of each image.
    """

    images: tuple[Any, ...]
    classes: tuple[Any, ...]
    thresholds: tuple[float, ...]
    states: tuple[DetectedState, ...]

    @classmethod
    def of(
        cls,
        true: Boxes,
        found: Boxes,
        *,
        images: Sequence[Any] | None = None,
        thresholds: Sequence[float] = THRESHOLDS,
    ) -> Self:
        """Match found boxes with true ones, image by image.

        Args:
            true: The boxes to find.
            found: What the model found, with scores.
            images: All images that were looked at, those without boxes too; those with boxes if not given.
            thresholds: Overlaps from which a box is found.

        Raises:
            InputError: If found boxes have no scores, or a box lies in an image that is not among the images.
        """
        if found.scores is None:
            raise InputError(
                "found boxes without scores", expected="scores of the found boxes", fix="Boxes.of(scores=…)"
            )
        known = tuple(dict.fromkeys((*true.images, *found.images) if images is None else images))
        places = {name: place for place, name in enumerate(known)}
        strange = {str(name) for name in (*true.images, *found.images) if name not in places}
        if strange:
            raise InputError(
                f"boxes in images that are not among the images: {', '.join(sorted(strange)[:5])}",
                expected="every image with a box",
            )
        classes = tuple(sorted({*true.classes, *found.classes}, key=str))
        limits = np.array(thresholds, dtype=np.float64)
        of_true, of_found = (_by_image_and_class(boxes, places) for boxes in (true, found))
        nothing = np.zeros(0, dtype=np.int64)
        by_image: list[list[tuple[int, _Matches]]] = [[] for _ in known]
        for place, name in dict.fromkeys((*of_true, *of_found)):
            wanted, given = of_true.get((place, name), nothing), of_found.get((place, name), nothing)
            by_image[place].append((classes.index(name), _match(true, found, wanted, given, limits)))
        states = tuple(DetectedState.of(classes, tuple(thresholds), parts) for parts in by_image)
        return cls(known, classes, tuple(thresholds), states)

    def __len__(self) -> int:
        return len(self.images)

    def state(self, rows: Ints | None = None) -> DetectedState:
        """The state of some images, given by their indices, or of all."""
        chosen = self.states if rows is None else [self.states[place] for place in rows.tolist()]
        return _together([DetectedState.of(self.classes, self.thresholds, [], images=0), *chosen])


@dataclass(frozen=True, eq=False)
class _Matches:
    """The found boxes of one image and class, the most confident first, and how many there were to find.

    Attributes:
        scores: Shape ``[d]``.
        right: By box, size and threshold: it took a true box, shape ``[d, sizes, thresholds]``.
        ignored: It counts neither way: a crowd, or a size that is not asked for.
        wanted: True boxes by size.
    """

    scores: Floats
    right: npt.NDArray[np.bool_]
    ignored: npt.NDArray[np.bool_]
    wanted: Ints


@dataclass(frozen=True, eq=False)
class DetectedState:
    """All found boxes with their matches: this state grows with them, a hundred per image and class at most.

    Attributes:
        classes: Their names; ``thresholds`` the overlaps.
        images: How many images there are.
        codes: Class of each found box, shape ``[m]``; ``scores`` its score, ``ranks`` its place in its image.
        right: Whether it took a true box, by size and threshold, shape ``[m, sizes, thresholds]``; ``ignored``
            whether it counts neither way.
        wanted: True boxes by class and size.
    """

    classes: tuple[Any, ...]
    thresholds: tuple[float, ...]
    images: int
    codes: Ints
    scores: Floats
    ranks: Ints
    right: npt.NDArray[np.bool_]
    ignored: npt.NDArray[np.bool_]
    wanted: Ints

    @classmethod
    def of(
        cls,
        classes: tuple[Any, ...],
        thresholds: tuple[float, ...],
        parts: Sequence[tuple[int, _Matches]],
        *,
        images: int = 1,
    ) -> Self:
        """The state of an image, from the matches of its classes."""
        shape = (0, len(SIZES), len(thresholds))
        wanted = np.zeros((len(classes), len(SIZES)), dtype=np.int64)
        for code, matches in parts:
            wanted[code] += matches.wanted
        return cls(
            classes=classes,
            thresholds=thresholds,
            images=images,
            codes=np.concatenate([np.zeros(0, np.int64), *(np.full(len(m.scores), code) for code, m in parts)]),
            scores=np.concatenate([np.zeros(0), *(m.scores for _, m in parts)]),
            ranks=np.concatenate([np.zeros(0, np.int64), *(np.arange(len(m.scores)) for _, m in parts)]),
            right=np.concatenate([np.zeros(shape, bool), *(m.right for _, m in parts)]),
            ignored=np.concatenate([np.zeros(shape, bool), *(m.ignored for _, m in parts)]),
            wanted=wanted,
        )

    def merge(self, other: DetectedState) -> DetectedState:
        """The state over the images of both, none of which may be in both; classes are found by their names."""
        return _together([self, other])

    def measure(self, intervals: Intervals = CLOSED) -> Measured:
        """All figures: over classes that have a box to find, by overlap, by size, and by class."""
        sheet = Sheet(self.images)
        sheet.put("count", self.images)
        sheet.put("boxes", int(self.wanted[:, 0].sum()))
        precisions, recalls = self._figures()
        whole = len(MOST) - 1
        self._mean(sheet, "box_ap", precisions[:, 0])
        for place, threshold in enumerate(self.thresholds):
            if threshold in {0.5, 0.75}:
                self._mean(sheet, f"box_ap@{threshold:g}", precisions[:, 0, place])
        for most, table in zip(MOST, np.moveaxis(recalls, 3, 0), strict=True):
            self._mean(sheet, f"box_ar@{most}", table[:, 0])
        for size, name in enumerate(SIZES):
            if name:
                self._mean(sheet, f"box_ap_{name}", precisions[:, size], size)
                self._mean(sheet, f"box_ar_{name}", recalls[:, size, :, whole], size)
        for code, name in enumerate(self.classes):
            none = f"no image has a box of the class {str(name)!r}"
            sheet.put(f"box_ap[{name}]", float(precisions[code, 0].mean()), why=none)
            sheet.put(f"box_ar[{name}]@{MOST[-1]}", float(recalls[code, 0, :, whole].mean()), why=none)
        return sheet.done()

    def _mean(self, sheet: Sheet, name: str, table: Floats, size: int = 0) -> None:
        known = self.wanted[:, size] > 0
        lacking = f"no image has a {list(SIZES)[size]} box" if size and self.wanted.any() else _NO_BOX
        sheet.put(name, float(table[known].mean()) if known.any() else math.nan, why=lacking)

    def _figures(self) -> tuple[Floats, Floats]:
        """Average precision by class, size and threshold; recall by these and the number of boxes that count."""
        shape = (len(self.classes), len(SIZES), len(self.thresholds))
        precisions, recalls = np.full(shape, math.nan), np.full((*shape, len(MOST)), math.nan)
        for code in range(len(self.classes)):
            mine = np.flatnonzero(self.codes == code)
            mine = mine[np.argsort(-self.scores[mine], kind="stable")]
            ends = (
                np.append(self.scores[mine][1:] != self.scores[mine][:-1], True)
                if len(mine)
                else mine.astype(bool)
            )
            counted = ~self.ignored[mine]
            right = self.right[mine] & counted
            for size in np.flatnonzero(self.wanted[code]).tolist():
                wanted = self.wanted[code, size]
                for place, most in enumerate(MOST):
                    few = self.ranks[mine] < most
                    recalls[code, size, :, place] = right[few, size].sum(axis=0) / wanted
                hits = np.cumsum(right[:, size], axis=0, dtype=np.int64)[ends]
                told = np.cumsum(counted[:, size], axis=0, dtype=np.int64)[ends]
                for place in range(len(self.thresholds)):
                    precisions[code, size, place] = _average_precision(hits[:, place], told[:, place], wanted)
        return precisions, recalls


def _together(states: list[DetectedState]) -> DetectedState:
    first = states[0]
    classes = tuple(sorted({name for state in states for name in state.classes}, key=str))
    places = {name: place for place, name in enumerate(classes)}
    wanted = np.zeros((len(classes), len(SIZES)), dtype=np.int64)
    codes = []
    for state in states:
        where = np.array([places[name] for name in state.classes], dtype=np.int64)
        wanted[where] += state.wanted
        codes.append(where[state.codes])
    joined = {
        name: np.concatenate([getattr(state, name) for state in states])
        for name in ("scores", "ranks", "right", "ignored")
    }
    return DetectedState(
        classes=classes,
        thresholds=first.thresholds,
        images=sum(state.images for state in states),
        codes=np.concatenate(codes),
        wanted=wanted,
        **joined,
    )


def _average_precision(hits: Ints, told: Ints, wanted: int) -> float:
    """The mean over 101 recalls of the best precision at that recall or a higher one."""
    recall = hits / wanted
    precision = np.divide(hits, told, out=np.zeros(len(hits)), where=told > 0)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    reached = np.searchsorted(recall, _RECALLS, side="left")
    return float(np.append(best, 0.0)[np.minimum(reached, len(best))].mean())


def _by_image_and_class(boxes: Boxes, places: dict[Any, int]) -> dict[tuple[int, Any], Ints]:
    groups: dict[tuple[int, Any], list[int]] = {}
    for row, (image, name) in enumerate(zip(boxes.images, boxes.classes, strict=True)):
        groups.setdefault((places[image], name), []).append(row)
    return {key: np.array(rows, dtype=np.int64) for key, rows in groups.items()}


def _match(true: Boxes, found: Boxes, wanted: Ints, given: Ints, thresholds: Floats) -> _Matches:
    """Give each found box the true box that it overlaps most, the most confident first."""
    scores = found.scores if found.scores is not None else np.zeros(len(found))
    given = given[np.argsort(-scores[given], kind="stable")][: MOST[-1]]
    crowd = true.crowd[wanted]
    limits = np.array(list(SIZES.values()))
    sizes = (len(SIZES), len(thresholds))
    unasked = crowd | _outside(true.areas[wanted], limits)
    outside = _outside(found.areas[given], limits)
    table = overlaps(found.corners[given], true.corners[wanted], crowd)
    right, ignored = np.zeros((len(given), *sizes), dtype=bool), np.zeros((len(given), *sizes), dtype=bool)
    taken = np.zeros((*sizes, len(wanted)), dtype=bool)
    for place, row in enumerate(table):
        hit, skipped = _take(row, thresholds, unasked, crowd, taken)
        right[place] = hit
        ignored[place] = np.where(hit, skipped, outside[:, place][:, None])
    return _Matches(scores[given], right, ignored, (~unasked).sum(axis=1))


def _outside(areas: Floats, limits: Floats) -> npt.NDArray[np.bool_]:
    """By size and box: whether the box is not of that size."""
    out: npt.NDArray[np.bool_] = (areas < limits[:, :1]) | (areas > limits[:, 1:])
    return out


def _take(
    row: Floats,
    thresholds: Floats,
    unasked: npt.NDArray[np.bool_],
    crowd: npt.NDArray[np.bool_],
    taken: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which true box one found box takes, by size and threshold: whether any, and whether an unasked one.

    One that is asked for goes first; of several, the one that overlaps most. Crowds may be taken again and again.
    """
    if not len(row):
        nothing = np.zeros(taken.shape[:2], dtype=bool)
        return nothing, nothing
    free = (row >= thresholds[:, None]) & (~taken | crowd)
    # Overlaps lie in 0 … 1: what is asked for ranks above what is not, and both above what cannot be had.
    rank = np.where(free, row - 2.0 * unasked[:, None], -9.0)
    last = rank.shape[2] - 1
    best = last - rank[:, :, ::-1].argmax(axis=2)
    sizes, limits = np.indices(best.shape)
    hit = rank[sizes, limits, best] > -9.0
    taken[sizes[hit], limits[hit], best[hit]] = True
    return hit, unasked[sizes, best]
