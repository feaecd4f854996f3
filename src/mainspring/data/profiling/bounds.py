"""The least and the largest number of every feature, looked up before a large table is cut into pieces."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Final

from mainspring.data import engine
from mainspring.data.profiling.features import Bounds, is_counted, number
from mainspring.data.profiling.paths import Path
from mainspring.data.tables import Table

_TOGETHER: Final = 32


def bounds_of(table: Table, paths: Sequence[Path]) -> Bounds:
    """The least and the largest finite number of each plain feature of numbers or times that has one."""
    counted = [path for path in paths if is_counted(path)]
    found: dict[str, tuple[float, float]] = {}
    for batch in _batches(counted):
        found |= _of_batch(table, batch)
    return found


def _batches(paths: Sequence[Path]) -> Iterator[tuple[Path, ...]]:
    left = iter(paths)
    while batch := tuple(itertools.islice(left, _TOGETHER)):
        yield batch


def _of_batch(table: Table, paths: Sequence[Path]) -> dict[str, tuple[float, float]]:
    found = _extremes(table, paths)
    # NaN and infinities hide the others: look again, past them.
    hidden = [
        path for path in paths if any(bound is not None and not math.isfinite(bound) for bound in found[path])
    ]
    if hidden:
        found |= _extremes(table, hidden, finite=True)
    return {path.name: (low, high) for path, (low, high) in found.items() if low is not None and high is not None}


def _extremes(
    table: Table, paths: Sequence[Path], *, finite: bool = False
) -> dict[Path, tuple[float | None, float | None]]:
    cells = [number(path.cell, path.type) for path in paths]
    only = [f" FILTER (isfinite({cell}))" if finite else "" for cell in cells]
    asked = ", ".join(f"min({cell}){few}, max({cell}){few}" for cell, few in zip(cells, only, strict=True))
    rows = table.select(list(dict.fromkeys(path.column for path in paths))).query()
    row = engine.fetch(f"SELECT {asked} FROM ({rows})")[0]  # noqa: S608 - names are quoted
    return {path: (row[2 * place], row[2 * place + 1]) for place, path in enumerate(paths)}
