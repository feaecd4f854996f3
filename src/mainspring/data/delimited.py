"""Reading delimited text (CSV, TSV), plain or gzipped, into the query engine as text cells.

The engine's parser does the work. Only if it refuses a file is the file read again, line by line, to say
everything that is wrong with it, with line numbers; what is unusual but unambiguous (mixed line ends, very long
lines) is read anyway.
"""

from __future__ import annotations

import csv
import gzip
import io
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import engine

_GZIP: Final = b"\x1f\x8b"
_DELIMITERS: Final = (",", "\t", ";", "|")
_CAP: Final = 10
_LONGEST_LINE: Final = 1 << 28
_LINE_ENDS: Final = {"\n": "\ufdd0", "\r": "\ufdd1"}
"""What stands for line ends inside the cells of a copy: characters that Unicode keeps out of texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a delimited file is written.

    Attributes:
        delimiter: One character; ``None`` finds it among comma, tab, semicolon and bar from the first lines.
        header: Whether the first record holds the column names.
        names: Column names, instead of the header's (or where there is none).
        missing: Texts that mean "no value", beside the empty cell, which always does.
        trim: Take spaces off both ends of every cell and name.
        quote: The character around cells that hold delimiters or line ends; doubled inside such a cell.
        encoding: Such as ``utf-8``, ``latin-1``, ``utf-16``.
        decimal_comma: Columns of numbers that are written with a comma, as in ``3,14``; others are passed over.
    """

    delimiter: str | None = None
    header: bool = True
    names: Sequence[str] | None = None
    missing: Sequence[str] = ()
    trim: bool = False
    quote: str = '"'
    encoding: str = "utf-8"
    decimal_comma: Sequence[str] = ()


def read_cells(paths: Sequence[Path], dialect: Dialect) -> tuple[engine.Relation, tuple[str, ...]]:
    """The cells of files as text, NULL where missing, one file after the other, and the column names.

    Raises:
        NotFoundError: If a file does not exist.
        InputError: If a file is empty, has columns of the same name, or rows with too many or too few cells; or if
            files have different columns.
    """
    parts = [_read_file(path, dialect) for path in paths]
    (first, names), *others = parts
    if not others:
        return first, names
    problems = [
        f"{path} has {', '.join(sorted(set(names) ^ set(found)))} more or less"
        for path, (_, found) in zip(paths[1:], others, strict=True)
        if set(found) != set(names)
    ]
    if problems:
        raise InputError(
            "the files have different columns: " + "; ".join(problems[:_CAP]),
            where=str(paths[0]),
            expected="the same",
        )
    listed = engine.as_list(names)
    queries = [f"SELECT {listed} FROM {relation.name}" for relation, _ in parts]  # noqa: S608 - names are quoted
    return engine.Relation.of(" UNION ALL ".join(queries)), names


def _read_file(path: Path, dialect: Dialect) -> tuple[engine.Relation, tuple[str, ...]]:
    if not path.is_file():
        raise NotFoundError("there is no such file", where=str(path), fix="check the path")
    _check(dialect)
    delimiter, first = _head(path, dialect)
    names = _names(path, dialect, first)
    # Below names of several lines that end otherwise than its rows do, the engine finds no row, and no fault.
    if not (dialect.header and any("\n" in name or "\r" in name for name in first)):
        with suppress(engine.error()):
            return engine.Relation.of(_query(path, dialect, delimiter, names)), names
    with _normalised(path, dialect, delimiter, names) as clean:
        plain = Dialect(missing=dialect.missing, decimal_comma=dialect.decimal_comma)
        return engine.Relation.of(_query(clean, plain, ",", names, copy=True)), names


def _check(dialect: Dialect) -> None:
    for name, value in (("delimiter", dialect.delimiter), ("quote", dialect.quote)):
        if value is not None and (len(value.encode()) != 1 or value in "\r\n"):
            raise InputError(f"the {name} is {value!r}", expected="one ASCII character")


