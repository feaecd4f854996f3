"""Distances between two lists of shares, each by its published formula. Both lists sum to 1, bin by bin."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np

FLOOR: Final = 1e-4
"""The least share of a bin in the population stability index, on both sides: an empty bin is not infinite."""


def jensen_shannon(one: Sequence[float], other: Sequence[float]) -> float:
    """Jensen-Shannon divergence in bits of two lists of shares (Lin, 1991): 0 for equal ones, 1 for disjoint ones.

    Example:
        >>> jensen_shannon([1.0, 0.0], [0.0, 1.0])
        1.0
    """
    total = 0.0
    for p, q in zip(one, other, strict=True):
        middle = (p + q) / 2
        total += (p * math.log2(p / middle) if p else 0.0) + (q * math.log2(q / middle) if q else 0.0)
    return min(max(total / 2, 0.0), 1.0)


def psi(one: Sequence[float], other: Sequence[float]) -> float:
    """Population stability index of two lists of shares: the sum of ``(p - q) * ln(p / q)``, none below 0.0001."""
    pairs = [(max(p, FLOOR), max(q, FLOOR)) for p, q in zip(one, other, strict=True)]
    return math.fsum((p - q) * math.log(p / q) for p, q in pairs)


def hellinger(one: Sequence[float], other: Sequence[float]) -> float:
    """Hellinger distance of two lists of shares (1909): 0 for equal ones, 1 for disjoint ones.

    Example:
        >>> hellinger([1.0, 0.0], [0.0, 1.0])
        1.0
    """
    squares = ((math.sqrt(p) - math.sqrt(q)) ** 2 for p, q in zip(one, other, strict=True))
    return min(math.sqrt(math.fsum(squares) / 2), 1.0)


def total_variation(one: Sequence[float], other: Sequence[float]) -> float:
    """The share of rows that would have to change their bin: half the sum of all differences.

    Example:
        >>> total_variation([0.5, 0.5], [0.25, 0.75])
        0.25
    """
    return min(math.fsum(abs(p - q) for p, q in zip(one, other, strict=True)) / 2, 1.0)


def largest_gap(one: Sequence[float], other: Sequence[float]) -> float:
    """The largest difference of any share (L-infinity); 0 for empty lists."""
    return max((abs(p - q) for p, q in zip(one, other, strict=True)), default=0.0)


def many(one: np.ndarray, other: np.ndarray) -> Mapping[str, np.ndarray]:
    """The distances of many pairs of lists at once, each row of the arrays (pairs, bins) one list of shares."""
    import numpy as np

    middle = (one + other) / 2
    # Where both shares are 0 nothing is added.
    safe = np.where(middle > 0, middle, 1.0)
    bits = [side * np.log2(np.where(side > 0, side / safe, 1.0)) for side in (one, other)]
    low, high = np.maximum(one, FLOOR), np.maximum(other, FLOOR)
    gaps = np.abs(one - other)
    return {
        "jensen_shannon": np.clip((bits[0] + bits[1]).sum(axis=1) / 2, 0.0, 1.0),
        "psi": ((low - high) * np.log(low / high)).sum(axis=1),
        "hellinger": np.sqrt(((np.sqrt(one) - np.sqrt(other)) ** 2).sum(axis=1) / 2),
        "total_variation": gaps.sum(axis=1) / 2,
        "l_infinity": gaps.max(axis=1),
    }
