"""Reading delimited text (CSV, TSV), plain or gzipped, into typed columns.

The engine's parser does the work. Only if it refuses a file is the file read again, line by line, to say
everything that is wrong with it, with line numbers; what is unusual but unambiguous (mixed line ends, very long
lines) is read anyway.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.cells import typed
from mainspring.data.celltypes import ColumnType
from mainspring.data.dialects import Dialect, TextFile, is_gzip, look
from mainspring.data.mending import LINE_ENDS, LONGEST_LINE, Rejects, mended
from mainspring.data.stored import Lying, kept

HELD: Final = 64 << 20
"""Above so many bytes of text the cells are not held by the engine, but read again from the files."""

_PACKED: Final = 5
"""How many bytes of text there are behind a byte of a packed file, about."""

_CAP: Final = 10


def read_delimited(
    paths: Sequence[Path], dialect: Dialect, types: Mapping[str, ColumnType], *, rejects: Path | None = None
) -> Lying:
    """The rows of files, one file after the other, in columns of the types that all their cells have.

    Args:
        types: Types that some columns must have.
        rejects: Where to write rows with too many or too few cells or with broken quotes, which are left out.

    Raises:
        NotFoundError: If a file does not exist.
        InputError: If a file is empty, has columns of the same name, or rows with too many or too few cells; if
            files have different columns; or if cells do not have a type that was asked for.
    """
    files = [look(path, dialect) for path in paths]
    _check_columns(files)
    where, names = ", ".join(map(str, paths)), files[0].names
    large = is_large(paths)
    if large and not any(map(_hides_rows, files)):
        # Nearly always the engine takes the files as they are: only if not, each is looked at by itself.
        with suppress(engine.error()):
            cells = _union(names, [f"({_query(file)})" for file in files])
            return kept(typed(cells, names, types, where=where), large=True)
    with contextlib.nullcontext() if rejects is None else Rejects.to(rejects) as written:
        sources = [_cells(file, held=not large, rejects=written) for file in files]
        cells = _union(names, [source for source, _ in sources])
        return kept(typed(cells, names, types, where=where), large=large)


def is_large(paths: Sequence[Path]) -> bool:
    """Whether files hold so much text that it is not to be held in memory."""
    return sum(path.stat().st_size * (_PACKED if is_gzip(path) else 1) for path in paths) > HELD


def _cells(file: TextFile, *, held: bool, rejects: Rejects | None) -> tuple[str, object]:
    """The text cells of one file, as what stands after FROM, and what must not go away until they are read."""
    if not _hides_rows(file):
        with suppress(engine.error()):
            return _held(_query(file)) if held else (f"({_checked(_query(file), file.names)})", None)
    clean = mended(file, rejects=rejects)
    query = _query(file, copy=clean.path)
    return _held(query) if held else (f"({query})", clean)


def _held(query: str) -> tuple[str, engine.Relation]:
    relation = engine.Relation.of(query)
    return relation.name, relation


def _checked(query: str, names: Sequence[str]) -> str:
    engine.fetch(f"SELECT {', '.join(f'count({engine.quote(name)})' for name in names)} FROM ({query})")  # noqa: S608 - names are quoted
    return query


def _hides_rows(file: TextFile) -> bool:
    # Below names of several lines that end otherwise than its rows do, the engine finds no row, and no fault.
    return file.dialect.header and any("\n" in name or "\r" in name for name in file.first)


def _check_columns(files: Sequence[TextFile]) -> None:
    first = files[0]
    problems = [
        f"{file.path} has {', '.join(sorted(set(first.names) ^ set(file.names)))} more or less"
        for file in files
        if set(file.names) != set(first.names)
    ]
    if problems:
        raise InputError(
            "the files have different columns: " + "; ".join(problems[:_CAP]),
            where=str(first.path),
            expected="the same",
        )


def _union(names: Sequence[str], sources: Sequence[str]) -> str:
    if len(sources) == 1:
        return sources[0]
    listed = engine.as_list(names)
    return "(" + " UNION ALL ".join(f"SELECT {listed} FROM {source}" for source in sources) + ")"  # noqa: S608 - names are quoted


def _query(file: TextFile, *, copy: Path | None = None) -> str:
    """SQL: the cells of a file as text, NULL where missing.

    Args:
        copy: The file in the plainest form, to be read instead.
    """
    dialect = file.dialect
    plain = Dialect(missing=dialect.missing, decimal_comma=dialect.decimal_comma)
    written = plain if copy else dialect
    columns = ", ".join(f"{engine.literal(name)}: 'VARCHAR'" for name in file.names)
    options = [
        engine.literal(engine.plain_path(copy or file.path)),
        "auto_detect = false",
        f"columns = {{{columns}}}",
        f"delim = {engine.literal(',' if copy else file.delimiter)}",
        f"quote = {engine.literal(written.quote)}",
        f"escape = {engine.literal(written.quote)}",
        f"header = {str(written.header).lower()}",
        f"encoding = {engine.literal(written.encoding)}",
        "nullstr = ''",
        "hive_partitioning = false",
    ]
    if copy:
        options.append(f"max_line_size = {LONGEST_LINE}")
    else:
        options += ["compression = 'gzip'"] if file.is_gzip else []
        # The engine takes an empty line for the names, and the names for a row.
        options += [f"skip = {file.empty}"] if file.empty else []
    cells = ", ".join(f"{_cell(name, written, copied=bool(copy))} AS {engine.quote(name)}" for name in file.names)
    return f"SELECT {cells} FROM read_csv({', '.join(options)})"  # noqa: S608 - every part is quoted


def _cell(name: str, dialect: Dialect, *, copied: bool) -> str:
    cell = engine.quote(name)
    for end, stand_in in LINE_ENDS.items() if copied else ():
        cell = f"replace({cell}, {engine.literal(stand_in)}, chr({ord(end)}))"
    if dialect.trim:
        cell = f"nullif(trim({cell}), '')"
    if dialect.missing:
        words = ", ".join(engine.literal(word) for word in dialect.missing)
        cell = f"CASE WHEN {cell} IN ({words}) THEN NULL ELSE {cell} END"
    if name in dialect.decimal_comma:
        cell = f"replace({cell}, ',', '.')"
    return cell
