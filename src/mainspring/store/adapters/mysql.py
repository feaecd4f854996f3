"""The record and the queue in MariaDB or MySQL, for many machines. Needs ``pip install 'mainspring[mysql]'``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, cast

from mainspring.core.errors import UnavailableError
from mainspring.store.adapters.sql.database import Connection, Cursor, Dialect, Trouble, redacted
from mainspring.store.adapters.sql.server import ServerClock, address
from mainspring.store.adapters.sql.store import SqlStore

try:
    import pymysql
    from pymysql.constants import CLIENT
except ImportError as error:
    raise UnavailableError(
        "MariaDB and MySQL need the driver PyMySQL, which is not installed", fix="pip install 'mainspring[mysql]'"
    ) from error

_OPTIONS: Final = frozenset({"connect_timeout", "unix_socket"})
_WAIT: Final = 60
"""Seconds to wait for another process that migrates."""

_TROUBLE: Final = {
    1062: Trouble.TAKEN,
    1586: Trouble.TAKEN,
    1216: Trouble.MISSING,
    1452: Trouble.MISSING,
    1020: Trouble.AGAIN,
    1213: Trouble.AGAIN,
    1205: Trouble.BUSY,
    1021: Trouble.FULL,
    1036: Trouble.FULL,
    1290: Trouble.FULL,
    1792: Trouble.FULL,
}


def open_store(url: str) -> SqlStore:
    """Open ``mysql://user:password@host:3306/database``, or the same with ``mariadb://``; the database must exist.

    Raises:
        InputError: For a URL that is not of this form.
        UnavailableError: If the server does not answer, or the database was written by a newer release.
    """
    return SqlStore(MySQL(url))


class MySQL(Dialect):
    """The dialect of MariaDB 10.6 and MySQL 8.0.17 and later."""

    name = "mysql"
    on_conflict_ignore = " ON DUPLICATE KEY UPDATE created_at = created_at"

    def __init__(self, url: str) -> None:
        self._address = address(url, port=3306, user="root", options=_OPTIONS)
        self.url = redacted(url)
        self._full_url = url
        self._collation = "utf8mb4_bin"
        self._clock = ServerClock("SELECT unix_timestamp(now(6))")

    def __reduce__(self) -> tuple[type[MySQL], tuple[str]]:
        return type(self), (self._full_url,)

    def connect(self) -> MySQLConnection:
        """Connect to the server."""
        place = self._address
        try:
            connection = pymysql.connect(
                host=place.host,
                port=place.port,
                user=place.user,
                password=place.password,
                database=place.database,
                unix_socket=place.options.get("unix_socket"),
                connect_timeout=int(place.options.get("connect_timeout", "10")),
                charset="utf8mb4",
                autocommit=True,
                client_flag=CLIENT.FOUND_ROWS,
                sql_mode="STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION",
            )
            opened = MySQLConnection(connection)
            self._collation = opened.collation
        except pymysql.MySQLError as error:
            raise UnavailableError(
                f"the server does not answer: {error}",
                where=self.url,
                fix="see that it runs, and that the database and user exist",
            ) from error
        return opened

    def trouble(self, error: BaseException) -> Trouble | None:
        """By the number of the error."""
        if not isinstance(error, pymysql.MySQLError):
            return None
        number = error.args[0] if error.args else 0
        if number in _TROUBLE:
            return _TROUBLE[number]
        lost = isinstance(error, pymysql.OperationalError | pymysql.InterfaceError)
        return Trouble.GONE if lost and number in (0, 1927, 2003, 2006, 2013, 4031) else None

    def migrate(self, connection: Connection, work: Callable[[Connection], None]) -> None:
        """Under a named lock; every statement can be repeated, because schema changes are no transactions here."""
        name = f"mainspring.{self._address.database}"[:64]
        (taken,) = connection.execute("SELECT get_lock(?, ?)", (name, _WAIT)).fetchone()
        if not taken:
            raise UnavailableError(f"another process has been migrating for {_WAIT} s", where=self.url)
        try:
            work(connection)
        finally:
            connection.execute("SELECT release_lock(?)", (name,))

    def now(self, connection: Connection) -> int:
        """The server's clock."""
        return self._clock.now(connection)

    def among(self, column: str, ids: Sequence[int]) -> tuple[str, list[Any]]:
        """One parameter for each id."""
        if not ids:
            return "1 = 0", []
        return f"{column} IN ({', '.join('?' * len(ids))})", list(ids)

    def lock_parents(self, connection: Connection) -> None:
        """One transaction at a time adds parents, so that two cannot close a cycle together."""
        connection.execute("SELECT number FROM schema_version WHERE number = 1 FOR UPDATE").fetchone()

    def like(self, expression: str, pattern: str) -> tuple[str, str]:
        """Columns have a binary collation, so LIKE minds case; a backslash quotes."""
        return f"{expression} LIKE ?", pattern

    def json_is(self, column: str, path: Sequence[str], kinds: str) -> tuple[str, list[Any]]:
        """By ``json_type`` and the text of the JSON value."""
        place = _json_path(path)
        if kinds == "null":
            return f"coalesce(json_type(json_extract({column}, ?)), 'NULL') = 'NULL'", [place]
        guard = f"json_type(json_extract({column}, ?)) = 'BOOLEAN'"
        return f"({guard} AND {self._unquoted(column)} = '{kinds}')", [place, place]

    def json_number(self, column: str, path: Sequence[str]) -> tuple[str, list[Any]]:
        """By ``json_value``, guarded by the type."""
        place = _json_path(path)
        kind = f"json_type(json_extract({column}, ?))"
        numbers = "('INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL')"
        return f"CASE WHEN {kind} IN {numbers} THEN json_value({column}, ?) + 0e0 END", [place, place]

    def json_text(self, column: str, path: Sequence[str]) -> tuple[str, list[Any]]:
        """By ``json_unquote``, guarded by the type."""
        place = _json_path(path)
        guard = f"CASE WHEN json_type(json_extract({column}, ?)) = 'STRING'"
        return f"{guard} THEN {self._unquoted(column)} END", [place, place]

    def _unquoted(self, column: str) -> str:
        return f"json_unquote(json_extract({column}, ?)) COLLATE {self._collation}"


