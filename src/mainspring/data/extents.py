"""Where the rows of a table lie: ranges of row numbers in held relations and in Parquet files.

A table is a few extents, one after the other. Cutting, choosing columns and joining tables only writes other
extents; rows are read when they are asked for, and only the row groups that hold them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from mainspring.data import engine

Cells = tuple[tuple[str, str], ...]
"""Names of columns, and the SQL of each one's cell."""

_FILE_ROW: Final = "file_row_number"


@dataclass(frozen=True, slots=True)
class Held:
    """Rows that the engine holds under a name."""

    relation: engine.Relation
    names: tuple[str, ...]
    num_rows: int

    @property
    def row(self) -> str | None:
        """SQL: the number of a row, from 0; ``None`` if a column of that name hides it."""
        return None if "rowid" in map(str.lower, self.names) else "rowid"

    def scan(self, *, numbered: bool) -> str:
        """SQL: what stands after FROM."""
        return self.relation.name

    def may_follow(self, other: object) -> bool:
        """Whether one scan can read the other and then this."""
        return False


@dataclass(frozen=True, slots=True)
class Stored:
    """Rows of a Parquet file.

    Attributes:
        layout: Equal for files whose columns have the same names and types, so that one scan may read both.
        owner: Whatever must not go away as long as the file is needed.
    """

    path: Path
    names: tuple[str, ...]
    num_rows: int
    layout: object
    owner: object = field(default=None, compare=False)

    @property
    def row(self) -> str | None:
        """SQL: the number of a row, from 0; ``None`` if a column of that name hides it."""
        return None if _FILE_ROW in map(str.lower, self.names) else _FILE_ROW

    def scan(self, *, numbered: bool) -> str:
        """SQL: what stands after FROM."""
        return scan_files([self.path], numbered=numbered)

    def may_follow(self, other: object) -> bool:
        """Whether one scan can read the other and then this."""
        return isinstance(other, Stored) and other.layout == self.layout


@dataclass(frozen=True, slots=True)
class Extent:
    """The rows from ``start`` up to and without ``stop`` of one source, and the cells picked of each row."""

    source: Held | Stored
    start: int
    stop: int
    cells: Cells

    @property
    def num_rows(self) -> int:
        """How many rows."""
        return self.stop - self.start

    @property
    def is_whole(self) -> bool:
        """Whether these are all rows of the source."""
        return self.start == 0 and self.stop == self.source.num_rows


def scan_files(paths: Sequence[Path], *, numbered: bool = False) -> str:
    """SQL: the rows of Parquet files, one after the other. The folders of a file are never read as columns."""
    listed = ", ".join(engine.literal(engine.plain_path(path)) for path in paths)
    numbers = f", {_FILE_ROW} = true" if numbered else ""
    return f"read_parquet([{listed}], hive_partitioning = false{numbers})"


def cut(extents: Iterable[Extent], start: int, stop: int) -> tuple[Extent, ...]:
    """The rows from ``start`` up to and without ``stop`` of all extents together."""
    found = []
    first = None
    before = 0
    for extent in extents:
        first = first or extent
        low, high = max(start - before, 0), min(stop - before, extent.num_rows)
        if low < high:
            found.append(replace(extent, start=extent.start + low, stop=extent.start + high))
        before += extent.num_rows
        if before >= stop:
            break
    if not found and first:
        found.append(replace(first, stop=first.start))
    return tuple(found)


def pieces(extents: Sequence[Extent], size: int) -> Iterator[tuple[Extent, ...]]:
    """Extents of ``size`` rows each (the last of what is left), in order; one without rows if there are none."""
    left = list(reversed([extent for extent in extents if extent.num_rows]))
    if not left:
        yield cut(extents, 0, 0)
    while left:
        piece, missing = [], size
        while left and missing:
            extent = left.pop()
            taken = min(missing, extent.num_rows)
            middle = extent.start + taken
            piece.append(replace(extent, stop=middle))
            if middle < extent.stop:
                left.append(replace(extent, start=middle))
            missing -= taken
        yield tuple(piece)


def pick(extents: Iterable[Extent], names: Sequence[str]) -> tuple[Extent, ...]:
    """Only these columns, in this order."""
    picked = []
    for extent in extents:
        cells = dict(extent.cells)
        picked.append(replace(extent, cells=tuple((name, cells[name]) for name in names)))
    return tuple(picked)


def query(extents: Sequence[Extent]) -> str:
    """SQL: the rows of all extents, in order."""
    found = []
    for _, run in itertools.groupby(_numbered(extents), key=lambda pair: pair[0]):
        found.append(_of_run([extent for _, extent in run]))
    return " UNION ALL ".join(found)


def _numbered(extents: Sequence[Extent]) -> Iterator[tuple[int, Extent]]:
    """Extents with the number of the scan that reads them."""
    number, before = 0, None
    for extent in extents:
        together = (
            before is not None
            and before.is_whole
            and extent.is_whole
            and extent.cells == before.cells
            and extent.source.may_follow(before.source)
        )
        number += not together
        yield number, extent
        before = extent


def _of_run(run: Sequence[Extent]) -> str:
    first = run[0]
    if len(run) > 1:
        paths = [extent.source.path for extent in run if isinstance(extent.source, Stored)]
        return f"SELECT {_cells(first)} FROM {scan_files(paths)}"  # noqa: S608 - paths and names are quoted
    if first.is_whole:
        return f"SELECT {_cells(first)} FROM {first.source.scan(numbered=False)}"  # noqa: S608 - as above
    if not first.num_rows or not first.source.row:
        source = f"{first.source.scan(numbered=False)} LIMIT {first.num_rows} OFFSET {first.start}"
        return f"(SELECT {_cells(first)} FROM {source})"  # noqa: S608 - as above
    row = first.source.row
    source = f"{first.source.scan(numbered=True)} WHERE {row} >= {first.start} AND {row} < {first.stop}"
    return f"SELECT {_cells(first, numbered=row == _FILE_ROW)} FROM {source}"  # noqa: S608 - as above


def _cells(extent: Extent, *, numbered: bool = False) -> str:
    quoted = {name: engine.quote(name) for name, _ in extent.cells}
    # A short text for wide tables: five thousand names are not worth reading again and again.
    if tuple(quoted) == extent.source.names and all(sql == quoted[name] for name, sql in extent.cells):
        return f"* EXCLUDE ({_FILE_ROW})" if numbered else "*"
    return ", ".join(sql if sql == quoted[name] else f"{sql} AS {quoted[name]}" for name, sql in extent.cells)
