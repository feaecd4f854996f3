"""Intervals by drawing again: the Poisson bootstrap over what is kept of rows, and the jackknife over buckets.

The Poisson bootstrap gives every row Poisson(1) copies (A. Chamandy and others, *Estimating uncertainty for
massive data streams*, Google (2012)). A cell of ``n`` equal rows then has Poisson(n) copies in all, so that it can
be drawn at once: the answer has the same distribution as drawing row by row. Rows with weights in one cell have no
such shortcut; theirs is drawn as ``w₂ / w₁ · Poisson(w₁² / w₂)``, where ``w₁`` and ``w₂`` are the sums of weights
and of squared weights: mean and variance are those of drawing row by row, and so is all for equal weights.

The jackknife leaves out one random bucket of rows in turn. It works for every state that merges.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.metrics import confusion
from mainspring.evaluation.metrics.grouping import Floats, Ints, shares
from mainspring.evaluation.metrics.intervals import CLOSED, Intervals
from mainspring.evaluation.metrics.measured import Interval, Measured
from mainspring.evaluation.metrics.states import Rows, State

PARTS = 256
"""Random parts of the rows that sums are kept of, for figures that no cells can stand for. The bootstrap then
draws whole parts: for few rows nearly the same as rows; for many, the spread of 256 parts stands for theirs."""

NOTHING = Interval(math.nan, math.nan)


def random_buckets(numbers: Ints, buckets: int, seed: int) -> Ints:
    """A random bucket for each row, which depends on its number and the seed alone.

    Reference: G. L. Steele, D. Lea and C. H. Flood, *Fast splittable pseudorandom number generators*, OOPSLA
    (2014), for the mixing of bits.

    Example:
        >>> random_buckets(np.arange(6), 3, seed=0).tolist() == random_buckets(np.arange(6), 3, seed=0).tolist()
        True
    """
    bits = numbers.astype(np.uint64) + np.uint64((seed * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        bits = (bits ^ (bits >> np.uint64(shift))) * np.uint64(factor)
    bits ^= bits >> np.uint64(31)
    return (bits % np.uint64(buckets)).astype(np.int64)


def poisson(random: np.random.Generator, weights: Floats, squares: Floats | None, draws: int) -> Floats:
    """Weights of cells after each of their rows was drawn Poisson(1) times.

    Args:
        random: Where the draws come from.
        weights: Weight of each cell, shape ``[…]``.
        squares: Sum of squared row weights of each cell; ``None`` where every row weighs 1.
        draws: How many times.

    Returns:
        Shape ``[draws, …]``.
    """
    shape = (draws, *weights.shape)
    if squares is None:
        return random.poisson(weights, shape).astype(np.float64)
    mean = np.nan_to_num(shares(squares, weights))
    return random.poisson(np.nan_to_num(shares(weights, mean)), shape) * mean


def percentiles(draws: npt.ArrayLike, level: float) -> Interval:
    """Between which figures that share of draws lies; nothing where more than half of the draws have no figure."""
    found = np.asarray(draws, dtype=np.float64)
    told = found[np.isfinite(found)]
    if 2 * len(told) < len(found) or len(told) < 2:
        return NOTHING
    low, high = np.quantile(told, ((1 - level) / 2, (1 + level) / 2))
    return Interval(float(low), float(high))


def bootstrap_means(values: Floats, intervals: Intervals, weights: Floats | None = None) -> list[Interval]:
    """Intervals of means over units (rows, queries, documents, images): a mean of each column.

    Args:
        values: One row for each unit, shape ``[n, k]``; a NaN takes the unit out of that mean.
        intervals: Level, resamples and seed.
        weights: Of the units, shape ``[n]``.

    Returns:
        One interval for each column.

    Example:
        >>> low, high = bootstrap_means(np.arange(100.0)[:, None], Intervals(method="bootstrap"))[0]
        >>> 43 < low < 46 < 53 < high < 57
        True
    """
    random = np.random.default_rng(intervals.seed)
    there = np.isfinite(values)
    weight = np.where(there, 1.0 if weights is None else weights[:, None], 0.0)
    tops, bottoms = np.where(there, values, 0.0) * weight, weight
    means = []
    for _ in range(intervals.resamples):
        times = random.poisson(1.0, len(values)).astype(np.float64)
        means.append(shares(times @ tops, times @ bottoms))
    drawn = np.array(means).reshape(intervals.resamples, values.shape[1])
    return [percentiles(column, intervals.level) for column in drawn.T]


COUNTS: Final = frozenset(
    {*confusion.COUNTS, "count", "queries", "queries_without_relevant", "groups", "clusters", "sampled", "pixels",
     "scaled_rows"}
)  # fmt: skip
"""Figures that shrink with the rows that are left out: they say nothing of chance, and have no interval."""


@dataclass(frozen=True, eq=False)
class Bucketed:
    """A state for each random bucket of rows, for intervals by the jackknife.

    Attributes:
        states: One for each bucket.
    """

    states: tuple[Any, ...]

    @classmethod
    def of(cls, rows: Rows[State], part: Ints | None, bucket: Ints, buckets: int) -> Bucketed:
        """The states of some rows.

        Args:
            rows: All rows.
            part: Indices of those that count, or all.
            bucket: Of each row of ``rows``.
            buckets: How many there are.
        """
        chosen = np.arange(len(rows)) if part is None else part
        order = np.argsort(bucket[chosen], kind="stable")
        ends = np.cumsum(np.bincount(bucket[chosen], minlength=buckets))[:-1]
        return cls(tuple(rows.state(np.sort(one)) for one in np.split(chosen[order], ends)))

    def merge(self, other: Bucketed) -> Bucketed:
        """The states over the rows of both."""
        return Bucketed(tuple(a.merge(b) for a, b in zip(self.states, other.states, strict=True)))

    @cached_property
    def whole(self) -> Any:
        """The state over all buckets."""
        return _merged(self.states)

    def measure(self, intervals: Intervals = CLOSED) -> Measured:
        """All figures, each with ``figure ± t · se``.

        The standard error is that of the delete-a-group jackknife, t of Student's distribution with one degree of
        freedom less than there are buckets. A figure that more than half of the times does not exist when a bucket
        is left out gets no interval.

        Reference: P. S. Kott, *The delete-a-group jackknife*, Journal of Official Statistics 17 (2001).
        """
        from scipy.special import stdtrit

        found = self.whole.measure(CLOSED)
        count = len(self.states)
        without = [one.measure(CLOSED).values for one in _each_left_out(self.states)]
        ends = {}
        for name, value in found.values.items():
            left = np.array([one.get(name, math.nan) for one in without])
            told = left[np.isfinite(left)]
            if name in COUNTS or not math.isfinite(value) or 2 * len(told) < count or len(told) < 2:
                continue
            times = len(told)
            error = math.sqrt((times - 1) / times * float(((told - told.mean()) ** 2).sum()))
            reach = float(stdtrit(times - 1, (1 + intervals.level) / 2)) * error
            ends[name] = Interval(value - reach, value + reach)
        return Measured(found.count, found.values, ends, found.reasons, found.inexact)


def _merged(states: Sequence[Any]) -> Any:
    return reduce(lambda a, b: a.merge(b), states)


def _each_left_out(states: Sequence[Any]) -> list[Any]:
    """For each state, all others merged; from both ends, so that it takes three merges for each."""
    before, after = [states[0]], [states[-1]]
    for one in states[1:-1]:
        before.append(before[-1].merge(one))
    for one in reversed(states[1:-1]):
        after.append(after[-1].merge(one))
    after.reverse()
    inner = [a.merge(b) for a, b in zip(before[:-1], after[1:], strict=True)]
    return [after[0], *inner, before[-1]]
