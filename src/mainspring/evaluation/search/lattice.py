"""The lattice of slices: single values and ranges, crosses of two columns, crosses of three."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core import Slice
from mainspring.evaluation.search.columns import Searched, Value
from mainspring.evaluation.search.moments import Floats, Losses, Sums, effect, welch

Places: TypeAlias = "npt.NDArray[np.int64]"

_MOST_SHARE = 0.5
"""A slice of more rows than this is no part where the model is worse: the others are one where it is better."""
_SCREEN = 2.0
"""A statistic below this is certain by no test; whatever lies below is counted, and left."""
_COPY = 0.1
"""A cross that lacks fewer of the rows of a parent than this is that parent again."""
_WIDEST = 3
"""Crosses of so many columns are looked at bin by bin, and pruned before that."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What makes a slice one worth telling.

    Attributes:
        min_size: The fewest rows.
        min_effect: The least difference from the rest, in standard deviations.
        level: The chance of any false alarm.
    """

    min_size: int
    min_effect: float
    level: float


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A slice that may be worse than the rest.

    Attributes:
        columns: Places of its columns.
        bounds: For each column the first and the last code of the rows; fine codes for a range.
        ranged: Whether the codes are the fine ones of a range.
        values: What the rows have in common, one for each column.
        sums: Over its rows, one slice.
        statistic: Welch's, against the rest.
    """

    columns: tuple[int, ...]
    bounds: tuple[tuple[int, int], ...]
    ranged: bool
    values: tuple[Value, ...]
    sums: Sums
    statistic: float

    def slice(self, columns: Sequence[Searched]) -> Slice:
        """Its name."""
        named = zip(self.columns, self.values, strict=True)
        return Slice.of({columns[place].name: value.text for place, value in named})

    @property
    def sql(self) -> str:
        """SQL: whether a row is in it."""
        return " AND ".join(value.sql for value in self.values)

    def rows(self, columns: Sequence[Searched]) -> npt.NDArray[np.bool_]:
        """Which rows are in it."""
        inside: npt.NDArray[np.bool_] | None = None
        for place, (first, last) in zip(self.columns, self.bounds, strict=True):
            fine = columns[place].fine
            codes = fine if self.ranged and fine is not None else columns[place].codes
            there = codes == first if first == last else (codes >= first) & (codes <= last)
            inside = there if inside is None else inside & there
        if inside is None:
            raise ValueError("a slice of no column")
        return inside


