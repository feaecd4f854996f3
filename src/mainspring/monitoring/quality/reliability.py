"""Whether what was held probable comes as often as it was held probable, bin by bin."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.data.comparison.significance import chi_squared_tail
from mainspring.evaluation.metrics.intervals import wilson
from mainspring.evaluation.metrics.measured import Interval

Floats: TypeAlias = npt.NDArray[np.float64]

BINS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Rows of like probability.

    Attributes:
        low: The least probability of the bin; ``high`` the one that is above it.
        rows: How many there are, or their weight.
        probability: Their mean probability; NaN without rows.
        share: How often it came; NaN without rows.
        spread: The variance of the number that comes, were the probabilities right.
        interval: Of the share, at 95 %.
    """

    low: float
    high: float
    rows: float
    probability: float
    share: float
    spread: float
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """A reliability diagram.

    Attributes:
        bins: From the least probable on.
    """

    bins: tuple[Bin, ...]

    @property
    def rows(self) -> float:
        """Of all bins."""
        return sum(one.rows for one in self.bins)

    @property
    def edges(self) -> Floats:
        """Where bins after the first begin, for :func:`measure_reliability` of other rows."""
        return np.array([one.low for one in self.bins[1:]])

    @property
    def error(self) -> float:
        """The expected calibration error: the mean distance of probability and share; NaN without rows.

        Reference: M. P. Naeini, G. F. Cooper and M. Hauskrecht, *Obtaining well calibrated probabilities using
        Bayesian binning*, AAAI (2015).
        """
        there = [one for one in self.bins if one.rows > 0]
        total = sum(one.rows for one in there)
        return sum(one.rows * abs(one.probability - one.share) for one in there) / total if total else math.nan

    @property
    def p_value(self) -> float:
        """How likely gaps as large are by chance, were the probabilities right.

        Reference: D. W. Hosmer and S. Lemeshow, *Goodness of fit tests for the multiple logistic regression
        model*, Communications in Statistics 9 (1980); with as many degrees of freedom as bins, as nothing was
        fitted to these rows.
        """
        told = [one for one in self.bins if one.rows > 0 and one.spread > 0]
        statistic = sum((one.rows * (one.share - one.probability)) ** 2 / one.spread for one in told)
        return chi_squared_tail(statistic, len(told)) if told else 1.0


def measure_reliability(
    probability: Floats,
    came: Floats,
    *,
    bins: int = BINS,
    edges: Floats | None = None,
    weights: Floats | None = None,
) -> Reliability:
    """Put rows into bins by their probability.

    Args:
        probability: How probable something was held, ``[rows]``.
        came: 1 where it came, 0 elsewhere, ``[rows]``.
        bins: How many, each with as many rows (fewer where probabilities are equal).
        edges: Where bins after the first begin, instead.
        weights: Of the rows.

    Example:
        >>> chance = np.repeat([0.2, 0.8], 10)
        >>> came = np.array([1, 1] + [0] * 8 + [1] * 6 + [0] * 4, dtype=float)
        >>> found = measure_reliability(chance, came, bins=2)
        >>> [one.share for one in found.bins], round(found.error, 3)
        ([0.2, 0.6], 0.1)
    """
    weight = np.ones(len(probability)) if weights is None else weights
    inner = _quantiles(probability, bins) if edges is None else edges
    place = np.searchsorted(inner, probability, side="right")
    size = len(inner) + 1
    total, hoped, seen, spread = (
        np.bincount(place, values, size)
        for values in (
            weight,
            weight * probability,
            weight * came,
            weight * weight * probability * (1 - probability),
        )
    )
    ends = [0.0, *inner.tolist(), 1.0]
    found = []
    for number in range(size):
        rows = float(total[number])
        share = float(seen[number]) / rows if rows > 0 else math.nan
        found.append(
            Bin(
                low=ends[number],
                high=ends[number + 1],
                rows=rows,
                probability=float(hoped[number]) / rows if rows > 0 else math.nan,
                share=share,
                spread=float(spread[number]),
                interval=wilson(float(seen[number]), rows),
            )
        )
    return Reliability(bins=tuple(found))


def _quantiles(probability: Floats, bins: int) -> Floats:
    inner = np.unique(np.quantile(probability, np.arange(1, bins) / bins)) if len(probability) else np.zeros(0)
    # A bin below the least probability would be empty.
    kept: Floats = inner[inner > probability.min()] if len(inner) else inner
    return kept
