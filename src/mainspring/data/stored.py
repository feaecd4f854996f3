"""From held rows and Parquet files to the columns and extents of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import engine
from mainspring.data.celltypes import engine_type
from mainspring.data.columns import Column, check_joinable, joined_column
from mainspring.data.extents import Cells, Extent, Held, Stored, scan_files

Lying = tuple[tuple[Column, ...], tuple[Extent, ...]]
"""The columns of rows, and where the rows lie."""


def relation(found: engine.Relation) -> Lying:
    """The rows of a relation."""
    described = engine.describe(f"SELECT * FROM {found.name}")  # noqa: S608 - a name of our own
    count = engine.fetch(f"SELECT count(*) FROM {found.name}")[0][0]  # noqa: S608 - as above
    source = Held(found, tuple(name for name, _ in described), count)
    return _columns(described), (Extent(source, 0, count, _cells(described)),)


def kept(query: str, *, large: bool) -> Lying:
    """The rows of a query, computed now.

    Args:
        large: They go to a file of the process, which is removed when nobody refers to the rows any more, rather
            than into the memory of the engine.
    """
    if not large:
        return relation(engine.Relation.of(query))
    scratch = engine.Scratch(".parquet")
    engine.write_parquet(query, scratch.path)
    return files([scratch.path], owner=scratch)


def files(paths: Sequence[Path], *, owner: object = None) -> Lying:
    """The rows of Parquet files with the same columns, one after the other. Only the ends of files are read.

    Args:
        owner: What must not go away as long as somebody refers to the rows.

    Raises:
        NotFoundError: If there is no such file; all are listed.
        InputError: If one is not a Parquet file, or their columns differ.
    """
    absent = [str(path) for path in paths if not path.is_file()]
    if absent:
        raise NotFoundError("there is no such file", where=", ".join(absent), fix="check the path")
    described: dict[str, tuple[tuple[Column, ...], Cells]] = {}
    parts = []
    for path, count, layout in zip(paths, *_look(paths), strict=True):
        if layout not in described:
            found = _describe(path)
            described[layout] = _columns(found), _cells(found)
        columns, cells = described[layout]
        source = Stored(path, tuple(name for name, _ in cells), count, layout, owner)
        parts.append((columns, (Extent(source, 0, count, cells),)))
    for path, (columns, _) in zip(paths, parts, strict=True):
        if columns is not parts[0][0]:
            check_joinable(parts[0][0], columns, where=f"{paths[0]} and {path}")
    return joined(parts)


def joined(parts: Sequence[Lying]) -> Lying:
    """The rows of all parts, which have the columns of the first; INT and FLOAT together become FLOAT."""
    first = parts[0][0]
    if all(columns is first or columns == first for columns, _ in parts):
        return first, tuple(extent for _, extents in parts for extent in extents)
    by_name = [{column.name: column for column in columns} for columns, _ in parts]
    columns = tuple(joined_column([found[column.name] for found in by_name]) for column in first)
    extents = [
        _as(extent, found, columns)
        for found, (_, extents) in zip(by_name, parts, strict=True)
        for extent in extents
    ]
    return columns, tuple(extents)


def _as(extent: Extent, had: dict[str, Column], columns: Sequence[Column]) -> Extent:
    """The same rows with the cells of these columns."""
    cells = dict(extent.cells)
    wanted = tuple(
        (column.name, cells[column.name])
        if column == had[column.name]
        else (column.name, f"CAST({cells[column.name]} AS {column.engine_type})")
        for column in columns
    )
    return replace(extent, cells=wanted)


def _columns(described: Sequence[tuple[str, str]]) -> tuple[Column, ...]:
    return tuple(Column.of_engine(name, kind) for name, kind in described)


def _cells(described: Sequence[tuple[str, str]]) -> Cells:
    """Each column in the one engine type that holds its type."""
    return tuple((name, _cell(engine.quote(name), kind)) for name, kind in described)


def _cell(cell: str, kind: str) -> str:
    if engine_type(kind) == kind:
        return cell
    if kind == "TIMESTAMPTZ_NS":
        # The engine has no direct way from nanoseconds with a zone to a plain timestamp.
        cell = f"CAST({cell} AS TIMESTAMPTZ)"
    return f"CAST({cell} AS {engine_type(kind)})"


def _describe(path: Path) -> list[tuple[str, str]]:
    return engine.describe(f"SELECT * FROM {scan_files([path])}")  # noqa: S608 - the path is quoted


def _look(paths: Sequence[Path]) -> tuple[list[int], list[str]]:
    """The number of rows of every file, and a text that is the same for files of the same names and types."""
    listed = "[" + ", ".join(engine.literal(engine.plain_path(path)) for path in paths) + "]"
    element = (
        "(name, type, num_children, converted_type, logical_type, scale, precision, repetition_type = 'REPEATED')"
    )
    layouts = (
        f"SELECT file_name, md5(CAST(list({element} ORDER BY column_id) AS VARCHAR)) "  # noqa: S608 - our own query
        f"FROM parquet_schema({listed}) GROUP BY file_name"
    )
    try:
        counts = dict(engine.fetch(f"SELECT file_name, num_rows FROM parquet_file_metadata({listed})"))  # noqa: S608 - as above
        found = dict(engine.fetch(layouts))
    except engine.error() as error:
        if len(paths) > 1:
            # One of many: look at each, so that the error names it.
            for path in paths:
                _look([path])
        raise InputError(
            f"the file cannot be read: {str(error).splitlines()[0]}",
            where=str(paths[0]),
            expected="a Parquet file",
        ) from None
    return [counts[str(path)] for path in paths], [found[str(path)] for path in paths]
