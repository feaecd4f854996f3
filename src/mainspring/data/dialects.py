"""How a delimited text file is written, and what its first lines say: the delimiter and the names."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from mainspring.core.errors import InputError, NotFoundError

_GZIP: Final = b"\x1f\x8b"
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_OTHERS: Final = {
    b"PK\x03\x04": "a zip archive (.xlsx, .ods, .npz)",
    b"PAR1": "Parquet",
    b"ARRO": "Arrow",
    b"\x93NUM": "an array of NumPy (.npy)",
    b"SQLi": "a database of SQLite",
    b"%PDF": "PDF",
    b"\x89HDF": "HDF5",
    b"\xd0\xcf\x11\xe0": "an old workbook (.xls)",
}
_DELIMITERS: Final = (",", "\t", ";", "|")


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


@dataclass(frozen=True, slots=True)
class TextFile:
    """A delimited file, and what its first lines say.

    Attributes:
        delimiter: The one given, or found.
        first: The cells of the first record.
        names: The names of the columns.
        empty: How many empty lines stand before the first record.
    """

    path: Path
    dialect: Dialect
    delimiter: str
    first: tuple[str, ...]
    names: tuple[str, ...]
    empty: int = 0

    @property
    def is_gzip(self) -> bool:
        """Whether the file is packed, whatever its name says."""
        return is_gzip(self.path)


def look(path: Path, dialect: Dialect) -> TextFile:
    """What the first lines of a file say.

    Raises:
        NotFoundError: If there is no such file.
        InputError: If it is empty, is written in another encoding, or has columns of the same name.
    """
    if not path.is_file():
        raise NotFoundError("there is no such file", where=str(path), fix="check the path")
    _check(dialect)
    delimiter, first, empty = _head(path, dialect)
    return TextFile(path, dialect, delimiter, tuple(first), _names(path, dialect, first), empty)


def records(file: TextIO, dialect: Dialect, delimiter: str) -> Iterator[list[str]]:
    """The records of a text, without those of no cell at all."""
    reader = csv.reader(file, delimiter=delimiter, quotechar=dialect.quote, skipinitialspace=dialect.trim)
    return (row for row in reader if row)


def is_gzip(path: Path) -> bool:
    """Whether a file is packed by gzip."""
    with path.open("rb") as file:
        return file.read(2) == _GZIP


@contextmanager
def open_text(path: Path, encoding: str) -> Iterator[TextIO]:
    """The text of a file, unpacked and decoded; a mark of the byte order is not part of it."""
    decoded = "utf-8-sig" if encoding.lower().replace("_", "-") in {"utf-8", "utf8"} else encoding
    with path.open("rb") as file:
        raw = gzip.GzipFile(fileobj=file) if is_gzip(path) else file
        with io.TextIOWrapper(raw, encoding=decoded, newline="") as text:
            yield text


def unreadable(path: Path, dialect: Dialect, problem: Exception) -> InputError:
    """The error for a file that cannot be decoded or unpacked."""
    if isinstance(problem, UnicodeDecodeError):
        byte = problem.object[problem.start]
        with path.open("rb") as file:
            start = file.read(4)
        if start.startswith(tuple(_OTHERS)):
            kind = next(kind for sign, kind in _OTHERS.items() if start.startswith(sign))
            return InputError(
                f"the file is no text: it begins as {kind} does",
                where=str(path),
                expected="delimited text, or a name that ends as its kind does (.parquet, .arrow, .tfrecord …)",
            )
        likely = "'utf-16'" if start[:2] in _UTF_16 else "'latin-1' or encoding='utf-16'"
        return InputError(
            f"the file is not written in {dialect.encoding}: it holds the byte 0x{byte:02x}",
            where=str(path),
            fix=f"give the encoding, such as encoding={likely}",
        )
    if isinstance(problem, LookupError):
        return InputError(
            f"there is no encoding named {dialect.encoding!r}", where=str(path), expected="utf-8, latin-1 …"
        )
    return InputError(f"the file cannot be read: {problem}", where=str(path))


def _check(dialect: Dialect) -> None:
    for name, value in (("delimiter", dialect.delimiter), ("quote", dialect.quote)):
        if value is not None and (len(value.encode()) != 1 or value in "\r\n"):
            raise InputError(f"the {name} is {value!r}", expected="one ASCII character")


def _head(path: Path, dialect: Dialect) -> tuple[str, list[str], int]:
    """The delimiter, the first record, and how many empty lines stand before it."""
    try:
        with open_text(path, dialect.encoding) as file:
            start = file.read(1 << 16)
    except (UnicodeDecodeError, LookupError, OSError, EOFError) as problem:
        raise unreadable(path, dialect, problem) from None
    if not start.strip():
        raise InputError("the file is empty", where=str(path), expected="column names and rows")
    delimiter = dialect.delimiter or _find_delimiter(start, dialect.quote)
    empty = next(place for place, line in enumerate(io.StringIO(start, newline=None)) if line != "\n")
    return delimiter, next(records(io.StringIO(start, newline=""), dialect, delimiter)), empty


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
