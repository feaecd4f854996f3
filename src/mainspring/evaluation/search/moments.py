"""Sums over the rows of slices, and how likely a difference of their means is by chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.data.transforms.selection.tails import t_tail
from mainspring.evaluation.metrics.intervals import normal
from mainspring.evaluation.metrics.measured import Interval

Floats: TypeAlias = "npt.NDArray[np.float64]"
Codes: TypeAlias = "npt.NDArray[np.int64]"

_NEGLIGIBLE = 1e-17


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """The losses of rows, with what their sums need.

    Attributes:
        values: Shape ``[n]``.
        weights: Shape ``[n]``; ``None`` weighs every row 1.
        binary: Whether every loss is 0 or 1.
    """

    values: Floats
    weights: Floats | None
    binary: bool

    def by_code(self, codes: Codes, size: int, rows: Codes | None = None) -> Sums:
        """The sums of each code from 0 to ``size - 1``, all in one pass.

        Args:
            codes: Of each row, or of the chosen ones.
            size: How many codes there are.
            rows: The chosen rows; all without them.
        """
        values = self.values if rows is None else self.values[rows]
        if self.weights is None and self.binary:
            # Two codes for each, right and wrong: one count instead of four sums.
            doubled = codes + codes
            doubled += values > 0
            pairs = np.bincount(doubled, minlength=2 * size).reshape(size, 2).astype(np.float64)
            count = pairs.sum(axis=1)
            return Sums(count, count, count, pairs[:, 1], pairs[:, 1])
        count = np.bincount(codes, minlength=size).astype(np.float64)
        if self.weights is None:
            loss, squares = _sums(codes, values, size), _sums(codes, values * values, size)
            return Sums(count, count, count, loss, squares)
        weights = self.weights if rows is None else self.weights[rows]
        weighted = weights * values
        summed = [_sums(codes, each, size) for each in (weights, weights * weights, weighted, weighted * values)]
        return Sums(count, *summed)

    def of(self, inside: npt.NDArray[np.bool_]) -> Sums:
        """The sums of some rows."""
        rows = np.flatnonzero(inside)
        return self.by_code(np.zeros(len(rows), dtype=np.int64), 1, rows)


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums over the rows of slices, one element per slice. They add up, and can be taken away.

    Attributes:
        count: Rows.
        weight: Of their weights.
        squares: Of the squares of their weights.
        loss: Of their losses, weighted.
        loss_squares: Of the squares of their losses, weighted.
    """

    count: Floats
    weight: Floats
    squares: Floats
    loss: Floats
    loss_squares: Floats

    def __add__(self, other: Sums) -> Sums:
        return Sums(*(a + b for a, b in zip(self.parts, other.parts, strict=True)))

    def __sub__(self, other: Sums) -> Sums:
        return Sums(*(a - b for a, b in zip(self.parts, other.parts, strict=True)))

    def __getitem__(self, places: object) -> Sums:
        return Sums(*(np.atleast_1d(part[places]) for part in self.parts))  # type: ignore[call-overload]  # as NumPy takes them

    @property
    def parts(self) -> tuple[Floats, ...]:
        """The five arrays."""
        return self.count, self.weight, self.squares, self.loss, self.loss_squares

    @property
    def total(self) -> Sums:
        """Over all slices."""
        return Sums(*(np.atleast_1d(part.sum()) for part in self.parts))

    @cached_property
    def mean(self) -> Floats:
        """The mean losses; NaN without rows."""
        return _ratio(self.loss, self.weight)

    @cached_property
    def effective(self) -> Floats:
        """How many rows of equal weight would tell as much (Kish, 1965)."""
        return _ratio(self.weight * self.weight, self.squares)

    @cached_property
    def variance(self) -> Floats:
        """The variances of the losses; NaN for fewer than two rows."""
        spread = np.maximum(_ratio(self.loss_squares, self.weight) - self.mean**2, 0.0)
        return spread * _ratio(self.effective, self.effective - 1)


