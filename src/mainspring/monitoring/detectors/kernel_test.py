"""What MMD and LSDD have in common: a reference that is kept, a Gaussian kernel, and a test by permutation."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy.typing as npt

from mainspring.monitoring.detectors.blocks import Floats, require
from mainspring.monitoring.detectors.matrices import MOST_ROWS, OnRows, draw, fitted, groups, matrix
from mainspring.monitoring.detectors.windowed import scales


@dataclass(slots=True, kw_only=True, eq=False)
class KernelTest(OnRows):
    """Compares batches with the rows of a reference.

    Args:
        level: Significance of an alarm; 0.01.
        width: Of the Gaussian kernel; the median distance of two rows if not given.
        scaled: Whether features are divided by their deviation in the reference, which outliers do not widen.
        permutations: How many; 199.
        most: Rows that the reference keeps, and that are taken of a batch; 10,000.
        names: Of the features; columns of one name are one feature.
        seed: Of what is drawn.
    """

    level: float = 0.01
    width: float | None = None
    scaled: bool = True
    permutations: int = 199
    most: int = MOST_ROWS
    names: list[str] = field(default_factory=list)
    seed: int = 0

    batches: int = 0
    reference: Floats | None = None

    _ARRAYS: ClassVar[tuple[str, ...]] = ("reference",)

    def __post_init__(self) -> None:
        """Check the settings."""
        require(0 < self.level < 1, "level", self.level, "above 0 and below 1")
        require(self.width is None or self.width > 0, "width", self.width, "above 0")
        least = math.ceil(1 / self.level - 1e-9) - 1
        enough = self.permutations >= least
        require(enough, "permutations", self.permutations, f"at least {least} for the level {self.level}")
        require(self.most >= 10, "most", self.most, "at least 10")

    def fit(self, reference: npt.ArrayLike) -> Self:
        """Learn what is usual.

        Args:
            reference: ``[rows, features]``, 10 rows or more.

        Raises:
            InputError: If it is not that.
        """
        rows = matrix(reference, least=10, what="reference")
        groups(self.names, rows.shape[1])
        self.batches, self.reference = 0, draw(rows, self.most, self.seed)
        return self

    def _sides(self, batch: npt.ArrayLike) -> tuple[Floats, Floats]:
        """The rows of the reference and those of the next batch that are compared, in one scale."""
        reference = fitted(self.reference)
        rows = matrix(batch, least=2, columns=reference.shape[1])
        self.batches += 1
        rows = draw(rows, self.most, self.seed + self.batches)
        if not self.scaled:
            return reference, rows
        middle, wide = scales(reference)
        return (reference - middle) / wide, (rows - middle) / wide
