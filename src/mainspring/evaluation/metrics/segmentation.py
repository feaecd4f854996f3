"""Metrics of segmentation: which class each pixel has, and how far the areas of each class overlap.

Figures are over the pixels of all images together, as is usual in this field: a class that is seen in few images
counts by its pixels there.

References: P. Jaccard (1901) for the intersection over union; L. R. Dice (1945) and T. Sørensen (1948).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.metrics.facts import Better, Fact, Facts
from mainspring.evaluation.metrics.grouping import shares
from mainspring.evaluation.metrics.intervals import CLOSED, Intervals
from mainspring.evaluation.metrics.measured import Measured, Sheet
from mainspring.evaluation.metrics.states import Ints

_NO_PIXELS = "there are no pixels with a class"


def _fact(title: str, says: str) -> Fact:
    return Fact(better=Better.HIGHER, title=title, says=says, unit=True)


FACTS: Facts = {
    "pixel_accuracy": _fact("pixel accuracy", "the share of pixels with the right class"),
    "iou": _fact("IoU", "the pixels that area and true area share, by those of either"),
    "dice": _fact("Dice", "the pixels that area and true area share, by their mean size"),
    "pixels": Fact(better=Better.NEITHER, title="pixels", says="pixels that have a class"),
}


@dataclass(frozen=True, eq=False)
class SegmentedRows:
    """Images with the class of each pixel; the rows are images. Made by :meth:`of`.

    Attributes:
        classes: Their names.
        confusion: Pixels by image, true class and predicted class, shape ``[n, classes, classes]``.
    """

    classes: tuple[str, ...]
    confusion: Ints

    @classmethod
    def of(
        cls,
        true: Sequence[npt.NDArray[Any]],
        predicted: Sequence[npt.NDArray[Any]],
        *,
        classes: Sequence[str],
        ignored: int | None = None,
    ) -> Self:
        """Count pixels.

        Args:
            true: By image the class of each pixel as its index among ``classes``, shape ``[height, width]``.
            predicted: The same of the model.
            classes: Their names.
            ignored: An index that stands for no class: such true pixels are left out (often 255).

        Raises:
            InputError: If images differ in number or shape, or a pixel has no class.

        Example:
            >>> rows = SegmentedRows.of([np.array([[0, 1]])], [np.array([[0, 0]])], classes=["road", "car"])
            >>> rows.state().measure().values["iou[road]"]
            0.5
        """
        if len(true) != len(predicted):
            raise InputError(f"{len(true)} true images, {len(predicted)} predicted ones", expected="one for one")
        size = len(classes)
        confusion, faults = np.zeros((len(true), size, size), dtype=np.int64), []
        for place, (right, told) in enumerate(zip(true, predicted, strict=True)):
            truth, answer = np.asarray(right), np.asarray(told)
            if truth.shape != answer.shape:
                faults.append(f"image {place}: shapes {list(truth.shape)} and {list(answer.shape)}")
                continue
            kept = np.ones(truth.shape, dtype=bool) if ignored is None else truth != ignored
            codes, others = truth[kept].astype(np.int64), answer[kept].astype(np.int64)
            strange = int(np.count_nonzero((codes < 0) | (codes >= size) | (others < 0) | (others >= size)))
            if strange:
                faults.append(f"image {place}: {strange} pixels whose class is not one of {size}")
                continue
            confusion[place] = np.bincount(codes * size + others, minlength=size * size).reshape(size, size)
        if faults:
            raise InputError("; ".join(faults), expected="images of one shape, with indices of the classes")
        return cls(tuple(classes), confusion)

    def __len__(self) -> int:
        return len(self.confusion)

    def state(self, rows: Ints | None = None) -> SegmentedState:
        """The state of some images, given by their indices, or of all."""
        chosen = self.confusion if rows is None else self.confusion[rows]
        return SegmentedState(self.classes, len(chosen), chosen.sum(axis=0))


@dataclass(frozen=True, eq=False)
class SegmentedState:
    """Pixels by true and predicted class.

    Attributes:
        classes: Their names.
        images: How many images there are.
        confusion: Shape ``[classes, classes]``, true classes first.
    """

    classes: tuple[str, ...]
    images: int
    confusion: Ints

    def merge(self, other: Self) -> Self:
        """The state over the images of both, of the same classes."""
        return type(self)(self.classes, self.images + other.images, self.confusion + other.confusion)

    def measure(self, intervals: Intervals = CLOSED) -> Measured:
        """All figures: the mean over classes that are seen, the mean weighted by true pixels, and by class."""
        sheet = Sheet(self.images)
        sheet.put("count", self.images)
        shared = np.diagonal(self.confusion).astype(np.float64)
        true, told = (self.confusion.sum(axis=axis).astype(np.float64) for axis in (1, 0))
        total = float(true.sum())
        sheet.put("pixels", total)
        sheet.fraction("pixel_accuracy", float(shared.sum()), total, why=_NO_PIXELS)
        for name, by_class in (
            ("iou", shares(shared, true + told - shared)),
            ("dice", shares(2 * shared, true + told)),
        ):
            seen = ~np.isnan(by_class)
            sheet.put(name, float(by_class[seen].mean()) if seen.any() else math.nan, why=_NO_PIXELS)
            share = float(np.nan_to_num(by_class) @ true) / total if total else math.nan
            sheet.put(f"{name}_weighted", share, why=_NO_PIXELS)
            for one, value in zip(self.classes, by_class.tolist(), strict=True):
                sheet.put(f"{name}[{one}]", value, why=f"no pixel is {one!r}, in truth or as predicted")
        return sheet.done()
