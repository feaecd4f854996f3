"""How far rows of mixed columns lie apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.explanation.asking import Columns

Floats = npt.NDArray[np.float64]


def scales_of(columns: Columns, features: tuple[str, ...]) -> dict[str, float]:
    """What one unit of distance is in each column of numbers: the median absolute deviation from the median.

    A column that hardly varies has its standard deviation instead, or 1 where that is 0 too.
    """
    scales: dict[str, float] = {}
    for name in features:
        values = columns[name]
        if values.dtype != object:
            known = values[~np.isnan(values)]
            middle = float(np.median(np.abs(known - np.median(known)))) if len(known) else 0.0
            scales[name] = middle or (float(known.std()) if len(known) else 0.0) or 1.0
    return scales


def distances(first: Columns, second: Columns, features: tuple[str, ...], scales: Mapping[str, float]) -> Floats:
    """The distance of each row of the first from each of the second, shape ``[n, m]``.

    Numbers add the size of their difference in scales; other words, and a gap on one side only, add 1.

    Reference: S. Wachter, B. Mittelstadt and C. Russell, *Counterfactual explanations without opening the black
    box*, Harvard Journal of Law & Technology 31 (2018).
    """
    rows, others = (len(next(iter(columns.values()))) for columns in (first, second))
    total = np.zeros((rows, others))
    for name in features:
        total += feature_distances(first[name], second[name], scales.get(name, 1.0))
    return total


def feature_distances(first: npt.NDArray[Any], second: npt.NDArray[Any], scale: float) -> Floats:
    """The same for one column."""
    if first.dtype == object:
        codes: dict[Any, int] = {}
        left = np.array([codes.setdefault(value, len(codes)) for value in first.tolist()], dtype=np.int64)
        right = np.array([codes.setdefault(value, len(codes)) for value in second.tolist()], dtype=np.int64)
        other: Floats = (left[:, None] != right[None, :]).astype(np.float64)
        return other
    apart: Floats = np.abs(first[:, None] - second[None, :]) / scale
    gaps = np.isnan(first)[:, None] != np.isnan(second)[None, :]
    return np.where(np.isnan(apart), gaps.astype(np.float64), apart)
