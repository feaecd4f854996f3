"""Batches of one feature against a reference, by a distance that must be both large and more than chance."""

from __future__ import annotations

import math
from abc import ABC
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.data.celltypes import ColumnType
from mainspring.data.comparison import Distances
from mainspring.data.comparison.apart import distances_of_sides
from mainspring.data.comparison.rows import side_of_numbers
from mainspring.data.comparison.sides import Side
from mainspring.data.sketches import Frequencies
from mainspring.monitoring.detectors.blocks import from_plain, require
from mainspring.monitoring.detectors.blockwise import Kept
from mainspring.monitoring.ports import DetectorState, Finding

MOST_ROWS = 10_000
Cells = npt.NDArray[Any]


@dataclass(slots=True, kw_only=True)
class OneFeature(Kept, ABC):
    """Compares batches with the rows it was fitted on; it remembers no batch.

    A batch alarms if the distance is past ``limit``, also without what chance adds on average in so few rows,
    *and* has a p-value of at most ``level``. NaN and infinities count as values of their own, ``None`` among words
    as missing, so that a feature that is lost alarms.

    Args:
        level: Significance of an alarm.
        limit: The largest distance that is let pass.
        most: Rows that the reference keeps; drawn, if there are more.
        seed: Of what is drawn.
        reference: The rows that were kept; ``None`` before :meth:`fit`.
    """

    metric: ClassVar[str]
    takes_words: ClassVar[bool] = True

    level: float = 0.001
    limit: float = 0.1
    most: int = MOST_ROWS
    seed: int = 0

    reference: list[float | str | None] | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        require(0 < self.level < 1, "level", self.level, "above 0 and below 1")
        require(self.limit >= 0, "limit", self.limit, "0 or more")
        require(self.most >= 2, "most", self.most, "at least 2")

    def fit(self, reference: npt.ArrayLike) -> Self:
        """Learn what is usual.

        Args:
            reference: ``[rows]``, numbers or words.

        Raises:
            InputError: If there are no rows, or they are not of a kind that the detector takes.
        """
        cells = self._read(reference)
        if len(cells) > self.most:
            drawn = np.random.default_rng(self.seed).choice(len(cells), self.most, replace=False)
            cells = cells[np.sort(drawn)]
        self.reference = cells.tolist()
        return self

    def update(self, batch: npt.ArrayLike) -> Finding:
        """Judge a batch.

        Args:
            batch: ``[rows]``.

        Raises:
            InputError: If the detector is not fitted, there are no rows, or they are of another kind.
        """
        if self.reference is None:
            raise InputError("the detector is not fitted", expected="a reference", fix="call fit(reference) first")
        cells = self._read(batch)
        sides = _side(_cells(self.reference)), _side(cells)
        apart = distances_of_sides(*sides, judged={self.metric})
        if apart is None:
            kinds = ["numbers" if side.points is not None else "words" for side in sides]
            raise InputError(f"the reference holds {kinds[0]}, the batch {kinds[1]}", expected="one kind of both")
        return self._finding(apart)

    def as_dict(self) -> Mapping[str, Value]:
        """Settings and the rows that were kept, as plain JSON; what is not finite is written out."""
        return {**Kept.as_dict(self), "reference": self.reference and [_written(cell) for cell in self.reference]}

    @classmethod
    def from_dict(cls, value: Mapping[str, Value]) -> Self:
        """The inverse of :meth:`as_dict`.

        Raises:
            InputError: If a field is missing, or one is there that the detector does not have.
        """
        made = from_plain(cls, value)
        if made.reference is not None:
            made.reference = [_read_back(cell) for cell in made.reference]
        return made

    def _finding(self, apart: Distances) -> Finding:
        value, p_value = apart.value(self.metric) or 0.0, apart.p_values[self.metric]
        large = (apart.corrected(self.metric) or 0.0) > self.limit
        return Finding(
            state=DetectorState.DRIFT if large and p_value <= self.level else DetectorState.STABLE,
            distance=value,
            threshold=self.limit,
            p_value=p_value,
        )

    def _read(self, values: npt.ArrayLike) -> Cells:
        given = np.asarray(values)
        if given.ndim != 1 or not len(given):
            raise InputError(f"the rows have the shape {given.shape}", expected="one row of values, at least one")
        cells = _cells(given.tolist())
        if cells.dtype.kind == "O" and not self.takes_words:
            raise InputError("the rows are no numbers", expected="numbers", fix="take ChiSquared for words")
        return cells


def _cells(values: list[Any]) -> Cells:
    """Numbers, or else texts and ``None``."""
    if all(isinstance(value, bool | int | float) for value in values):
        return np.array(values, dtype=np.float64)
    found = np.empty(len(values), dtype=object)
    found[:] = [None if value is None or value != value else str(value) for value in values]
    return found


def _side(cells: Cells) -> Side:
    if cells.dtype.kind == "f":
        return side_of_numbers(cells)
    counts = Counter(word for word in cells.tolist() if word is not None)
    ordered = dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))
    missing = len(cells) - counts.total()
    return Side(
        rows=float(len(cells)),
        missing=float(missing),
        words=Frequencies(ordered),
        type=ColumnType.STRING,
    )


_WRITTEN = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def _written(cell: float | str | None) -> Value:
    if isinstance(cell, str):
        return f"={cell}"
    return str(cell) if cell is not None and not math.isfinite(cell) else cell


def _read_back(cell: Any) -> float | str | None:
    if isinstance(cell, str):
        return cell[1:] if cell.startswith("=") else _WRITTEN[cell]
    found: float | None = cell
    return found
