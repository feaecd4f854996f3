"""Cutting rows into groups: one look at the whole table, then piece by piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError, Slice
from mainspring.evaluation.slicing import Slicer

if TYPE_CHECKING:
    from mainspring.data import Table

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Grouping:
    """The groups of some protected columns and crosses.

    Every value makes a group however few rows it has, and so do the rows without one; past the hundred most
    frequent values of a column they are one group ``(rare)``.

    Attributes:
        slicers: Protected column or cross, as it was given, to what cuts by it.
    """

    slicers: Mapping[str, Slicer]

    @classmethod
    def of(cls, table: Table, protected: Sequence[str], *, label: str, weight: str | None) -> Grouping:
        """Look at the rows of a table that have a label and, where rows have weights, weight.

        Raises:
            InputError: If nothing is protected, or a column does not exist.
        """
        if not protected:
            raise InputError(
                "no protected column was given", expected='columns or crosses, such as ["sex", "sex * race"]'
            )
        return cls(
            {
                spec: Slicer.of(table, [spec], min_slice_size=1, needed=[label], weight=weight)
                for spec in dict.fromkeys(protected)
            }
        )

    @property
    def keys(self) -> Mapping[str, tuple[Slice, ...]]:
        """The groups of each column or cross, the largest first."""
        return {spec: slicer.slices for spec, slicer in self.slicers.items()}

    @property
    def notes(self) -> tuple[str, ...]:
        """What was folded, in sentences."""
        return tuple(note for slicer in self.slicers.values() for note in slicer.notes)

    def cut(self, chunk: Table, kept: npt.NDArray[np.bool_]) -> dict[str, dict[Slice, Ints]]:
        """The rows of each group in a piece of the table; indices count kept rows only."""
        return {spec: slicer.cut(chunk, kept) for spec, slicer in self.slicers.items()}
