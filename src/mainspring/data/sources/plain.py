"""Readers of delimited text and of Parquet."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.celltypes import ENGINE_TYPES, ColumnType
from mainspring.data.columns import Column
from mainspring.data.extents import Cells, Stored
from mainspring.data.stored import files
from mainspring.data.tables import Table

_MISSING: Final = "__HIVE_DEFAULT_PARTITION__"
"""What Hive, Spark and others name the folder of rows without a value."""


def read_text(
    locations: Sequence[str],
    /,
    *,
    delimiter: str | None = None,
    header: bool = True,
    names: Sequence[str] | None = None,
    missing: Sequence[str] = (),
    trim: bool = False,
    quote: str = '"',
    encoding: str = "utf-8",
    types: Mapping[str, str] | None = None,
    decimal_comma: Sequence[str] = (),
    rejects: str | Path | None = None,
) -> Table:
    """Delimited text files; see :meth:`~mainspring.data.Table.read_csv`."""
    return Table.read_csv(
        locations,
        delimiter=delimiter,
        header=header,
        names=names,
        missing=missing,
        trim=trim,
        quote=quote,
        encoding=encoding,
        types=types,
        decimal_comma=decimal_comma,
        rejects=rejects,
    )


def read_parquet(locations: Sequence[str], /, *, partitions: Sequence[str] = ()) -> Table:
    """Parquet files, as a view; see :meth:`~mainspring.data.Table.read_parquet`.

    Args:
        partitions: Names of folders that are columns, as in ``year=2024/month=07/part.parquet``: INT if all values
            are whole numbers, else STRING.

    Raises:
        InputError: If a file does not lie in such a folder, or has a column of that name.
    """
    paths = [Path(location) for location in locations]
    columns, extents = files(paths)
    cells: dict[Path, Cells] = dict.fromkeys(paths, ())
    for name in partitions:
        taken = [column.name for column in columns if column.name.lower() == name.lower()]
        if taken:
            raise InputError(f"{name!r} is a column of the files", expected="another name, or none")
        values = {path: _value(path, name) for path in paths}
        is_whole = all(
            value is None or re.fullmatch("[+-]?(0|[1-9][0-9]{0,17})", value) for value in values.values()
        )
        type_ = ColumnType.INT if is_whole and any(values.values()) else ColumnType.STRING
        columns = (*columns, Column(name, type_))
        for path, value in values.items():
            text = "NULL" if value is None else engine.literal(value)
            cells[path] = (*cells[path], (name, f"CAST({text} AS {ENGINE_TYPES[type_]})"))
    with_folders = [
        replace(extent, cells=extent.cells + cells[extent.source.path])
        for extent in extents
        if isinstance(extent.source, Stored)
    ]
    return Table.of_lying((columns, tuple(with_folders)))


def _value(path: Path, name: str) -> str | None:
    """The value of a folder ``name=value``."""
    found = [
        part.partition("=")[2] for part in path.parent.parts if part.partition("=")[0] == name and "=" in part
    ]
    if not found:
        raise InputError(f"no folder is named {name}=…", where=str(path), expected=f"{name}=value/{path.name}")
    return None if found[-1] == _MISSING else unquote(found[-1])
