"""Numbers in groups of neighbours: exact while there are few different ones, bounded when there are many.

A number is read by its bits, which rise with it: first the power of two, then the digits of the fraction. While
there are at most ``limit`` different numbers, each is a group. Beyond that the last bits of all are dropped, as
few as will do, and numbers that are alike in the others share a group. How many bits that takes depends on the
numbers alone and not on the order in which they came, so merging is associative and commutative, rounding of the
sums aside. Groups are narrow where numbers are near 0 (or, for probabilities, near 0 and near 1) and never
overlap, so what they cost can be bounded from the groups themselves.

Compare Epicoco and others, *UDDSketch: accurate tracking of quantiles in data streams*, IEEE Access 8 (2020),
which halves its resolution in the same manner but starts from a coarse one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

MOST_GROUPS = 65_536
"""So many different numbers are kept as they are."""

_BITS = 63


def around_zero(values: Floats) -> Ints:
    """The bits of each number as a whole number that rises with it; finest near 0."""
    bits = np.abs(values).view(np.int64)
    return np.where(values < 0, -bits, bits)


def around_both_ends(shares: Floats) -> Ints:
    """The same for numbers between 0 and 1, finest near 0 and near 1."""
    half = np.float64(0.5).view(np.int64)
    low = shares <= 0.5
    bits = around_zero(np.where(low, shares, 1.0 - shares))
    return np.where(low, bits, 2 * half - bits)


@dataclass(frozen=True, eq=False, kw_only=True)
class Groups:
    """Numbers with sums over the rows that have them.

    Attributes:
        values: The number of each group, or the mean of its numbers; ascending, shape ``[groups]``.
        sums: Sums over the rows of each group, shape ``[columns, groups]``. The first column is the weight.
        dropped: How many bits of the numbers were dropped; with 0, every group is one number.
        limit: The most groups, marks aside.
        marks: Numbers that no group lies across: each group is below, or at and above.
        scale: How a number is read by its bits.
    """

    values: Floats
    sums: Floats
    dropped: int = 0
    limit: int = MOST_GROUPS
    marks: tuple[float, ...] = ()
    scale: Callable[[Floats], Ints] = around_zero

    @classmethod
    def of(
        cls,
        values: Floats,
        columns: Sequence[Floats],
        *,
        limit: int = MOST_GROUPS,
        marks: tuple[float, ...] = (),
        scale: Callable[[Floats], Ints] = around_zero,
    ) -> Self:
        """Group rows by their numbers.

        Args:
            values: Finite, shape ``[n]``.
            columns: What is to be summed up, the weight first, shape ``[n]`` each.
            limit: The most groups.
            marks: Numbers that no group shall lie across.
            scale: How a number is read by its bits.
        """
        order = np.argsort(values)
        sums = np.array([column[order] for column in columns])
        return cls(values=values[order], sums=sums, limit=limit, marks=marks, scale=scale)._tied().fitted()

    def merge(self, other: Self) -> Self:
        """The groups over the rows of both."""
        values = np.concatenate((self.values, other.values))
        order = np.argsort(values, kind="stable")
        sums = np.concatenate((self.sums, other.sums), axis=1)[:, order]
        both = replace(self, values=values[order], sums=sums, dropped=max(self.dropped, other.dropped))
        return both._tied().fitted()

    def fitted(self) -> Self:
        """No more groups than the limit, of numbers that are all different."""
        most = self.limit + len(self.marks)
        if len(self.values) <= most:
            return self
        # Of so many borders, only those may stay that are in higher bits than this one is in.
        step = np.partition(self._steps, len(self._steps) - most)[len(self._steps) - most]
        dropped = min(int(step).bit_length(), _BITS)
        return replace(self._joined(self._borders(dropped)), dropped=dropped)

    def coarser(self, limit: int) -> Self:
        """The same in fewer groups."""
        return replace(self, limit=limit).fitted()

    @cached_property
    def weights(self) -> Floats:
        """The weight of each group, shape ``[groups]``."""
        weights: Floats = self.sums[0]
        return weights

    def __len__(self) -> int:
        return len(self.values)

    def width(self, value: float) -> float:
        """How far apart numbers of the group around a value can lie; for numbers that are read around zero."""
        if not self.dropped:
            return 0.0
        first = np.array([abs(value)]).view(np.int64) >> self.dropped << self.dropped
        last = first + (np.int64(1) << np.int64(self.dropped))
        return float((last.view(np.float64) - first.view(np.float64))[0])

    def _tied(self) -> Self:
        """Equal numbers, or numbers in the same group, put together."""
        if not len(self.values):
            return self
        if self.dropped:
            return self._joined(self._borders(self.dropped))
        return self._joined(np.flatnonzero(self.values[1:] != self.values[:-1]) + 1)

    def _borders(self, dropped: int) -> Ints:
        """Where a new group begins, the first aside."""
        borders: Ints = np.flatnonzero(self._steps >= np.uint64(1 << dropped)) + 1
        return borders

    @cached_property
    def _steps(self) -> npt.NDArray[np.uint64]:
        """The bits in which each number differs from the one before; all of them where a mark lies between."""
        bits = self.scale(self.values)
        steps = (bits[1:] ^ bits[:-1]).view(np.uint64)
        crossed = np.searchsorted(self.values, np.array(self.marks), side="left")
        steps[crossed[(crossed > 0) & (crossed < len(self.values))] - 1] = np.uint64(2**64 - 1)
        return steps

    def _joined(self, borders: Ints) -> Self:
        if len(borders) + 1 == len(self.values):
            return self
        starts = np.concatenate(([0], borders))
        ends = np.concatenate((borders, [len(self.values)])) - 1
        sums = np.add.reduceat(self.sums, starts, axis=1)
        first, last = self.values[starts], self.values[ends]
        with np.errstate(invalid="ignore", divide="ignore"):
            means = np.add.reduceat(self.values * self.weights, starts) / sums[0]
        # Rounding must not carry a mean out of its group, nor change a number that is alone.
        means = np.clip(np.where(sums[0] > 0, means, first), first, last)
        return replace(self, values=means, sums=sums)


def shares(top: npt.ArrayLike, bottom: npt.ArrayLike) -> Floats:
    """``top / bottom``, NaN where there is no bottom.

    Example:
        >>> shares([1.0, 1.0], [2.0, 0.0]).tolist()
        [0.5, nan]
    """
    above, below = np.broadcast_arrays(np.asarray(top, dtype=np.float64), np.asarray(bottom, dtype=np.float64))
    out: Floats = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
    return out


def dot(a: Floats, b: Floats) -> float:
    """The sum of products. Unlike ``@``, it starts no threads, which cost more than they give at these sizes."""
    return float((a * b).sum())
