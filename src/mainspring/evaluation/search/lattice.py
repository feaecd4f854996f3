"""The lattice of slices: single values and ranges, crosses of two columns, crosses of three."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mainspring.core import Slice
from mainspring.evaluation.search.columns import Searched, Value
from mainspring.evaluation.search.moments import Losses, Sums, effect, welch

_MOST_SHARE = 0.8
"""A slice of more rows than this is all but a small one; that one is looked at too."""
_SCREEN = 2.0
"""A statistic below this is certain by no test; whatever lies below is counted, and left."""
_COPY = 0.1
"""A cross that lacks fewer of the rows of a parent than this is that parent again."""


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

    A cross is looked at if it is large enough, and passed on if it is worse than the rest and than each of its
    parents. Crosses of three are left out where even all the loss of a parent, put on the fewest rows, would be
    too little (the bounds of SliceLine).

    References: Y. Chung et al., *Slice Finder: Automated Data Slicing for Model Validation* (2019);
    S. Sagadeeva and M. Boehm, *SliceLine: Fast, Linear-Algebra-based Slice Finding for ML Model Debugging* (2021).
    """

    def __init__(self, columns: Sequence[Searched], losses: Losses, rules: Rules) -> None:
        self.looked_at = 0
        self._columns, self._losses, self._rules = columns, losses, rules
        # Wide enough for the codes of a cross, and made once.
        self._codes = [column.codes.astype(np.int64) for column in columns]
        self._sizes = [len(column.values) for column in columns]
        self._tables: dict[tuple[int, ...], Sums] = {}
        self.whole = losses.by_code(np.zeros(len(losses.values), dtype=np.int64), 1)

    def candidates(self, most_columns: int) -> list[Candidate]:
        """What is worse than the rest, the most certain first."""
        found: list[Candidate] = []
        for width in range(1, min(most_columns, len(self._columns)) + 1):
            for places in itertools.combinations(range(len(self._columns)), width):
                found += self._of(places)
            if width == 1:
                found += [one for place in range(len(self._columns)) for one in self._ranges(place)]
        return sorted(found, key=lambda one: -one.statistic)

    def _of(self, places: tuple[int, ...]) -> Iterator[Candidate]:
        """The cells of one combination of columns."""
        if len(places) > 2 and not self._may_hold(places):
            return
        sums = self._table(places)
        for cell, statistic in self._screened(sums):
            codes = self._split(cell, places)
            values = [self._columns[place].values[code] for place, code in zip(places, codes, strict=True)]
            told = tuple(value for value in values if value is not None)
            if len(told) < len(values) or not self._beats_parents(places, codes, sums[cell]):
                continue
            bounds = tuple((code, code) for code in codes)
            yield Candidate(places, bounds, False, told, sums[cell], statistic)

    def _table(self, places: tuple[int, ...]) -> Sums:
        """The sums of all cells of a combination of columns."""
        if places not in self._tables:
            codes, size = self._codes[places[0]], self._sizes[places[0]]
            for place in places[1:]:
                codes = codes * self._sizes[place]
                codes += self._codes[place]
                size *= self._sizes[place]
            made = self._losses.by_code(codes, size)
            if len(places) > 2:
                return made
            self._tables[places] = made
        return self._tables[places]

    def _split(self, cell: int, places: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(int(x) for x in np.unravel_index(cell, [self._sizes[place] for place in places]))

    def _screened(self, sums: Sums) -> Iterator[tuple[int, float]]:
        """The slices that may be told, with their statistics; all that are large enough are counted."""
        large = (sums.count >= self._rules.min_size) & (sums.count <= _MOST_SHARE * self.whole.count)
        places = np.flatnonzero(large)
        self.looked_at += len(places)
        if not len(places):
            return
        some = sums[places]
        rest = self.whole - some
        statistics, _ = welch(some, rest)
        told = (statistics >= _SCREEN) & (effect(some, rest) >= self._rules.min_effect)
        yield from zip(places[told].tolist(), statistics[told].tolist(), strict=True)

    def _beats_parents(self, places: tuple[int, ...], codes: tuple[int, ...], sums: Sums) -> bool:
        """Whether a cross is clearly worse than what is left of each parent, and not nearly the same rows."""
        for left_out in range(len(places)) if len(places) > 1 else ():
            kept = [place for place in range(len(places)) if place != left_out]
            above = tuple(places[place] for place in kept)
            cell = int(np.ravel_multi_index([codes[k] for k in kept], [self._sizes[place] for place in above]))
            parent = self._table(above)[cell]
            rest = parent - sums
            if rest.count[0] < max(_COPY * parent.count[0], 2):
                return False
            statistic, _ = welch(sums, rest)
            if statistic[0] < _SCREEN or effect(sums, rest)[0] < self._rules.min_effect:
                return False
        return True

    def _may_hold(self, places: tuple[int, ...]) -> bool:
        """Whether a cross of three may hold a slice: each of its pairs has a cell whose loss would be enough."""
        least = self.whole.mean[0] * self._rules.min_size
        for above in itertools.combinations(places, len(places) - 1):
            sums = self._table(above)
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
        screened = sorted(self._screened(every), key=lambda pair: -pair[1])
        found: list[Candidate] = []
        taken: list[tuple[int, int]] = []
        for pair, statistic in screened:
            low, high = int(first[pair]), int(last[pair])
            if all(high < start or low > end for start, end in taken):
                taken.append((low, high))
                value = column.range(low, high)
                found.append(Candidate((place,), ((low, high),), True, (value,), every[pair], statistic))
        return found
