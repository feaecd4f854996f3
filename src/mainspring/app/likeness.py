"""How alike two packages are: their bytes, else their predictions and their metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mainspring.data import Table
from mainspring.models import Package
from mainspring.models.registry.reproductions import Likeness
from mainspring.store.ports import BlobStore


def different_files(before: str, after: str, blobs: BlobStore) -> tuple[str, ...]:
    """The files in which two packages differ, by their digests."""
    old, new = ({one.path: one.digest for one in blobs.entries(digest)} for digest in (before, after))
    return tuple(name for name in sorted({*old, *new}) if old.get(name) != new.get(name))


def different_answers(before: Package, after: Package, table: Table | None) -> dict[str, Any]:
    """Rows that both packages answered, the largest difference of a score, and rows with another label.

    Args:
        before: The package of the version.
        after: The one that was made again.
        table: The rows; the package's own examples, if there are none.
    """
    rows = Table.from_rows(before.input_example) if table is None or not table.num_rows else table
    old, new = before.predict(rows), after.predict(rows)
    if old.scores.shape != new.scores.shape or old.classes != new.classes:
        return {"rows": rows.num_rows, "largest_difference": float("inf"), "labels": rows.num_rows}
    apart = np.abs(old.scores - new.scores)
    same = (old.scores == new.scores) | (np.isnan(old.scores) & np.isnan(new.scores))
    largest = float(np.where(same, 0.0, np.where(np.isnan(apart), np.inf, apart)).max(initial=0.0))
    labels = 0 if old.classes is None else int((old.labels != new.labels).sum())
    return {"rows": rows.num_rows, "largest_difference": largest, "labels": labels}


def different_metrics(before: Package, after: Package) -> dict[str, float]:
    """After minus before, of every metric that differs."""
    old: Mapping[str, float] = before.details.get("metrics") or {}
    new: Mapping[str, float] = after.details.get("metrics") or {}
    return {
        name: float(new[name] - old[name]) for name in sorted(old.keys() & new.keys()) if old[name] != new[name]
    }


def likeness(files: tuple[str, ...], largest: float, labels: int, tolerance: float) -> Likeness:
    """How alike two packages are."""
    if not files:
        return "bit-equal"
    if largest == 0 and not labels:
        return "equal"
    return "within tolerance" if largest <= tolerance and not labels else "different"
