"""Sources: files, folders and globs of CSV, TSV and Parquet, read as one table."""

from __future__ import annotations

import glob
from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, Final

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data.tables import Table

_PARQUET: Final = (".parquet", ".pq")
_TEXT: Final = (".csv", ".tsv", ".data", ".test", ".txt")


def find_files(location: str | Path | Sequence[str | Path]) -> tuple[Path, ...]:
    """The data files at a location: the file itself, those in a folder, or those that a glob matches; by name.

    Files and folders whose names begin with a dot or an underscore are passed over in folders. Several locations
    are one after the other, in the order given.

    Raises:
        NotFoundError: If there are none.
    """
    if not isinstance(location, str | Path):
        return tuple(dict.fromkeys(file for one in location for file in find_files(one)))
    path = Path(location)
    if path.is_file():
        return (path,)
    if path.is_dir():
        inside = (found for found in path.rglob("*") if found.is_file() and _kind(found))
        hidden = (".", "_")
        found = [
            file for file in inside if not any(part.startswith(hidden) for part in file.relative_to(path).parts)
        ]
    else:
        found = [Path(name) for name in glob.glob(str(location), recursive=True) if Path(name).is_file()]  # noqa: PTH207 - the pattern may be absolute
    if not found:
        raise NotFoundError(
            "there is no data",
            where=str(location),
            expected="a CSV, TSV or Parquet file, or a folder or glob of them",
        )
    return tuple(sorted(found))


def read(location: str | Path | Sequence[str | Path], *, csv: Mapping[str, Any] | None = None) -> Table:
    """The rows of all data files at a location (or at several), one after the other in the order of their names.

    Types are decided over all files together.

    Args:
        csv: Arguments of ``Table.read_csv`` for text files, such as ``{"missing": ["?"], "trim": True}``.

    Raises:
        NotFoundError: If there is nothing.
        InputError: If a file is broken, kinds are mixed, or files have different columns.
    """
    files = find_files(location)
    kinds = {_kind(file) or "text" for file in files}
    if len(kinds) > 1:
        raise InputError(
            "text files and Parquet files are mixed", where=str(location), expected="files of one kind"
        )
    if kinds == {"parquet"}:
        return reduce(Table.concat, (Table.read_parquet(file) for file in files))
    unknown = sorted(set(csv or {}) - _OPTIONS)
    if unknown:
        raise InputError(
            f"unknown options for text files: {', '.join(unknown)}",
            expected="some of " + ", ".join(sorted(_OPTIONS)),
        )
    return Table.read_csv(files, **dict(csv or {}))


_OPTIONS: Final = frozenset(
    {"decimal_comma", "delimiter", "encoding", "header", "missing", "names", "quote", "trim", "types"}
)


def _kind(path: Path) -> str | None:
    suffixes: Sequence[str] = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in _PARQUET:
        return "parquet"
    last = suffixes[-2] if len(suffixes) > 1 and suffixes[-1] == ".gz" else (suffixes or [""])[-1]
    return "text" if last in _TEXT else None