def effect(one: Sums, other: Sums) -> Floats:
    """How far two means are apart, in standard deviations (the effect size of Slice Finder)."""
    spread = np.sqrt((np.nan_to_num(one.variance) + np.nan_to_num(other.variance)) / 2)
    return _ratio(one.mean - other.mean, spread, empty=0.0)


def welch(one: Sums, other: Sums) -> tuple[Floats, Floats]:
    """Welch's statistic of two means, and its degrees of freedom.

    The variance of ``one`` is taken to be that of ``other`` at least: a few rows that are all wrong have none.
    """
    ours = np.fmax(one.variance, other.variance) / one.effective
    theirs = other.variance / other.effective
    statistic = _ratio(one.mean - other.mean, np.sqrt(ours + theirs), empty=0.0)
    degrees = _ratio((ours + theirs) ** 2, ours**2 / (one.effective - 1) + theirs**2 / (other.effective - 1))
    return statistic, degrees


def by_chance(one: Sums, other: Sums, losses: Losses) -> float:
    """How likely ``one`` would be at least so much worse than ``other`` if they were alike (one slice each).

    Fisher's exact test for errors of rows that weigh 1, Welch's t-test for all else; one-sided.
    """
    if not (one.count[0] > 1 and other.count[0] > 1):
        return 1.0
    if losses.binary and losses.weights is None:
        return fisher_tail(int(one.loss[0]), int(one.count[0]), int(other.loss[0]), int(other.count[0]))
    statistic, degrees = welch(one, other)
    if not statistic[0] > 0:
        return 1.0
    return t_tail(float(statistic[0]), float(degrees[0])) / 2


def difference(one: Sums, other: Sums) -> Interval:
    """The 95 % interval of the difference of two means."""
    variance = one.variance / one.effective + other.variance / other.effective
    return normal(float((one.mean - other.mean)[0]), float(variance[0]))


def fisher_tail(hits: int, size: int, other_hits: int, other_size: int) -> float:
    """How likely at least so many of all hits fall on the first of two groups by chance (Fisher, 1922).

    Example:
        Fisher's tea: all four cups rightly told.

        >>> round(fisher_tail(4, 4, 0, 4), 6)
        0.014286
    """
    drawn, whole = hits + other_hits, size + other_size
    log = _choose(size, hits) + _choose(other_size, other_hits) - _choose(whole, drawn)
    total, term, place = 1.0, 1.0, hits
    if hits * whole <= drawn * size:
        # At or below the mean: the tail is no small number, and would take many terms.
        return 1.0
    while place < min(size, drawn):
        term *= (drawn - place) * (size - place) / ((place + 1) * (other_size - drawn + place + 1))
        total += term
        place += 1
        if term < total * _NEGLIGIBLE:
            break
    return min(math.exp(log + math.log(total)), 1.0)


def holm(p_values: Floats, tests: int) -> Floats:
    """P-values of the smallest of so many tests, corrected so that any false alarm has the level's chance.

    Reference: S. Holm, *A simple sequentially rejective multiple test procedure* (1979).

    Example:
        >>> holm(np.array([0.02, 0.001]), 10).round(3).tolist()
        [0.18, 0.01]
    """
    order = np.argsort(p_values, kind="stable")
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.maximum.accumulate(p_values[order] * (tests - np.arange(len(order))))
    return np.minimum(adjusted, 1.0)


def _sums(codes: Codes, values: Floats, size: int) -> Floats:
    return np.bincount(codes, values, size).astype(np.float64, copy=False)


def _choose(whole: int, part: int) -> float:
    return math.lgamma(whole + 1) - math.lgamma(part + 1) - math.lgamma(whole - part + 1)


def _ratio(top: Floats, bottom: Floats, empty: float = math.nan) -> Floats:
    out = np.full(np.broadcast_shapes(top.shape, bottom.shape), empty)
    np.divide(top, bottom, out=out, where=bottom > 0)
    return out
