"""The query engine behind tables: one DuckDB database in memory per process, one cursor per query.

DuckDB is imported on the first query, never before. Nothing is downloaded: extensions are neither installed nor
loaded by themselves.

What does not fit into :func:`memory_limit` goes to files in a folder of the process, below ``TMPDIR``, which is
removed when the process ends.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import itertools
import os
import re
import shutil
import sys
import tempfile
import threading
import weakref
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from mainspring.core.errors import InputError, UnavailableError

if sys.platform != "win32":
    import fcntl

FEW_ROWS: Final = 4_096
"""So few rows are counted in Python sooner than a query is planned."""

MEMORY_VARIABLE: Final = "MAINSPRING_ENGINE_MEMORY"
"""The environment variable that sets the memory of the engine, such as ``4GiB``."""

_DEFAULT_MEMORY: Final = 768 << 20
_GROUP_ROWS: Final = 122_880
_GROUP_CELLS: Final = 8_000_000
_VECTOR: Final = 2048
_UNITS: Final = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS_OF_TWO: Final = {"KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40}
_LOCK = threading.RLock()
_PREFIX: Final = "mainspring-"
_LOCK_FILE: Final = "lock"
_NUMBERS = itertools.count(1)
_UNUSED: deque[str] = deque()
_LEFT_BEHIND: list[Any] = []


def quote(name: str) -> str:
    """A name as an SQL identifier.

    Example:
        >>> print(quote('a "b" c'))
        "a ""b"" c"
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL string.

    Example:
        >>> literal("it's")
        "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def plain_path(path: Path) -> str:
    """A path as the engine takes it, with nothing in it that stands for other files.

    Example:
        >>> plain_path(Path("part[1].parquet"))
        'part[[]1].parquet'
    """
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))


@contextmanager
def cursor() -> Iterator[Any]:
    """A cursor of its own on the shared database, closed at the end. Safe from many threads."""
    with _LOCK:
        found = _database().cursor()
    try:
        while _UNUSED:
            found.execute(f"DROP TABLE IF EXISTS {_UNUSED.popleft()}")
        yield found
    except RuntimeError as problem:
        # What the engine makes of Ctrl-C in the midst of a query.
        if str(problem) == "Query interrupted":
            raise KeyboardInterrupt from None
        raise
    finally:
        found.close()


def fetch(sql: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    with cursor() as found:
        rows: list[tuple[Any, ...]] = found.execute(sql, parameters or {}).fetchall()
        return rows


def error() -> type[Exception]:
    """The class of the engine's errors."""
    import duckdb

    found: type[Exception] = duckdb.Error
    return found


def memory_limit() -> int:
    """How many bytes the engine may hold before it uses files.

    What ``MAINSPRING_ENGINE_MEMORY`` says when the first query is run; without it the smaller of 768 MiB and a
    quarter of the memory of the machine, so that a process stays within 1 GiB.

    Raises:
        InputError: If the variable holds something else than a number of bytes.
    """
    given = os.environ.get(MEMORY_VARIABLE, "").strip()
    if not given:
        return min(_DEFAULT_MEMORY, _machine_memory() // 4)
    parts = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)", given)
    unit = (_UNITS | _UNITS_OF_TWO).get(parts[2].upper()) if parts else None
    if parts is None or unit is None or float(parts[1]) * unit < 1 << 20:
        raise InputError(
            f"the memory of the engine is {given!r}", where=MEMORY_VARIABLE, expected="at least 1MiB, such as 4GiB"
        )
    return int(float(parts[1]) * unit)


def _machine_memory() -> int:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    # In a container the machine is what the container is allowed.
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text().strip() if limit.is_file() else ""
    return min(memory, int(text)) if text.isdigit() else memory


@functools.cache
def _folder() -> Path:
    made = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    _hold(made)
    _sweep(made.parent)
    atexit.register(_remove_folder, made, os.getpid())
    return made


def _hold(folder: Path) -> None:
    """Lock a folder for as long as this process, or one forked from it, lives."""
    if sys.platform != "win32":
        # A bare descriptor: nobody closes it before the process ends.
        fcntl.flock(os.open(folder / _LOCK_FILE, os.O_CREAT | os.O_WRONLY), fcntl.LOCK_EX)


def _sweep(parent: Path) -> None:
    """Remove the folders of processes that were killed, or left without tidying up, as forked steps do."""
    if sys.platform != "win32":
        for lock in parent.glob(f"{_PREFIX}*-*/{_LOCK_FILE}"):
            with contextlib.suppress(OSError), lock.open() as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent, ignore_errors=True)


def _remove_folder(folder: Path, process: int) -> None:
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)


class Scratch:
    """A file of the process, removed when nobody refers to this object any more, at the latest when it ends."""

    __slots__ = ("__weakref__", "path")

    def __init__(self, suffix: str = "") -> None:
        self.path = _folder() / f"{next(_NUMBERS)}{suffix}"
        weakref.finalize(self, _remove_file, self.path, os.getpid()).atexit = False