class Lattice:
    """Looks at all slices of up to three columns, level by level, and counts what it looked at.

    Of a number every run of neighbouring bins is looked at: of finer bins for a single column, of the bins of the
    search in crosses of two; in crosses of three single bins. A cross is passed on if it is large enough, worse
    than the rest and worse than what is left of each parent. Crosses of three are left out where even all the loss
    of a parent, put on the fewest rows, would be too little (the bounds of SliceLine).

    References: Y. Chung et al., *Slice Finder: Automated Data Slicing for Model Validation* (2019);
    S. Sagadeeva and M. Boehm, *SliceLine: Fast, Linear-Algebra-based Slice Finding for ML Model Debugging* (2021).
    """

    def __init__(self, columns: Sequence[Searched], losses: Losses, rules: Rules) -> None:
        self.looked_at = 0
        self._columns, self._losses, self._rules = columns, losses, rules
        # Wide enough for the codes of a cross, and made once.
        self._codes = [column.codes.astype(np.int64) for column in columns]
        self._sizes = [len(column.values) for column in columns]
        self._runs = [column.runs for column in columns]
        self._cells: dict[tuple[int, ...], Sums] = {}
        # The best of all ways to cut a slice smaller looks better than it: so far a difference comes by chance.
        ways = max(sum(map(len, self._runs)), 1)
        self._clearly = NormalDist().inv_cdf(1 - rules.level / (ways + 1))
        self.whole = losses.by_code(np.zeros(len(losses.values), dtype=np.int64), 1)

    def candidates(self, most_columns: int) -> list[Candidate]:
        """What is worse than the rest, the most certain first; slices of the same columns share no rows."""
        every = range(len(self._columns))
        found = [one for place in every for one in self._ranges(place)]
        for width in range(1, min(most_columns, len(self._columns)) + 1):
            for places in itertools.combinations(every, width):
                if width < _WIDEST or self._may_hold(places):
                    found += self._of(places)
        return sorted(found, key=lambda one: -one.statistic)

    def _of(self, places: tuple[int, ...]) -> list[Candidate]:
        """The slices of one combination of columns."""
        single = len(places) == _WIDEST
        runs = [[run for run in self._runs[place] if not single or run[0] == run[1]] for place in places]
        if len(places) == 1 and self._columns[places[0]].fine is not None:
            # Runs of finer bins are looked at instead; what is left is the rows without a number.
            runs = [[run for run in runs[0] if run[0] >= len(self._columns[places[0]].ends) - 1]]
        sums = self._of_runs(places, runs)
        chosen, statistics = self._screened(sums)
        cells = np.unravel_index(chosen, [len(each) for each in runs])
        told = np.arange(len(chosen))
        if len(places) > 1 and len(chosen):
            told = np.flatnonzero(self._beats_parents(places, runs, cells, sums[chosen]))
        kept: list[Candidate] = []
        for place in told[np.argsort(-statistics[told], kind="stable")].tolist():
            bounds = tuple(each[int(cell[place])] for each, cell in zip(runs, cells, strict=True))
            if all(_apart(bounds, other.bounds) for other in kept):
                values = tuple(self._columns[k].run(*run) for k, run in zip(places, bounds, strict=True))
                sums_of_it = sums[chosen[place]]
                kept.append(Candidate(places, bounds, False, values, sums_of_it, float(statistics[place])))
        return kept

    def _of_cells(self, places: tuple[int, ...]) -> Sums:
        """The sums of all cells of a combination of columns, in the order of their codes."""
        if places not in self._cells:
            codes, size = self._codes[places[0]], self._sizes[places[0]]
            for place in places[1:]:
                codes = codes * self._sizes[place]
                codes += self._codes[place]
                size *= self._sizes[place]
            made = self._losses.by_code(codes, size)
            if len(places) == _WIDEST:
                return made
            self._cells[places] = made
        return self._cells[places]

    def _of_runs(self, places: tuple[int, ...], runs: Sequence[Sequence[tuple[int, int]]]) -> Sums:
        """The sums of every combination of runs: those of their cells."""
        cells = self._of_cells(places)
        shape = [self._sizes[place] for place in places]
        parts = []
        for part in cells.parts:
            summed = part.reshape(shape)
            for axis, (each, size) in enumerate(zip(runs, shape, strict=True)):
                summed = np.moveaxis(np.tensordot(_sums_of_runs(each, size), summed, axes=(1, axis)), 0, axis)
            parts.append(summed.reshape(-1))
        return Sums(*parts)

    def _screened(self, sums: Sums) -> tuple[Places, Floats]:
        """The slices that may be told, with their statistics; all that are large enough are counted."""
        large = (sums.count >= self._rules.min_size) & (sums.count <= _MOST_SHARE * self.whole.count)
        places = np.flatnonzero(large)
        self.looked_at += len(places)
        some = sums[places]
        rest = self.whole - some
        statistics, _ = welch(some, rest)
        told = (statistics >= _SCREEN) & (effect(some, rest) >= self._rules.min_effect)
        return places[told], statistics[told]

    def _beats_parents(
        self,
        places: tuple[int, ...],
        runs: Sequence[Sequence[tuple[int, int]]],
        cells: tuple[Places, ...],
        sums: Sums,
    ) -> npt.NDArray[np.bool_]:
        """Which crosses are clearly worse than what is left of each parent, and not nearly the same rows."""
        better = np.ones(len(sums.count), dtype=bool)
        for left_out in range(len(places)):
            kept = [k for k in range(len(places)) if k != left_out]
            above = self._of_runs(tuple(places[k] for k in kept), [runs[k] for k in kept])
            shape = [len(runs[k]) for k in kept]
            parents = above[np.ravel_multi_index([cells[k] for k in kept], shape)]
            rest = parents - sums
            statistics, _ = welch(sums, rest)
            better &= rest.count >= np.maximum(_COPY * parents.count, 2)
            better &= (statistics >= self._clearly) & (effect(sums, rest) >= self._rules.min_effect)
        return better

    def _may_hold(self, places: tuple[int, ...]) -> bool:
        """Whether a cross of three may hold a slice: each of its pairs has a cell whose loss would be enough."""
        least = self.whole.mean[0] * self._rules.min_size
        for above in itertools.combinations(places, len(places) - 1):
            sums = self._of_cells(above)
            if not ((sums.count >= self._rules.min_size) & (sums.loss > least)).any():
                return False
        return True

    def _ranges(self, place: int) -> list[Candidate]:
        """The ranges of a number that lie apart, the most certain first."""
        column = self._columns[place]
        if column.fine is None:
            return []
        bins = len(column.cuts) + 1
        sums = self._losses.by_code(column.fine.astype(np.int64), bins + 1)
        until = Sums(*(np.concatenate([[0.0], np.cumsum(part[:bins])]) for part in sums.parts))
        first, last = np.triu_indices(bins)
        every = until[last + 1] - until[first]
        chosen, statistics = self._screened(every)
        found: list[Candidate] = []
        for number in np.argsort(-statistics, kind="stable").tolist():
            pair = chosen[number]
            bounds = ((int(first[pair]), int(last[pair])),)
            if all(_apart(bounds, other.bounds) for other in found):
                values = (column.range(*bounds[0]),)
                found.append(Candidate((place,), bounds, True, values, every[pair], float(statistics[number])))
        return found


def _sums_of_runs(runs: Sequence[tuple[int, int]], size: int) -> Floats:
    """The matrix that adds up the codes of each run, shape ``[runs, size]``."""
    codes = np.arange(size)
    bounds = np.array(runs, dtype=np.int64).reshape(-1, 2)
    return ((codes >= bounds[:, :1]) & (codes <= bounds[:, 1:])).astype(np.float64)


def _apart(bounds: Sequence[tuple[int, int]], other: Sequence[tuple[int, int]]) -> bool:
    """Whether two slices of the same columns share no rows."""
    return any(a[1] < b[0] or b[1] < a[0] for a, b in zip(bounds, other, strict=True))
