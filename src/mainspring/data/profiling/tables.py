"""Computing statistics: a few queries per column, one column in memory at a time.

Everything depends on the values and on nothing else, not on the order of rows nor on how work was shared out:
sums are taken over sorted numbers. Equal data has equal statistics, to the last bit.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from mainspring.data import engine
from mainspring.data.celltypes import ColumnType, is_quantity, is_whole
from mainspring.data.columns import Column, as_text
from mainspring.data.examples import Examples
from mainspring.data.sketches import EXACT_VALUES, Distinct, Frequencies, Quantiles
from mainspring.data.statistics import (
    MOST_OFFENDERS,
    FeatureStatistics,
    Histogram,
    Numbers,
    Offender,
    Statistics,
    TableStatistics,
    Words,
    equal_width,
)
from mainspring.data.tables import Table

if TYPE_CHECKING:
    import numpy as np

_LARGE: Final = 1e150
_MOSTLY: Final = 0.5
"""From this share of numbers among the texts of a column on, the other texts are listed."""


def summarize(data: Examples | Mapping[str, Table] | Table) -> Statistics:
    """The statistics of a data set, split by split.

    Args:
        data: Examples, tables by the name of their split, or one table (taken as split ``train``).

    Example:
        >>> table = Table.from_columns({"fare": [2.0, 4.0, None]})
        >>> summarize(table).split("train").feature("fare").numbers.mean
        3.0
    """
    if isinstance(data, Table):
        return Statistics({"train": summarize_table(data)})
    if isinstance(data, Examples):
        return Statistics(
            {name: summarize_table(table, origin=data.origins.get(name)) for name, table in data.splits.items()}
        )
    return Statistics({name: summarize_table(table) for name, table in data.items()})


def summarize_table(table: Table, *, origin: np.ndarray | None = None) -> TableStatistics:
    """The statistics of one table.

    Args:
        origin: The number of each row in its source, to name rows by.
    """
    features = {column.name: _feature(table, column, origin) for column in table.columns}
    return TableStatistics(table.num_rows, features)


def _feature(table: Table, column: Column, origin: np.ndarray | None) -> FeatureStatistics:
    if column.type.is_numeric:
        values = _present(table, column)
        found = len(values)
        return FeatureStatistics(
            column.name, column.type, table.num_rows - found, found, numbers=numbers_of(values)
        )
    words = _words(table, column, origin)
    found = words.frequencies.total
    return FeatureStatistics(column.name, column.type, table.num_rows - found, found, words=words)


def _present(table: Table, column: Column) -> np.ndarray:
    import numpy as np

    name = engine.quote(column.name)
    query = f"SELECT {name} AS v FROM ({table.query()}) WHERE {name} IS NOT NULL"  # noqa: S608 - names are quoted
    with engine.cursor() as found:
        return np.asarray(found.execute(query).fetchnumpy()["v"])


def numbers_of(values: np.ndarray) -> Numbers:
    """The statistics of numbers, none missing. The array may be int64 or float64."""
    import numpy as np

    is_float = values.dtype.kind == "f"
    finite = np.sort(values[np.isfinite(values)] if is_float else values)
    if is_float:
        finite = finite + 0.0  # one of the two zeros
    quantiles = Quantiles.of_sorted(finite)
    mean, m2 = _moments(finite)
    whole = int((finite == np.trunc(finite)).sum()) if is_float else len(finite)
    return Numbers(
        count=len(finite),
        num_nan=int(np.isnan(values).sum()) if is_float else 0,
        num_inf=int(np.isinf(values).sum()) if is_float else 0,
        zeros=int((finite == 0).sum()),
        whole=whole,
        min=finite[0].item() if len(finite) else None,
        max=finite[-1].item() if len(finite) else None,
        mean=mean,
        m2=m2,
        unique=int((finite[1:] != finite[:-1]).sum()) + 1 if len(finite) else 0,
        quantiles=quantiles,
        histogram=_histogram(finite),
        distinct=None if quantiles.exact else Distinct.of_numbers(finite),
    )


def _moments(ordered: np.ndarray) -> tuple[float | None, float]:
    import numpy as np

    if not len(ordered):
        return None, 0.0
    if ordered[0] == ordered[-1]:
        return float(ordered[0]), 0.0
    size = max(abs(float(ordered[0])), abs(float(ordered[-1])))
    # Very large numbers are divided first, so that their sum stays finite.
    unit = size if size > _LARGE else 1.0
    floats = ordered / unit
    mean = float(floats.mean())
    away = floats - mean
    return mean * unit, min(float(np.dot(away, away)) * unit * unit, sys.float_info.max)


def _histogram(ordered: np.ndarray) -> Histogram:
    import numpy as np

    if not len(ordered):
        return Histogram((), ())
    edges = equal_width(ordered[0].item(), ordered[-1].item())
    places = np.searchsorted(ordered, np.asarray(edges[1:-1]), side="left")
    counts = np.diff(np.concatenate([[0], places, [len(ordered)]]))
    return Histogram(edges, tuple(int(count) for count in counts))


def _words(table: Table, column: Column, origin: np.ndarray | None) -> Words:
    grouped = engine.Relation.of(
        f"SELECT {as_text(column)} AS v, count(*) AS n FROM ({table.query()}) "  # noqa: S608 - names are quoted
        f"WHERE {engine.quote(column.name)} IS NOT NULL GROUP BY 1"
    )
    numeric = column.type is ColumnType.STRING
    whole = f"sum(n) FILTER ({is_whole('v')})" if numeric else "0"
    number = f"sum(n) FILTER ({is_quantity('v')})" if numeric else "0"
    total, unique, length, least, most, num_whole, num_numbers = (
        value
        for value in engine.fetch(
            f"SELECT sum(n), count(*), sum(n * length(v)), min(v), max(v), {whole}, {number} FROM {grouped.name}"  # noqa: S608 - our own names
        )[0]
    )
    top = engine.fetch(f"SELECT v, n FROM {grouped.name} ORDER BY n DESC, v LIMIT {EXACT_VALUES + 1}")  # noqa: S608 - our own names
    total, num_numbers = int(total or 0), int(num_numbers or 0)
    counts = {word: int(count) for word, count in top[:EXACT_VALUES]}
    mostly = num_numbers < total and num_numbers >= _MOSTLY * total
    return Words(
        frequencies=Frequencies(
            counts,
            rest=total - sum(counts.values()),
            floor=int(top[EXACT_VALUES][1]) if len(top) > EXACT_VALUES else 0,
        ),
        unique=unique,
        total_length=int(length or 0),
        min=least,
        max=most,
        num_whole=int(num_whole or 0),
        num_numbers=num_numbers,
        offenders=_offenders(table, column, origin) if mostly else (),
        distinct=None if unique <= EXACT_VALUES else _distinct(grouped),
    )


def _distinct(grouped: engine.Relation) -> Distinct:
    with engine.cursor() as found:
        query = f"SELECT ('0x' || md5(v)[1:15])::BIGINT AS h FROM {grouped.name}"  # noqa: S608 - our own names
        return Distinct.of_hashes(found.execute(query).fetchnumpy()["h"])


def _offenders(table: Table, column: Column, origin: np.ndarray | None) -> tuple[Offender, ...]:
    name = engine.quote(column.name)
    found: list[tuple[Any, ...]] = engine.fetch(
        f"SELECT v, count(*), min(row) AS first FROM "  # noqa: S608 - names are quoted
        f"(SELECT {name} AS v, row_number() OVER () AS row FROM ({table.query()})) "
        f"WHERE v IS NOT NULL AND NOT {is_quantity('v')} GROUP BY v ORDER BY first LIMIT {MOST_OFFENDERS}"
    )
    return tuple(
        Offender(value, int(count), int(origin[row - 1]) if origin is not None else int(row))
        for value, count, row in found
    )
