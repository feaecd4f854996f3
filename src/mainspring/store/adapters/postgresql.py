"""The record and the queue in PostgreSQL, for many machines. Needs ``pip install 'mainspring[postgres]'``."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from mainspring.core.errors import InputError, UnavailableError
from mainspring.store.adapters.sql.database import Connection, Cursor, Dialect, Trouble, redacted
from mainspring.store.adapters.sql.server import ServerClock, address
from mainspring.store.adapters.sql.store import SqlStore

try:
    import psycopg
    from psycopg import errors
    from psycopg.types.string import TextLoader
except ImportError as error:
    raise UnavailableError(
        "PostgreSQL needs the driver psycopg, which is not installed", fix="pip install 'mainspring[postgres]'"
    ) from error

_OPTIONS = frozenset({"schema", "sslmode", "connect_timeout", "application_name"})
_LOCK = 7_215_113_001
"""The advisory lock of migrations."""


def open_store(url: str) -> SqlStore:
    """Open ``postgresql://user:password@host:5432/database?schema=name``; the schema is made if it is not there.

    Raises:
        InputError: For a URL that is not of this form.
        UnavailableError: If the server does not answer, or the database was written by a newer release.
    """
    return SqlStore(PostgreSQL(url))


class PostgreSQL(Dialect):
    """The dialect of PostgreSQL 12 and later."""

    name = "postgresql"
    nulls_first = " NULLS FIRST"
    nulls_last = " NULLS LAST"

    def __init__(self, url: str) -> None:
        self._address = address(url, port=5432, user="postgres", options=_OPTIONS)
        self.url = redacted(url)
        self._full_url = url
        self._schema = self._address.options.get("schema", "public")
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,62}", self._schema):
            raise InputError(f"schema {self._schema!r}", expected="letters, digits and _, at most 63")
        self._clock = ServerClock("SELECT extract(epoch FROM clock_timestamp())")

    def __reduce__(self) -> tuple[type[PostgreSQL], tuple[str]]:
        return type(self), (self._full_url,)

    def connect(self) -> PostgreSQLConnection:
        """Connect to the server."""
        place = self._address
        extra: dict[str, Any] = {name: value for name, value in place.options.items() if name != "schema"}
        try:
            connection = psycopg.connect(
                host=place.host,
                port=place.port,
                user=place.user,
                password=place.password or None,
                dbname=place.database,
                autocommit=True,
                options=f"-c search_path={self._schema} -c client_encoding=UTF8",
                **{"connect_timeout": 10, "application_name": "mainspring", **extra},
            )
        except psycopg.Error as error:
            raise UnavailableError(
                f"PostgreSQL does not answer: {str(error).strip()}",
                where=self.url,
                fix="see that the server runs, and that the database and user exist",
            ) from error
        # JSON comes as its text: it is read with the same reader for every database.
        connection.adapters.register_loader("json", TextLoader)
        return PostgreSQLConnection(connection)

    def trouble(self, error: BaseException) -> Trouble | None:
        """By the class of the error."""
        match error:
            case errors.UniqueViolation():
                return Trouble.TAKEN
            case errors.ForeignKeyViolation():
                return Trouble.MISSING
            case errors.SerializationFailure() | errors.DeadlockDetected():
                return Trouble.AGAIN
            case errors.LockNotAvailable() | errors.QueryCanceled():
                return Trouble.BUSY
            case errors.DiskFull() | errors.ReadOnlySqlTransaction() | errors.InsufficientPrivilege():
                return Trouble.FULL
            case psycopg.OperationalError() | psycopg.InterfaceError():
                return Trouble.GONE
            case _:
                return None

    def migrate(self, connection: Connection, work: Callable[[Connection], None]) -> None:
        """In one transaction, under an advisory lock."""
        connection.begin(write=True)
        try:
            connection.execute("SELECT pg_advisory_xact_lock(?)", (_LOCK,))
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {self._schema}")
            work(connection)
            connection.commit()
        except BaseException:
            connection.rollback()
            raise

    def now(self, connection: Connection) -> int:
        """The server's clock."""
        return self._clock.now(connection)

    def among(self, column: str, ids: Sequence[int]) -> tuple[str, list[Any]]:
        """One array for any number of ids."""
        return f"{column} = ANY(?::bigint[])", [list(ids)]

    def lock_parents(self, connection: Connection) -> None:
        """One transaction at a time adds parents, so that two cannot close a cycle together."""
        connection.execute("SELECT pg_advisory_xact_lock(hashtext(current_schema()), ?)", (_LOCK % 2**31,))

    def like(self, expression: str, pattern: str) -> tuple[str, str]:
        """LIKE minds case, and a backslash quotes."""
        return f"{expression} LIKE ?", pattern

    def json_is(self, column: str, path: Sequence[str], kinds: str) -> tuple[str, list[Any]]:
        """By the text of the JSON value."""
        value = _value(column, path)
        if kinds == "null":
            return f"coalesce(json_typeof({value}), 'null') = 'null'", [*path]
        return f"(json_typeof({value}) = 'boolean' AND ({value})::text = '{kinds}')", [*path, *path]

    def json_number(self, column: str, path: Sequence[str]) -> tuple[str, list[Any]]:
        """By a cast, guarded by the type."""
        value = _value(column, path)
        guarded = f"CASE WHEN json_typeof({value}) = 'number' THEN ({value})::text::double precision END"
        return guarded, [*path, *path]

    def json_text(self, column: str, path: Sequence[str]) -> tuple[str, list[Any]]:
        """By ``#>>``, guarded by the type."""
        value = _value(column, path)
        guarded = f"CASE WHEN json_typeof({value}) = 'string' THEN ({value}) #>> '{{}}' END COLLATE \"C\""
        return guarded, [*path, *path]


class PostgreSQLConnection:
    """A connection with the few calls that differ between databases."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._cursor = connection.cursor()

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Cursor:
        """Run a statement."""
        cursor = self._connection.cursor()
        cursor.execute(_translated(sql), parameters or None)
        return cursor

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each set of parameters, without waiting for each."""
        self._cursor.executemany(_translated(sql), list(parameters))

    def insert(self, sql: str, parameters: Sequence[Any]) -> int:
        """Insert one row and give its id."""
        row = self._connection.execute(_translated(f"{sql} RETURNING id"), parameters).fetchone()
        return int(row[0]) if row else 0

    def begin(self, *, write: bool) -> None:
        """Writers see each statement's newest state; readers one state throughout."""
        self._connection.execute("BEGIN" if write else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def commit(self) -> None:
        """End the transaction: all of it happened."""
        self._connection.execute("COMMIT")

    def rollback(self) -> None:
        """End the transaction: nothing of it happened."""
        self._connection.rollback()

    def close(self) -> None:
        """Give the connection back to the server."""
        self._connection.close()


def _value(column: str, path: Sequence[str]) -> str:
    """The JSON value at a path; names never reach into lists."""
    return column + " -> ?::text" * len(path)


@functools.lru_cache(maxsize=2048)
def _translated(sql: str) -> bytes:
    return sql.replace("%", "%%").replace("?", "%s").encode()
