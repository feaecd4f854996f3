"""Describing one feature of some rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from mainspring.data import engine
from mainspring.data.celltypes import ColumnType
from mainspring.data.profiling.lists import levels_of
from mainspring.data.profiling.numbers import numbers_of, numbers_of_chunk
from mainspring.data.profiling.paths import Path
from mainspring.data.profiling.words import (
    CANDIDATES,
    has_offenders,
    offenders_of,
    sizes_of,
    words_of,
    words_of_few,
)
from mainspring.data.sketches import EXACT_VALUES
from mainspring.data.statistics import FeatureStatistics, ListLevel, Numbers, Words, merge_all
from mainspring.data.tables import Table

if TYPE_CHECKING:
    import numpy as np

CHUNK_ROWS: Final = 1 << 20
"""Tables of up to so many rows are described exactly; larger ones in pieces of so many, which are merged."""
_VALUES: Final = 4 * CHUNK_ROWS
"""The values in lists are read in pieces of about so many."""

Bounds = Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of the table that is described.

    Attributes:
        table: The rows.
        first: How many rows of the whole table come before.
        whole: Whether these are all rows.
        bounds: The least and the largest number of features in the whole table, where known.
        origin: The number of each row of the whole table in its source.
    """

    table: Table
    first: int = 0
    whole: bool = True
    bounds: Bounds | None = None
    origin: np.ndarray | None = None


def is_counted(path: Path) -> bool:
    """Whether a feature is described by arrays of numbers: plain numbers, dates and times."""
    return path.is_plain and (path.type.is_numeric or is_time(path.type))


def is_time(type_: ColumnType) -> bool:
    """Whether values are points in time."""
    return type_ in {ColumnType.DATE, ColumnType.TIMESTAMP}


def number(cell: str, type_: ColumnType) -> str:
    """SQL: the number that stands for a value; for points in time the seconds since 1970 in UTC."""
    if not is_time(type_):
        return cell
    return f"CASE WHEN isfinite({cell}) THEN epoch({cell}) WHEN NOT isfinite({cell}) THEN 'inf'::DOUBLE END"


def describe(piece: Piece, paths: Sequence[Path]) -> dict[str, FeatureStatistics]:
    """The statistics of some features of a piece; their columns are read together."""
    counted = [path for path in paths if is_counted(path)]
    others = [path for path in paths if not is_counted(path)]
    found = _counted(piece, counted) if counted else {}
    return found | (_others(piece, others) if others else {})


def _counted(piece: Piece, paths: Sequence[Path]) -> dict[str, FeatureStatistics]:
    rows = _rows(piece.table, paths)
    cells = ", ".join(f"{number(path.cell, path.type)} AS v{place}" for place, path in enumerate(paths))
    with engine.cursor() as cursor:
        arrays = cursor.execute(f"SELECT {cells} FROM ({rows})").fetchnumpy()  # noqa: S608 - names are quoted
        return {
            path.name: _of_numbers(cursor, piece, path, rows, _present(arrays.pop(f"v{place}")))
            for place, path in enumerate(paths)
        }


def _of_numbers(cursor: Any, piece: Piece, path: Path, rows: str, values: np.ndarray) -> FeatureStatistics:
    numbers = _numbers(piece, path, values)
    found = FeatureStatistics(path.name, path.type, piece.table.num_rows - len(values), len(values))
    if not is_time(path.type):
        return replace(found, numbers=numbers)
    return replace(found, times=numbers, words=_words_of_times(cursor, path, rows, numbers))


def _numbers(piece: Piece, path: Path, values: np.ndarray) -> Numbers:
    if piece.whole:
        return numbers_of(values)
    return numbers_of_chunk(values, (piece.bounds or {}).get(path.name))


def _words_of_times(cursor: Any, path: Path, rows: str, times: Numbers) -> Words | None:
    """Points in time are words too, as long as they are few."""
    if not times.quantiles.exact:
        return None
    return words_of(cursor, path.unnested(rows, path.depth), path.type)


def _present(values: np.ndarray) -> np.ndarray:
    import numpy as np

    if isinstance(values, np.ma.MaskedArray):
        found: np.ndarray = values.data[~np.ma.getmaskarray(values)]
        return found
    return values


def _others(piece: Piece, paths: Sequence[Path]) -> dict[str, FeatureStatistics]:
    found = _of_few_texts(piece, [path for path in paths if _is_text(path)])
    left = [path for path in paths if path.name not in found]
    return found | (_queried(piece, left) if left else {})


