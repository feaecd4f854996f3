"""Measuring features with every row counted by its weight.

Sums of weights are taken as whole numbers of a small unit (a power of two, 80 binary digits below the largest
weight), so that they depend neither on the order of the rows nor on how the engine shares out its work.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.celltypes import ColumnType
from mainspring.data.columns import Column, as_text
from mainspring.data.profiling.paths import Path, escaped, paths
from mainspring.data.sketches import EXACT_VALUES, POINTS, Quantiles
from mainspring.data.statistics.numbers import Histogram, equal_width
from mainspring.data.statistics.weights import Weighted, WeightedLevel, WeightedNumbers, WeightedWords
from mainspring.data.tables import Table

if TYPE_CHECKING:
    import numpy as np

_DIGITS: Final = 80
_MOST_ROWS: Final = 10


def measure_weights(
    table: Table,
    names: Sequence[str],
    weight: str,
    *,
    overrides: Mapping[str, str] | None = None,
    origin: np.ndarray | None = None,
    first: int = 0,
) -> dict[str, Weighted]:
    """What features hold, each row counted by its weight.

    Each value in a list counts as much as its row. Structures have only a presence.

    Args:
        names: The features to measure: columns, and fields of structures such as ``person.age``.
        weight: The column of weights.
        overrides: Feature to another column of weights for it.
        origin: The number of each row in its source, to name rows by.
        first: How many rows of the whole come before those of the table.

    Raises:
        InputError: If a column does not exist, or a weight is missing, NaN, infinite or negative.
    """
    used = {name: (overrides or {}).get(name, weight) for name in names}
    for column in dict.fromkeys(used.values()):
        check_weights(table, column, origin=origin, first=first)
    known = {path.name: path for path in paths(table)}
    for name in names:
        if name not in known:
            table.type_of(name)
    return {name: _weighted(table, known.get(name) or known[escaped(name)], by) for name, by in used.items()}


def check_weights(table: Table, weight: str, *, origin: np.ndarray | None = None, first: int = 0) -> None:
    """See to it that every row has a weight: a finite number that is not negative.

    Args:
        origin: The number of each row in its source, to name rows by.
        first: How many rows of the whole come before those of the table.

    Raises:
        InputError: If not; it names the rows.
    """
    kind = table.type_of(weight)
    if not kind.is_numeric:
        raise InputError(f"the column of weights {weight!r} is {kind}", expected="numbers")
    cell = engine.quote(weight)
    wrong = "v IS NULL OR isnan(v) OR isinf(v) OR v < 0"
    rows = f"SELECT {cell}::DOUBLE AS v, row_number() OVER () AS row FROM ({table.query()})"  # noqa: S608 - names are quoted
    (count,) = engine.fetch(f"SELECT count(*) FILTER ({wrong}) FROM ({rows})")[0]  # noqa: S608 - our own query
    if not count:
        return
    some = engine.fetch(f"SELECT row, v FROM ({rows}) WHERE {wrong} ORDER BY row LIMIT {_MOST_ROWS}")  # noqa: S608 - our own query
    told = [
        f"row {int(origin[first + row - 1]) if origin is not None else first + row} "
        f"{'is missing' if value is None else value}"
        for row, value in some
    ]
    raise InputError(
        f"{count:,} of {table.num_rows:,} weights in {weight!r} cannot be used: {', '.join(told)}"
        + (", …" if count > len(told) else ""),
        expected="a finite number of 0 or more in every row",
        fix="correct or drop these rows, or name another column of weights",
    )


def total_weight(table: Table, weight: str) -> float:
    """The sum of all weights, which :func:`check_weights` found good."""
    return _Sums(f"SELECT {engine.quote(weight)}::DOUBLE AS w FROM ({table.query()})").all("w")  # noqa: S608 - names are quoted


def weighted_numbers(query: str) -> WeightedNumbers:
    """Of the rows of a query with a number ``v``, not NULL, and its weight ``w``. For the modules of this room."""
    import numpy as np

    with engine.cursor() as found:
        columns = found.execute(f"SELECT v, w FROM ({query}) WHERE w > 0").fetchnumpy()  # noqa: S608 - our own query
    values, weights = np.asarray(columns["v"]), np.asarray(columns["w"], dtype=np.float64)
    nan, inf = (weights[test(values)] for test in (np.isnan, np.isinf))
    finite = np.isfinite(values)
    values, weights = values[finite] + values.dtype.type(0), weights[finite]
    order = np.lexsort((weights, values))
    values, weights = values[order], weights[order]
    mean, m2 = _moments(values, weights)
    return WeightedNumbers(
        weight=math.fsum(weights),
        num_nan=math.fsum(nan),
        num_inf=math.fsum(inf),
        mean=mean,
        m2=m2,
        min=values[0].item() if len(values) else None,
        max=values[-1].item() if len(values) else None,
        quantiles=_quantiles(values, weights),
        histogram=_histogram(values, weights),
    )


def weighted_words(query: str) -> WeightedWords:
    """Of the rows of a query with a text ``v``, not NULL, and its weight ``w``. For the modules of this room."""
    sums = _Sums(query)
    top = engine.fetch(
        f"SELECT v, {sums.of('w')} AS s FROM ({query}) WHERE w > 0 "  # noqa: S608 - our own query
        f"GROUP BY v ORDER BY s DESC, v LIMIT {EXACT_VALUES + 1}"
    )
    listed = sum(weight for _, weight in top[:EXACT_VALUES])
    return WeightedWords(
        weights={word: sums.true(weight) for word, weight in top[:EXACT_VALUES]},
        rest=sums.true(sums.raw("w") - listed),
        floor=sums.true(top[EXACT_VALUES][1]) if len(top) > EXACT_VALUES else 0.0,
    )


class _Sums:
    """Sums of the weights ``w`` of a query in whole units."""

    def __init__(self, query: str) -> None:
        self._query = query
        largest = engine.fetch(f"SELECT max(w) FROM ({query})")[0][0] or 0.0  # noqa: S608 - our own query
        self._shift = min(max(_DIGITS - math.frexp(largest)[1], -900), 900)

    def of(self, cell: str) -> str:
        """SQL: the sum over a group, in units."""
        return f"coalesce(sum(CAST({cell} * {math.ldexp(1.0, self._shift)!r}::DOUBLE AS HUGEINT)), 0)"

    def true(self, units: int) -> float:
        """A number of units as a weight, rounded once."""
        return units / (1 << self._shift) if self._shift >= 0 else float(units << -self._shift)

    def raw(self, cell: str, where: str = "true") -> int:
        """The sum over some rows, in units."""
        return int(engine.fetch(f"SELECT {self.of(cell)} FROM ({self._query}) WHERE {where}")[0][0])  # noqa: S608 - our own query

    def all(self, cell: str, where: str = "true") -> float:
        """The sum over some rows."""
        return self.true(self.raw(cell, where))


def _weighted(table: Table, path: Path, by: str) -> Weighted:
    rows = f"SELECT {path.cell} AS v, {engine.quote(by)}::DOUBLE AS w FROM ({table.query()})"  # noqa: S608 - names are quoted
    sums = _Sums(rows)
    missing, there = sums.all("w", "v IS NULL"), sums.all("w", "v IS NOT NULL")
    levels = []
    for _ in range(path.depth):
        levels.append(_level(rows))
        rows = f"SELECT unnest(v) AS v, w FROM ({rows}) WHERE v IS NOT NULL"  # noqa: S608 - our own query
    numbers, words = None, None
    present = f"({rows}) WHERE v IS NOT NULL"
    if path.type.is_numeric:
        numbers = weighted_numbers(f"SELECT v, w FROM {present}")  # noqa: S608 - our own query
    elif path.type is not ColumnType.STRUCT:
        text = as_text(Column("v", path.type))
        words = weighted_words(f"SELECT {text} AS v, w FROM {present}")  # noqa: S608 - our own query
    return Weighted(missing, there, numbers, words, tuple(levels), by)


def _level(rows: str) -> WeightedLevel:
    sums = _Sums(f"SELECT w * greatest(coalesce(len(v), 0), 1) AS w FROM ({rows})")  # noqa: S608 - our own query
    missing, empty, there, total = engine.fetch(
        f"SELECT {_filtered(sums, 'v IS NULL')}, {_filtered(sums, 'len(v) = 0')}, "  # noqa: S608 - our own query
        f"{_filtered(sums, 'v IS NOT NULL')}, {sums.of('w * len(v)')} FROM ({rows})"
    )[0]
    lengths = weighted_numbers(f"SELECT len(v) AS v, w FROM ({rows}) WHERE v IS NOT NULL")  # noqa: S608 - our own query
    return WeightedLevel(
        num_lists=sums.true(there),
        num_missing=sums.true(missing),
        num_empty=sums.true(empty),
        total_values=sums.true(total),
        lengths=lengths.quantiles,
    )


def _filtered(sums: _Sums, where: str) -> str:
    return sums.of(f"CASE WHEN {where} THEN w ELSE 0 END")


def _moments(values: np.ndarray, weights: np.ndarray) -> tuple[float | None, float]:
    import numpy as np

    if not len(values):
        return None, 0.0
    if values[0] == values[-1]:
        return float(values[0]), 0.0
    total = math.fsum(weights)
    mean = float(np.sum(values * (weights / total)))
    # The first mean is right up to rounding; the second pass takes its error out.
    mean += float(np.sum((values - mean) * (weights / total)))
    away = values - mean
    return mean, min(float(np.sum(away * away * weights)), np.finfo(np.float64).max.item())


def _quantiles(ordered: np.ndarray, weights: np.ndarray) -> Quantiles:
    import numpy as np

    if not len(ordered):
        return Quantiles()
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    if len(starts) <= EXACT_VALUES:
        sums = np.add.reduceat(weights, starts)
        return Quantiles(tuple(ordered[starts].tolist()), tuple(sums.tolist()))
    reached = np.cumsum(weights)
    step = reached[-1] / POINTS
    places = np.searchsorted(reached, (np.arange(POINTS) + 0.5) * step)
    picked, counts = np.unique(ordered[np.minimum(places, len(ordered) - 1)], return_counts=True)
    return Quantiles(tuple(picked.tolist()), tuple((counts * step).tolist()), exact=False)


def _histogram(ordered: np.ndarray, weights: np.ndarray) -> Histogram:
    import numpy as np

    if not len(ordered):
        return Histogram((), ())
    edges = equal_width(ordered[0].item(), ordered[-1].item())
    places = np.searchsorted(ordered, np.asarray(edges[1:-1]), side="left")
    bounds = [0, *places.tolist(), len(ordered)]
    return Histogram(edges, tuple(math.fsum(weights[a:b]) for a, b in itertools.pairwise(bounds)))