def _query(path: Path, dialect: Dialect, delimiter: str, names: Sequence[str], *, copy: bool = False) -> str:
    columns = ", ".join(f"{engine.literal(name)}: 'VARCHAR'" for name in names)
    options = [
        engine.literal(str(path)),
        "auto_detect = false",
        f"columns = {{{columns}}}",
        f"delim = {engine.literal(delimiter)}",
        f"quote = {engine.literal(dialect.quote)}",
        f"escape = {engine.literal(dialect.quote)}",
        f"header = {str(dialect.header).lower()}",
        f"encoding = {engine.literal(dialect.encoding)}",
        "nullstr = ''",
    ]
    if _is_gzip(path):
        options.append("compression = 'gzip'")
    if copy:
        options.append(f"max_line_size = {_LONGEST_LINE}")
    cells = ", ".join(f"{_cell(name, dialect, copy)} AS {engine.quote(name)}" for name in names)
    return f"SELECT {cells} FROM read_csv({', '.join(options)})"  # noqa: S608 - every part is quoted


def _cell(name: str, dialect: Dialect, copy: bool) -> str:
    cell = engine.quote(name)
    for end, stand_in in _LINE_ENDS.items() if copy else ():
        cell = f"replace({cell}, {engine.literal(stand_in)}, chr({ord(end)}))"
    if dialect.trim:
        cell = f"nullif(trim({cell}), '')"
    if dialect.missing:
        words = ", ".join(engine.literal(word) for word in dialect.missing)
        cell = f"CASE WHEN {cell} IN ({words}) THEN NULL ELSE {cell} END"
    if name in dialect.decimal_comma:
        cell = f"replace({cell}, ',', '.')"
    return cell


def _head(path: Path, dialect: Dialect) -> tuple[str, list[str]]:
    """The delimiter, and the first record."""
    try:
        with _open(path, dialect.encoding) as file:
            start = file.read(1 << 16)
    except (UnicodeDecodeError, LookupError, OSError, EOFError) as problem:
        raise _unreadable(path, dialect, problem) from None
    if not start.strip():
        raise InputError("the file is empty", where=str(path), expected="column names and rows")
    delimiter = dialect.delimiter or _find_delimiter(start, dialect.quote)
    return delimiter, next(_records(io.StringIO(start, newline=""), dialect, delimiter))


def _names(path: Path, dialect: Dialect, first: Sequence[str]) -> tuple[str, ...]:
    if dialect.names is not None and len(dialect.names) != len(first):
        raise InputError(
            f"the file has {len(first)} columns and {len(dialect.names)} names are given",
            where=str(path),
            expected=f"{len(first)} names",
        )
    given = dialect.names or (first if dialect.header else [""] * len(first))
    names = [
        (name.strip() if dialect.trim else name) or f"column_{place}" for place, name in enumerate(given, start=1)
    ]
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names, start=1):
        # The engine tells names apart without regard to the case of their letters.
        places.setdefault(name.lower(), []).append(place)
    repeated = [found for found in places.values() if len(found) > 1]
    if repeated:
        listed = "; ".join(
            ", ".join(dict.fromkeys(repr(names[place - 1]) for place in found)) + f" in columns {_and(found)}"
            for found in repeated
        )
        raise InputError(
            f"columns have the same name (upper and lower case are one): {listed}",
            where=str(path),
            expected="different names",
            fix="rename them in the file, or give names=[…] for all columns (a file without names: header=False)",
        )
    return tuple(names)


def _and(places: Sequence[int]) -> str:
    return ", ".join(str(place) for place in places[:-1]) + f" and {places[-1]}"


def _find_delimiter(start: str, quote: str) -> str:
    best, most = ",", 0
    for candidate in _DELIMITERS:
        reader = csv.reader(io.StringIO(start, newline=""), delimiter=candidate, quotechar=quote)
        try:
            widths = [len(row) for row, _ in zip(reader, range(20), strict=False) if row]
        except csv.Error:
            continue
        # The last record may be cut off at the end of what was read.
        whole = widths[:-1] or widths
        agreeing = min(whole) if min(whole) == max(whole) else 1
        if agreeing > max(most, 1):
            best, most = candidate, agreeing
    if most:
        return best
    first = start.splitlines()[0]
    return max(_DELIMITERS, key=lambda candidate: (first.count(candidate), candidate == ","))


