"""Rows of a window that show best what has drifted."""

from __future__ import annotations

from typing import Final

import numpy as np

from mainspring.data import Table
from mainspring.monitoring.checks.columns import Judgements

_SHOWN: Final = 5


def examples(table: Table, found: Judgements) -> list[int]:
    """Places of rows in the bin that is fuller than it should be, of the column that is furthest past its limit.

    Args:
        table: The rows of the window.
        found: What was found of its columns.
    """
    drifted = {name: one for name, one in found.columns.items() if one.drifted and name in table.names}
    if not drifted:
        return []
    name = max(drifted, key=lambda one: drifted[one].value / max(drifted[one].limit or 0.0, 1e-9))
    counts = found.tables[name]
    gaps = counts.window / max(counts.window.sum(), 1.0) - counts.reference / max(counts.reference.sum(), 1.0)
    inside = found.bins[name].places(table.column(name)) == int(gaps.argmax())
    return [int(place) for place in np.flatnonzero(inside)[:_SHOWN]]
