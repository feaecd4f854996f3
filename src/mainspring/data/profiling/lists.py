"""Describing lists: how many values they hold, level by level."""

from __future__ import annotations

from typing import Any

from mainspring.data.profiling.paths import Path
from mainspring.data.sketches import Quantiles
from mainspring.data.statistics import ListLevel


def levels_of(cursor: Any, rows: str, path: Path) -> tuple[ListLevel, ...]:
    """The lists of a feature, the outermost level first.

    Args:
        cursor: On the engine.
        rows: SQL: the rows of the table.
    """
    return tuple(_level(cursor, path.unnested(rows, depth)) for depth in range(path.depth))


def _level(cursor: Any, lists: str) -> ListLevel:
    import numpy as np

    query = f"SELECT len(v) AS length, count(*) AS n FROM ({lists}) GROUP BY 1 ORDER BY 1 NULLS FIRST"  # noqa: S608 - our own query
    found = cursor.execute(query).fetchall()
    counts = {length: count for length, count in found if length is not None}
    missing = sum(count for length, count in found if length is None)
    lengths = np.array(list(counts), dtype=np.int64)
    return ListLevel(
        num_lists=sum(counts.values()),
        num_missing=missing,
        num_empty=counts.get(0, 0),
        min_values=min(counts, default=None),
        max_values=max(counts, default=None),
        total_values=sum(length * count for length, count in counts.items()),
        lengths=Quantiles.of_counts(lengths, np.array(list(counts.values()), dtype=np.int64)),
    )