def _records(file: TextIO, dialect: Dialect, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(file, delimiter=delimiter, quotechar=dialect.quote, skipinitialspace=dialect.trim)
    return (row for row in reader if row)


@contextmanager
def _normalised(path: Path, dialect: Dialect, delimiter: str, names: Sequence[str]) -> Iterator[Path]:
    """A copy of the file in the plainest form, or an error that lists what is wrong with its rows."""
    limit = csv.field_size_limit(_LONGEST_LINE)
    try:
        with tempfile.TemporaryDirectory(prefix="mainspring-") as folder:
            clean = Path(folder) / "clean.csv"
            with clean.open("w", encoding="utf-8", newline="") as target:
                problems, count = _copy(path, dialect, delimiter, names, target)
            if count:
                raise _broken_rows(path, problems, count, len(names))
            yield clean
    except (UnicodeDecodeError, OSError, EOFError) as problem:
        raise _unreadable(path, dialect, problem) from None
    finally:
        csv.field_size_limit(limit)


def _copy(
    path: Path, dialect: Dialect, delimiter: str, names: Sequence[str], target: TextIO
) -> tuple[list[str], int]:
    problems: list[str] = []
    count = 0

    def note(problem: str) -> None:
        nonlocal count
        count += 1
        if count <= _CAP:
            problems.append(problem)

    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(range(len(names)))  # a first line by which the engine knows how lines end
    with _open(path, dialect.encoding) as file:
        reader = csv.reader(
            file, delimiter=delimiter, quotechar=dialect.quote, skipinitialspace=dialect.trim, strict=True
        )
        header = dialect.header
        line = 1
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return problems, count
            except csv.Error as error:
                note(f"line {line}: {error}")
                line = reader.line_num + 1
                continue
            if row and header:
                header = False
            elif row and len(row) != len(names):
                note(f"line {line}: {len(row)} cells")
            elif row:
                writer.writerow([_in_one_line(cell.strip() if dialect.trim else cell) for cell in row])
            elif len(names) == 1:
                writer.writerow([""])
            line = reader.line_num + 1


def _in_one_line(cell: str) -> str:
    for end, stand_in in _LINE_ENDS.items():
        cell = cell.replace(end, stand_in)
    return cell


def _broken_rows(path: Path, problems: Sequence[str], count: int, width: int) -> InputError:
    rest = f"; and {count - _CAP} more" if count > _CAP else ""
    return InputError(
        f"{count} rows cannot be read: " + "; ".join(problems) + rest
        if count > 1
        else f"a row cannot be read: {problems[0]}",
        where=str(path),
        expected=f"{width} cells in every row",
        fix="mend these lines; a cell that holds the delimiter must be in quotes",
    )


def _unreadable(path: Path, dialect: Dialect, problem: Exception) -> InputError:
    if isinstance(problem, UnicodeDecodeError):
        byte = problem.object[problem.start]
        return InputError(
            f"the file is not written in {dialect.encoding}: it holds the byte 0x{byte:02x}",
            where=str(path),
            fix="give the encoding, such as encoding='latin-1' or encoding='utf-16'",
        )
    if isinstance(problem, LookupError):
        return InputError(
            f"there is no encoding named {dialect.encoding!r}", where=str(path), expected="utf-8, latin-1 …"
        )
    return InputError(f"the file cannot be read: {problem}", where=str(path))


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == _GZIP


@contextmanager
def _open(path: Path, encoding: str) -> Iterator[TextIO]:
    decoded = "utf-8-sig" if encoding.lower().replace("_", "-") in {"utf-8", "utf8"} else encoding
    with path.open("rb") as file:
        raw = gzip.GzipFile(fileobj=file) if _is_gzip(path) else file
        with io.TextIOWrapper(raw, encoding=decoded, newline="") as text:
            yield text
