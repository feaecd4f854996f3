"""How far two answers to the same rows are apart, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.serving.prediction import Prediction

Floats: TypeAlias = npt.NDArray[np.float64]

PROBABILITIES = "probabilities"
_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Compared:
    """How far the values of one output are apart.

    Attributes:
        different: For each row whether any of its values differs.
        distance: For each row how far, for numbers; 0 or 1 for others.
        numeric: Whether they are numbers.
    """

    different: npt.NDArray[np.bool_]
    distance: Floats
    numeric: bool


def compare(primary: Prediction, shadow: Prediction, tolerance: float) -> dict[str, Compared]:
    """Compare the outputs that both answers have. Probabilities are compared class by class, whatever their order.

    Args:
        primary: What went out.
        shadow: What would have.
        tolerance: Numbers that differ by less, relative to the larger, are equal.
    """
    found = {}
    for name, mine in primary.outputs.items():
        theirs = shadow.outputs.get(name)
        if theirs is None or not mine.ndim:
            continue
        if name == PROBABILITIES:
            theirs = _in_order(theirs, shadow.classes, primary.classes)
        found[name] = values_apart(mine, theirs, tolerance)
    return found


def values_apart(mine: npt.NDArray[Any], theirs: npt.NDArray[Any], tolerance: float) -> Compared:
    """Compare two arrays, row by row. Arrays of other shapes differ in every row; missing values are equal."""
    rows = len(mine)
    if mine.shape != theirs.shape:
        return Compared(np.ones(rows, bool), np.ones(rows), numeric=False)
    flat_mine, flat_theirs = mine.reshape(rows, -1), theirs.reshape(rows, -1)
    if mine.dtype.kind in "fiub" and theirs.dtype.kind in "fiub":
        one, other = flat_mine.astype(np.float64), flat_theirs.astype(np.float64)
        same = (one == other) | (np.isnan(one) & np.isnan(other))
        known = np.isfinite(one) & np.isfinite(other)
        with np.errstate(invalid="ignore"):  # infinity less infinity
            apart = np.where(same, 0.0, np.where(known, np.abs(one - other), np.inf))
            allowed = tolerance * np.where(known, np.maximum(np.abs(one), np.abs(other)), 0.0)
        different = ~same & (apart > np.maximum(allowed, _TINY))
        farthest = np.asarray(apart.max(axis=1, initial=0.0))
        return Compared(np.asarray(different.any(axis=1)), farthest, numeric=True)
    unequal = np.asarray(np.array(flat_mine != flat_theirs, dtype=bool).any(axis=1))
    return Compared(unequal, unequal.astype(np.float64), numeric=False)


def _in_order(
    values: npt.NDArray[Any], mine: Sequence[str] | None, wanted: Sequence[str] | None
) -> npt.NDArray[Any]:
    """Columns in the order of the other's classes; as they are if the classes are not the same."""
    if mine is None or wanted is None or list(mine) == list(wanted) or set(mine) != set(wanted):
        return values
    places: Mapping[str, int] = {word: place for place, word in enumerate(mine)}
    return values[:, [places[word] for word in wanted]]
