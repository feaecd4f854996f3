"""Parts of the rows: every bin of every column, with who is in it, in a reference and in a window alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mainspring.data import Table
from mainspring.data.comparison.rows import COMPARED
from mainspring.data.comparison.sides import TIMED
from mainspring.data.statistics import FeatureStatistics
from mainspring.monitoring.detectors.binned import Bins, bins_of_reference

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """One column, cut in parts.

    Attributes:
        column: The column.
        bins: Its bins.
        reference: The bin of each row of the reference.
        window: The bin of each row of the window.
    """

    column: str
    bins: Bins
    reference: Ints
    window: Ints

    def parts(self, least: int) -> Iterator[tuple[str, int]]:
        """The names and bins of the parts that have so many rows in the reference."""
        counts = np.bincount(self.reference, minlength=len(self.bins.names))
        for place in np.flatnonzero(counts >= least):
            yield f"{self.column}={self.bins.names[place]}", int(place)


def cut(
    features: Mapping[str, FeatureStatistics], reference: tuple[Table, Ints], window: tuple[Table, Ints]
) -> list[Cut]:
    """Cut rows by each of some columns that both tables have; lists, structures and times are left out.

    Words are parts by themselves, the 30 most frequent of the reference; numbers are cut at its deciles.

    Args:
        features: The columns to cut by, and where: what the training held.
        reference: Rows of the reference: a table, and their places in it.
        window: Rows of the window.
    """
    found = []
    for name, feature in features.items():
        tables = reference[0], window[0]
        if not all(name in table.names and table.type_of(name) in COMPARED - TIMED for table in tables):
            continue
        if tables[0].type_of(name).is_numeric != tables[1].type_of(name).is_numeric:
            continue
        bins = bins_of_reference(feature)
        if bins.presence or (feature.numbers is not None) != tables[0].type_of(name).is_numeric:
            continue
        sides = [bins.places(table.column(name)[rows]) for table, rows in (reference, window)]
        found.append(Cut(column=name, bins=bins, reference=sides[0], window=sides[1]))
    return found