def _is_text(path: Path) -> bool:
    return path.type is ColumnType.STRING and path.is_plain and path.cell == engine.quote(path.column)


def _of_few_texts(piece: Piece, paths: Sequence[Path]) -> dict[str, FeatureStatistics]:
    """Columns of texts where there are so few rows that a query for each costs more than to count them here."""
    count = piece.table.num_rows
    if count > engine.FEW_ROWS or not paths:
        return {}
    columns = {path.name: piece.table.column(path.column).tolist() for path in paths}
    with engine.cursor() as cursor:
        found = words_of_few(cursor, columns)
    return {
        path.name: FeatureStatistics(
            path.name, path.type, count - words.frequencies.total, words.frequencies.total, words=words
        )
        for path in paths
        if (words := found.get(path.name)) is not None and not has_offenders(words)
    }


def _queried(piece: Piece, paths: Sequence[Path]) -> dict[str, FeatureStatistics]:
    rows = _rows(piece.table, paths)
    with engine.cursor() as cursor:
        if len(paths) > 1:
            # Read once, not once per feature.
            cursor.execute(f"CREATE TEMP TABLE batch AS {rows}")
            rows = "SELECT * FROM batch"
        return {path.name: _of_words_or_lists(cursor, piece, path, rows) for path in paths}


def _of_words_or_lists(cursor: Any, piece: Piece, path: Path, rows: str) -> FeatureStatistics:
    if path.is_plain:
        return _of_values(cursor, piece, path, rows, ())
    levels = levels_of(cursor, rows, path)
    pieces = -(-levels[-1].total_values // _VALUES)
    if pieces <= 1:
        return _of_values(cursor, piece, path, rows, levels)
    size = max(1, piece.table.num_rows // pieces)
    found = []
    before = piece.first
    for part in piece.table.chunks(size):
        smaller = replace(piece, table=part, first=before, whole=False)
        lists = _rows(part, [path])
        found.append(_of_values(cursor, smaller, path, lists, levels_of(cursor, lists, path)))
        before += part.num_rows
    return merge_all(found)


def _of_values(
    cursor: Any, piece: Piece, path: Path, rows: str, levels: tuple[ListLevel, ...]
) -> FeatureStatistics:
    values = path.unnested(rows, path.depth)
    missing = levels[0].num_missing if levels else _missing(cursor, path, values)
    count = piece.table.num_rows
    found = FeatureStatistics(path.name, path.type, missing or 0, count - (missing or 0), levels=levels)
    if path.type is ColumnType.STRUCT:
        return found
    if path.type.is_numeric or is_time(path.type):
        query = f"SELECT {number('v', path.type)} AS v FROM ({values}) WHERE v IS NOT NULL"  # noqa: S608 - our own query
        numbers = _numbers(piece, path, _present(cursor.execute(query).fetchnumpy()["v"]))
        if is_time(path.type):
            return replace(found, times=numbers, words=_words_of_times(cursor, path, rows, numbers))
        return replace(found, numbers=numbers)
    words = words_of(cursor, values, path.type, most=EXACT_VALUES if piece.whole else CANDIDATES)
    if missing is None:
        present = words.frequencies.total
        found = replace(found, num_missing=count - present, num_non_missing=present)
    if path.type is ColumnType.BYTES:
        return replace(found, words=words, sizes=sizes_of(cursor, values))
    if path.type is ColumnType.STRING and has_offenders(words):
        offenders = offenders_of(cursor, _with_rows(path, rows), piece.first, piece.origin)
        words = replace(words, offenders=offenders)
    return replace(found, words=words)


def _missing(cursor: Any, path: Path, values: str) -> int | None:
    """Rows without a structure; of other values it is known once they are counted."""
    if path.type is not ColumnType.STRUCT:
        return None
    query = f"SELECT count(*) - count(v) FROM ({values})"  # noqa: S608 - our own query
    return int(cursor.execute(query).fetchone()[0])


def _with_rows(path: Path, rows: str) -> str:
    query = f"SELECT {path.cell} AS v, row_number() OVER () AS row FROM ({rows})"  # noqa: S608 - names are quoted
    for _ in range(path.depth):
        query = f"SELECT unnest(v) AS v, row FROM ({query})"  # noqa: S608 - our own query
    return query


def _rows(table: Table, paths: Sequence[Path]) -> str:
    return table.select(list(dict.fromkeys(path.column for path in paths))).query()
