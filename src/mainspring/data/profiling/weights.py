"""Measuring features with every row counted by its weight.

Sums of weights are taken as whole numbers of a small unit (a power of two, 64 binary digits below the largest
weight), so that they depend neither on the order of the rows nor on how the engine shares out its work.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.celltypes import ColumnType
from mainspring.data.columns import Column, as_text
from mainspring.data.profiling.paths import Path, path_of
from mainspring.data.sketches import EXACT_VALUES, POINTS, Quantiles
from mainspring.data.statistics.numbers import Histogram, equal_width
from mainspring.data.statistics.weights import Weighted, WeightedLevel, WeightedNumbers, WeightedWords
from mainspring.data.tables import Table

if TYPE_CHECKING:
    import numpy as np

_DIGITS: Final = 64
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
    chosen = {name: path_of(table, name) for name in names}
    found: dict[str, Weighted] = {}
    for column in dict.fromkeys(used.values()):
        found.update(_weighted(table, {name: chosen[name] for name in names if used[name] == column}, column))
    return {name: found[name] for name in names}


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
    rows = f"SELECT {engine.quote(weight)}::DOUBLE AS w FROM ({table.query()})"  # noqa: S608 - names are quoted
    unit = _Unit.of(rows)
    return unit.true(engine.fetch(f"SELECT {unit.total('w')} FROM ({rows})")[0][0])  # noqa: S608 - our own query


@dataclass(frozen=True, slots=True)
class _Unit:
    """The whole numbers in which weights are added up: how many binary digits lie behind the point."""

    shift: int

    @classmethod
    def of(cls, rows: str) -> _Unit:
        """For the weights ``w`` of some rows."""
        largest = engine.fetch(f"SELECT max(w) FROM ({rows})")[0][0] or 0.0  # noqa: S608 - our own query
        return cls(min(max(_DIGITS - math.frexp(largest)[1], -900), 900))

    def total(self, cell: str, where: str = "") -> str:
        """SQL: a sum over a group, in units."""
        only = f" FILTER ({where})" if where else ""
        return f"coalesce(sum(CAST({cell} * {math.ldexp(1.0, self.shift)!r}::DOUBLE AS HUGEINT)){only}, 0)"

    def true(self, units: int) -> float:
        """A number of units as a weight, rounded once."""
        return units / (1 << self.shift) if self.shift >= 0 else float(units << -self.shift)


def _weighted(table: Table, features: Mapping[str, Path], by: str) -> dict[str, Weighted]:
    weight = f"{engine.quote(by)}::DOUBLE AS w"
    unit = _Unit.of(f"SELECT {weight} FROM ({table.query()})")  # noqa: S608 - names are quoted
    cells = [f"{path.cell} AS c{place}" for place, path in enumerate(features.values())]
    rows = f"SELECT {', '.join([*cells, weight])} FROM ({table.query()})"  # noqa: S608 - names are quoted
    sums = [unit.total("w", f"c{place} IS NOT NULL") for place in range(len(features))]
    total, *there = engine.fetch(f"SELECT {', '.join([unit.total('w'), *sums])} FROM ({rows})")[0]  # noqa: S608 - our own query
    return {
        name: _of_feature(f"SELECT c{place} AS v, w FROM ({rows})", path, unit, total, there[place], by)  # noqa: S608 - our own query
        for place, (name, path) in enumerate(features.items())
    }


def _of_feature(rows: str, path: Path, unit: _Unit, total: int, there: int, by: str) -> Weighted:
    missing, present = unit.true(total - there), unit.true(there)
    levels = []
    for _ in range(path.depth):
        levels.append(_level(rows, unit))
        rows = f"SELECT unnest(v) AS v, w FROM ({rows}) WHERE v IS NOT NULL"  # noqa: S608 - our own query
    numbers, words = None, None
    if path.type.is_numeric:
        numbers = _numbers(f"({rows}) WHERE v IS NOT NULL")
    elif path.type is not ColumnType.STRUCT:
        text = as_text(Column("v", path.type))
        words = _words(f"(SELECT {text} AS v, w FROM ({rows}) WHERE v IS NOT NULL)", unit)  # noqa: S608 - our own query
    return Weighted(missing, present, numbers, words, tuple(levels), by)


def _level(rows: str, unit: _Unit) -> WeightedLevel:
    sums = [unit.total("w", f"v IS {state}") for state in ("NOT NULL", "NULL")]
    sums += [unit.total("w", "len(v) = 0"), unit.total("w * len(v)")]
    found = engine.fetch(f"SELECT {', '.join(sums)} FROM ({rows})")[0]  # noqa: S608 - our own query
    lengths = _numbers(f"(SELECT len(v) AS v, w FROM ({rows}) WHERE v IS NOT NULL) WHERE true")  # noqa: S608 - our own query
    there, missing, empty, total = map(unit.true, found)
    return WeightedLevel(there, missing, empty, total, lengths.quantiles)


def _words(rows: str, unit: _Unit) -> WeightedWords:
    grouped = f"SELECT v, {unit.total('w')} AS s FROM {rows} WHERE w > 0 GROUP BY v"  # noqa: S608 - our own query
    top = engine.fetch(
        f"SELECT v, s, sum(s) OVER () FROM ({grouped}) ORDER BY s DESC, v LIMIT {EXACT_VALUES + 1}"  # noqa: S608 - our own query
    )
    listed = sum(weight for _, weight, _ in top[:EXACT_VALUES])
    return WeightedWords(
        weights={word: unit.true(weight) for word, weight, _ in top[:EXACT_VALUES]},
        rest=unit.true(top[0][2] - listed) if top else 0.0,
        floor=unit.true(top[EXACT_VALUES][1]) if len(top) > EXACT_VALUES else 0.0,
    )


def _numbers(rows: str) -> WeightedNumbers:
    import numpy as np

    with engine.cursor() as found:
        columns = found.execute(f"SELECT v, w FROM {rows} AND w > 0").fetchnumpy()  # noqa: S608 - our own query
    values, weights = np.asarray(columns["v"]), np.asarray(columns["w"], dtype=np.float64)
    nan, inf = (weights[test(values)] for test in (np.isnan, np.isinf))
    finite = np.isfinite(values)
    values, weights = values[finite] + values.dtype.type(0), weights[finite]
    order = np.lexsort((weights, values))
    values, weights = values[order], weights[order]
    mean, m2 = _moments(values, weights)
    return WeightedNumbers(
        weight=math.fsum(weights.tolist()),
        num_nan=math.fsum(nan.tolist()),
        num_inf=math.fsum(inf.tolist()),
        mean=mean,
        m2=m2,
        min=values[0].item() if len(values) else None,
        max=values[-1].item() if len(values) else None,
        quantiles=_quantiles(values, weights),
        histogram=_histogram(values, weights),
    )


def _moments(values: np.ndarray, weights: np.ndarray) -> tuple[float | None, float]:
    import numpy as np

    if not len(values):
        return None, 0.0
    if values[0] == values[-1]:
        return float(values[0]), 0.0
    total = math.fsum(weights.tolist())
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
    return Histogram(edges, tuple(math.fsum(weights[a:b].tolist()) for a, b in itertools.pairwise(bounds)))
