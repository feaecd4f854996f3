"""Readers of delimited text and of Parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mainspring.data.tables import Table


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


def read_parquet(locations: Sequence[str], /) -> Table:
    """Parquet files, as a view; see :meth:`~mainspring.data.Table.read_parquet_files`."""
    return Table.read_parquet_files(locations)
