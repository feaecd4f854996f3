"""Inputs that are numbers, as rows in units of what was usual."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from mainspring.data import Table
from mainspring.monitoring.windows.window import LOGGED

Floats = npt.NDArray[np.float64]

_FARTHEST: Final = 1e6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scale:
    """Columns, and what is taken off and divided by: mean and standard deviation, each ``[columns]``."""

    names: tuple[str, ...]
    middle: Floats
    spread: Floats


def scale_of(reference: Table, window: Table, columns: Sequence[str], exclude: Collection[str]) -> Scale:
    """The inputs that are numbers in both tables and not all the same in the first, in its units.

    Args:
        reference: What is usual.
        window: Rows that are held against it.
        columns: Which to take; all where none are named.
        exclude: Which to leave out.
    """
    names, middles, spreads = [], [], []
    for name in columns or reference.names:
        if name in exclude or name not in reference.names or name not in window.names:
            continue
        if name.startswith(LOGGED) or not all(table.type_of(name).is_numeric for table in (reference, window)):
            continue
        values = reference.column(name)
        values = values[np.isfinite(values)]
        if values.size and values.std() > 0:
            names.append(name)
            middles.append(float(values.mean()))
            spreads.append(float(values.std()))
    return Scale(names=tuple(names), middle=np.array(middles), spread=np.array(spreads))


def scaled_rows(table: Table, scale: Scale) -> Floats:
    """The rows of a table in those units, ``[rows, columns]``; what is missing counts as the mean."""
    values = np.column_stack([table.column(name) for name in scale.names])
    values = np.clip((values - scale.middle) / scale.spread, -_FARTHEST, _FARTHEST)
    return np.where(np.isnan(values), 0.0, values)
