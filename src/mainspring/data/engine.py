"""The query engine behind tables: one DuckDB database in memory per process, one cursor per query.

DuckDB is imported on the first query, never before. Nothing is downloaded: extensions are neither installed nor
loaded by themselves.
"""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import tempfile
import threading
import weakref
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_LOCK = threading.RLock()
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
    """Write the rows of a query in their order. Equal rows give equal bytes (for one version of the engine)."""
    options = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880"
    with cursor() as found:
        found.execute(f"COPY ({sql}) TO {literal(str(path))} ({options})").fetchall()


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
            "temp_directory": str(Path(tempfile.gettempdir()) / f"mainspring-{os.getpid()}"),
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


os.register_at_fork(after_in_child=_leave_behind)
