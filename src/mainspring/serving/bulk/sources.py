"""The data of a run: found, read as a table whose rows can be asked for by number, and known by its content.

Parquet files are read where they lie. Everything else (text, JSON, a query, what another library holds) is laid
down once as a Parquet file in the work folder: rows have numbers there, and an answer of a database does not
change between a kill and the rerun.
"""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from mainspring.core.digests import digest_file, digest_json
from mainspring.core.errors import InputError, StateError
from mainspring.data import Table, engine
from mainspring.data.dialects import Dialect, look
from mainspring.data.sources import find_files, read
from mainspring.data.sources.finding import redacted, scheme_of, suffix_of

Place: TypeAlias = "str | Path | Sequence[str | Path]"
"""A location as :func:`mainspring.data.read` takes it."""

Data: TypeAlias = "Place | Any"
"""A location, or rows in memory as ``Table.of`` takes them: of whatever library."""

STAGED: Final = "input.parquet"
"""The file in the work folder that holds the rows of what is no Parquet file."""

_GROUP_ROWS: Final = 122_880
_PARQUET: Final = frozenset({".parquet", ".pq"})
_TEXT: Final = frozenset({".csv", ".tsv", ".data", ".test", ".txt", ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a source is read.

    Attributes:
        csv: Options of text files, as of ``Table.read_csv``.
        options: Options of other readers: ``table`` or ``query`` of a database, ``partitions`` of Parquet.
    """

    csv: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        plain: dict[str, Any] = json.loads(json.dumps({"csv": self.csv, "options": self.options}, default=str))
        return plain


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file as it was when it was found.

    Attributes:
        path: Where it is.
        size: Bytes.
        changed: When it was changed last, in nanoseconds since the epoch.
    """

    path: Path
    size: int
    changed: int

    @classmethod
    def of(cls, path: Path) -> InputFile:
        """A file as it is now."""
        found = path.stat()
        return cls(path, found.st_size, found.st_mtime_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Data that was found and not read yet.

    Attributes:
        location: Where it is, in words, without passwords.
        files: Its files in the order in which they are read; none for a database or rows in memory.
        reading: How it is read.
        place: The location as it was given; ``None`` for rows in memory.
        rows: These rows.
    """

    location: str
    files: tuple[InputFile, ...]
    reading: Reading
    place: Place | None
    rows: Any = None

    @property
    def is_parquet(self) -> bool:
        """Whether rows can be read by their number where they are."""
        return bool(self.files) and all(suffix_of(one.path) in _PARQUET for one in self.files)

    @property
    def in_memory(self) -> bool:
        """Whether the caller gave the rows themselves."""
        return self.place is None

    def check(self) -> None:
        """See that no file was changed since it was found.

        Raises:
            StateError: If one was.
        """
        changed = [str(one.path) for one in self.files if not one.path.exists() or InputFile.of(one.path) != one]
        if changed:
            raise StateError(
                "the data was changed while it was read",
                where=", ".join(changed),
                fix="leave it as it is, and start again with --restart",
            )

    def check_apart(self, out: Path) -> None:
        """See that answers would not lie among the data: they would be part of it the next time.

        Args:
            out: Where answers go.

        Raises:
            InputError: If they would.
        """
        here = lying(out)
        inside = any(lying(one.path) == here for one in self.files)
        places = [self.place] if isinstance(self.place, str | Path) else self.place or []
        for place in places if self.files else ():
            path = Path(place)
            inside |= path.is_dir() and here.is_relative_to(path.resolve())
            inside |= glob.has_magic(str(place)) and here.match(str(lying(path)))
        if inside:
            raise InputError(
                "the answers would be part of the data", where=str(here), expected="a place outside of the data"
            )

    def digest(self) -> str | None:
        """The digest of the files' content, as pipelines record it: of a file the digest of its bytes, of several
        that of a list of names and digests; ``None`` where there is no file.
        """
        if not self.files:
            return None
        if len(self.files) == 1:
            return digest_file(self.files[0].path)
        base = Path(os.path.commonpath([one.path.parent for one in self.files]))
        listed = [[one.path.relative_to(base).as_posix(), digest_file(one.path)] for one in self.files]
        return digest_json(sorted(listed))


def lying(path: Path) -> Path:
    """Where a file lies: absolute, in a folder without links on the way. It may be a link itself, to be replaced.

    Example:
        >>> lying(Path("/answers/2026/../today.csv"))
        PosixPath('/answers/today.csv')
    """
    return path.resolve() if path.name in ("", "..") else path.parent.resolve() / path.name


def find(data: Data, reading: Reading | None = None) -> Source:
    """Find data; files are looked for and not opened.

    Raises:
        NotFoundError: If there is nothing.
    """
    how = reading or Reading()
    place = _place(data)
    if place is None:
        return Source(location="rows in memory", files=(), reading=how, place=None, rows=data)
    if scheme_of(place) is not None:
        return Source(location=redacted(str(place)), files=(), reading=how, place=place)
    files = tuple(InputFile.of(path.absolute()) for path in find_files(place))
    told = str(place) if isinstance(place, str | Path) else ", ".join(map(str, place))
    return Source(location=told, files=files, reading=how, place=place)


def open_source(source: Source, folder: Path, *, texts: Sequence[str], say: Callable[[str], None]) -> Table:
    """The rows of a source, as a table that lies in Parquet files.

    Args:
        source: What was found.
        folder: The work folder, which may have the rows already.
        texts: Columns that are text, whatever their cells look like: ``01234`` is no number.
        say: Told what takes long.

    Raises:
        InputError: If the data cannot be read.
    """
    if source.is_parquet and source.place is not None:
        return read(source.place, **source.reading.options)
    staged = folder / STAGED
    if not staged.is_file():
        say(f"reading {source.location}")
        table = _read(source, texts)
        fresh = staged.with_suffix(f".{os.getpid()}")
        _lay_down(table, fresh)
        fresh.replace(staged)
    return Table.read_parquet(staged)


def _lay_down(table: Table, path: Path) -> None:
    """Write rows that are read once or twice and then thrown away: quick rather than small."""
    rows = f"FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE {_GROUP_ROWS}"
    with engine.cursor() as found:
        found.execute(f"COPY ({table.query()}) TO {engine.literal(str(path))} ({rows})").fetchall()


def _read(source: Source, texts: Sequence[str]) -> Table:
    if source.place is None:
        return Table.of(source.rows)
    reading = source.reading
    if not source.files:
        return read(source.place, **reading.options)
    csv = dict(reading.csv)
    if suffix_of(source.files[0].path) in _TEXT:
        given = {key: value for key, value in csv.items() if key in Dialect.__dataclass_fields__}
        names = look(source.files[0].path, Dialect(**given)).names
        forced = {name: "STRING" for name in texts if name in names}
        csv["types"] = {**forced, **csv.get("types", {})}
    return read(source.place, csv=csv, **reading.options)


def _place(data: Data) -> Place | None:
    """The location that was given, ``None`` if rows were."""
    if isinstance(data, str | Path):
        return data
    if not isinstance(data, Sequence):
        return None
    if not data:
        raise InputError("there is no data", expected="a file, a folder, a glob, a URL, or rows")
    paths = [one for one in data if isinstance(one, str | Path)]
    return paths if len(paths) == len(data) else None
