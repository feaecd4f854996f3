"""The points at which an effect is looked at: numbers by quantile, words by frequency, gaps as a level too."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.explanation.attributions import Cell

POINTS = 50


def grid_of(values: npt.NDArray[Any], points: int = POINTS) -> tuple[Cell, ...]:
    """Points of a column.

    Args:
        values: In the form of ``Table.column``.
        points: The most of them, missing not counted. Numbers with more distinct values are looked at in as many
            quantiles of the rows, the smallest and the largest among them.

    Returns:
        Rising numbers, or words, the most frequent first; then ``None`` if a value is missing.

    Raises:
        InputError: If there are fewer than two points to choose, or no rows.
    """
    if points < 2 or not len(values):
        what = f"{points} points" if len(values) else "no rows"
        raise InputError(f"an effect was asked for with {what}", expected="rows, and two points or more")
    if values.dtype == object:
        words = Counter(word for word in values.tolist() if word is not None)
        ranked = sorted(words, key=lambda word: (-words[word], word))[:points]
        return (*ranked, None) if len(values) > sum(words.values()) else tuple(ranked)
    known = values[~np.isnan(values)]
    distinct = np.unique(known)
    if len(distinct) > points:
        distinct = np.unique(np.quantile(known, np.linspace(0, 1, points)))
    numbers: tuple[Cell, ...] = tuple(distinct.tolist())
    return (*numbers, None) if len(known) < len(values) else numbers


def filled(point: Cell, like: npt.NDArray[Any], rows: int) -> npt.NDArray[Any]:
    """A column in which every row has this value."""
    if like.dtype == object:
        column = np.empty(rows, dtype=object)
        column[:] = point
        return column
    return np.full(rows, np.nan if point is None else float(point))


def counts_at(values: npt.NDArray[Any], grid: tuple[Cell, ...]) -> npt.NDArray[np.int64]:
    """The index of the nearest point of each row, shape ``[n]``; -1 for a word that is no point."""
    if values.dtype == object:
        places: dict[Any, int] = {point: place for place, point in enumerate(grid)}
        return np.array([places.get(value, -1) for value in values.tolist()], dtype=np.int64)
    numbers = np.array([point for point in grid if point is not None], dtype=np.float64)
    missing = len(numbers)
    edges = (numbers[1:] + numbers[:-1]) / 2
    nearest = np.searchsorted(edges, values) if len(numbers) else np.zeros(len(values), dtype=np.int64)
    return np.where(np.isnan(values), missing, nearest).astype(np.int64)