class MySQLConnection:
    """A connection with the few calls that differ between databases.

    Attributes:
        collation: The one in which texts are equal only if they are the same; its name depends on the server.
    """

    def __init__(self, connection: pymysql.connections.Connection[Any]) -> None:
        self._connection = connection
        maria = "mariadb" in str(self.execute("SELECT version()").fetchone()[0]).lower()
        self.collation = "utf8mb4_nopad_bin" if maria else "utf8mb4_0900_bin"
        cap = "max_recursive_iterations" if maria else "cte_max_recursion_depth"
        for statement in (
            f"SET NAMES utf8mb4 COLLATE {self.collation}",
            f"SET SESSION {cap} = 4294967295",
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
        ):
            connection.query(statement)

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Cursor:
        """Run a statement."""
        cursor = self._connection.cursor()
        if sql.startswith("CREATE TABLE"):
            sql = f"{sql} ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={self.collation}"
        cursor.execute(_translated(sql), tuple(parameters))
        return cast("Cursor", cursor)

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each set of parameters."""
        self._connection.cursor().executemany(_translated(sql), [tuple(values) for values in parameters])

    def insert(self, sql: str, parameters: Sequence[Any]) -> int:
        """Insert one row and give its id."""
        cursor = self._connection.cursor()
        cursor.execute(_translated(sql), tuple(parameters))
        return int(cursor.lastrowid or 0)

    def begin(self, *, write: bool) -> None:
        """Writers see each statement's newest state; readers one state throughout."""
        if write:
            self._connection.begin()
        else:
            self._connection.query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            self._connection.query("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")

    def commit(self) -> None:
        """End the transaction: all of it happened."""
        self._connection.commit()

    def rollback(self) -> None:
        """End the transaction: nothing of it happened."""
        self._connection.rollback()

    def close(self) -> None:
        """Give the connection back to the server."""
        if self._connection.open:
            self._connection.close()


def _json_path(path: Sequence[str]) -> str:
    return "$" + "".join(f'."{name}"' for name in path)


@functools.lru_cache(maxsize=2048)
def _translated(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")