def _remove_file(path: Path, process: int) -> None:
    # A forked child knows the files of its parent, and must leave them there.
    if os.getpid() == process:
        path.unlink(missing_ok=True)


class Relation:
    """Rows held by the engine under a name of their own, dropped when nobody refers to this object any more."""

    __slots__ = ("__weakref__", "name")

    def __init__(self) -> None:
        self.name = f"t{os.getpid()}_{next(_NUMBERS)}"
        # The collector may run in the middle of anything: only note the name, the next cursor drops the rows.
        weakref.finalize(self, _UNUSED.append, self.name).atexit = False

    @classmethod
    def of(cls, sql: str, *, views: Mapping[str, str] | None = None) -> Relation:
        """The rows of one query, computed now.

        Args:
            views: Names the query may use, with the query each stands for.
        """
        made = cls()
        with cursor() as found:
            for name, source in (views or {}).items():
                found.execute(f"CREATE TEMP VIEW {quote(name)} AS {source}")
            found.execute(f"CREATE TABLE {made.name} AS {sql}").fetchall()
        return made

    @classmethod
    def of_object(cls, value: Any, select: str = "*") -> Relation:
        """The rows of a mapping of NumPy arrays, or of anything that speaks ``__arrow_c_stream__``."""
        made = cls()
        with cursor() as found:
            found.register("given", value)
            try:
                found.execute(f"CREATE TABLE {made.name} AS SELECT {select} FROM given").fetchall()  # noqa: S608 - names are quoted by the caller
            finally:
                found.unregister("given")
        return made


def describe(sql: str) -> list[tuple[str, str]]:
    """Names and engine types of the columns of a query, without running it."""
    return [(row[0], row[1]) for row in fetch(f"DESCRIBE {sql}")]


def count_statements(sql: str) -> int:
    """How many statements a text holds."""
    with cursor() as found:
        return len(found.extract_statements(sql))


def write_parquet(sql: str, path: Path) -> None:
    """Write the rows of a query in their order. Equal rows give equal bytes (for one version of the engine).

    Raises:
        UnavailableError: If the file cannot be written, such as when there is no room.
    """
    with _written_to(path), cursor() as found:
        width = len(found.execute(f"DESCRIBE {sql}").fetchall())
        found.execute(f"COPY ({sql}) TO {literal(str(path))} ({_parquet_options(width)})").fetchall()


@contextmanager
def _written_to(path: Path) -> Iterator[None]:
    """Say of a file that cannot be written what to do."""
    import duckdb

    try:
        yield
    except duckdb.IOException as error:
        if str(path) not in str(error):  # something else, that is read
            raise
        raise UnavailableError(
            f"rows cannot be written: {error}",
            where=str(path),
            fix="see that there is room, and that you may write there",
        ) from error


def _parquet_options(width: int) -> str:
    # A group of rows is put together in memory: the wider the rows, the fewer of them.
    rows = min(_GROUP_ROWS, max(_GROUP_CELLS // max(width, 1) // _VECTOR, 1) * _VECTOR)
    return f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {rows}"


def write_object(value: Any, select: str, path: Path) -> None:
    """Write the rows of what :meth:`Relation.of_object` takes to a Parquet file, as they come.

    Raises:
        UnavailableError: If the file cannot be written, such as when there is no room.
    """
    with _written_to(path), cursor() as found:
        found.register("given", value)
        try:
            rows = f"SELECT {select} FROM given"  # noqa: S608 - names are quoted by the caller
            width = len(found.execute(f"DESCRIBE {rows}").fetchall())
            found.execute(f"COPY ({rows}) TO {literal(str(path))} ({_parquet_options(width)})").fetchall()
        finally:
            found.unregister("given")


def as_list(names: Sequence[str]) -> str:
    """Names as a list of SQL identifiers."""
    return ", ".join(quote(name) for name in names)


@functools.cache
def _database() -> Any:
    import duckdb

    database = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
            "memory_limit": f"{memory_limit() >> 10}KiB",
            "temp_directory": str(_folder() / "engine"),
        },
    )
    database.execute("SET GLOBAL TimeZone = 'UTC'")
    # The engine complains on standard error about objects that outlive the interpreter.
    atexit.register(_close)
    return database


def _close() -> None:
    if _database.cache_info().currsize:
        _database().close()
        _database.cache_clear()


def _leave_behind() -> None:
    # A forked child has no use for the parent's database, whose threads stayed behind, and cannot close it either.
    if _database.cache_info().currsize:
        _LEFT_BEHIND.append(_database())
        _database.cache_clear()
        _UNUSED.clear()
    _folder.cache_clear()


os.register_at_fork(after_in_child=_leave_behind)
