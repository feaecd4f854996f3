"""A word becomes the mean of the label over the rows with that word, never using a row's own label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mainspring.data.transforms.ops.folds import folds_of
from mainspring.data.transforms.ops.op import Kind, Op, look_up
from mainspring.data.transforms.ops.replace import Replace

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class TargetMean(Op):
    """In serving, the smoothed mean of the label over all training rows with the word: ``apply``.

    In training a row gets the figures of the folds it is not in: ``apply_training``. What a row holds decides its
    fold (:func:`~mainspring.data.transforms.ops.folds.folds_of`). Unseen and missing
    words get the overall mean (of the other folds, in training).

    Attributes:
        words: The known words.
        numbers: For each the smoothed mean over all rows, ``(sum + smoothing * mean) / (n + smoothing)``.
        mean: The mean of the label over all rows.
        fold_numbers: For each fold, the smoothed mean per word over the rows outside the fold.
        fold_means: For each fold, the mean of the label over the rows outside the fold.
        by: The raw columns that decide the fold: all but the label.
    """

    words: tuple[str, ...]
    numbers: tuple[float, ...]
    mean: float
    fold_numbers: tuple[tuple[float, ...], ...]
    fold_means: tuple[float, ...]
    by: tuple[str, ...]

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.WORD,)

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The values of serving, float64 ``[n]``."""
        return Replace(self.inputs, self.output, self.words, self.numbers, self.mean, self.mean).apply(*values)

    def apply_training(self, words: np.ndarray, rows: Mapping[str, np.ndarray]) -> np.ndarray:
        """The values for training rows, float64 ``[n]``.

        Args:
            words: The words.
            rows: The raw columns ``by``.
        """
        import numpy as np

        folds = folds_of({name: rows[name] for name in self.by}, len(self.fold_means))
        places: dict[str | None, float] = {word: float(place) for place, word in enumerate(self.words)}
        rest = len(self.words)
        found = look_up(words, places, rest).astype(np.int64)
        known = [[*numbers, mean] for numbers, mean in zip(self.fold_numbers, self.fold_means, strict=True)]
        numbers: np.ndarray = np.array(known)[folds, found]
        return numbers
