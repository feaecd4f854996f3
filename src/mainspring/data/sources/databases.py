"""Rows of a database by its URL: SQLite, PostgreSQL, MySQL and MariaDB.

Rows are streamed from the server in batches, and read in one transaction that changes nothing. Types:

============================================  ==========
whole numbers                                 INT
decimals, floats                              FLOAT
booleans of PostgreSQL                        BOOL
dates; timestamps, those with an offset in UTC  DATE; TIMESTAMP
``bytea``, ``BLOB``, ``BINARY``                 BYTES
text, JSON, UUID, times, arrays and the rest    STRING
============================================  ==========

SQLite does not keep to declared types: there the values decide. A date ``0000-00-00`` is missing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from mainspring.core.errors import InputError, NotFoundError, UnavailableError
from mainspring.data import engine
from mainspring.data.celltypes import ColumnType
from mainspring.data.columns import pick
from mainspring.data.sources.database_cells import Gathered
from mainspring.data.sources.finding import redacted
from mainspring.data.spool import Spool
from mainspring.data.tables import Table

_CELLS: Final = 300_000
"""How many cells a batch holds, about."""

_INT, _FLOAT, _BOOL = ColumnType.INT, ColumnType.FLOAT, ColumnType.BOOL
_DATE, _TIMESTAMP, _BYTES, _STRING = ColumnType.DATE, ColumnType.TIMESTAMP, ColumnType.BYTES, ColumnType.STRING

_POSTGRESQL: Final = {
    **dict.fromkeys((20, 21, 23, 26), _INT),
    **dict.fromkeys((700, 701, 1700), _FLOAT),
    16: _BOOL,
    17: _BYTES,
    1082: _DATE,
    1114: _TIMESTAMP,
    1184: _TIMESTAMP,
}
"""Types by their object identifiers; what is not here is STRING."""

_MYSQL: Final = {
    **dict.fromkeys((1, 2, 3, 8, 9, 13), _INT),
    **dict.fromkeys((0, 4, 5, 246), _FLOAT),
    7: _TIMESTAMP,
    10: _DATE,
    12: _TIMESTAMP,
    14: _DATE,
    11: _STRING,
    245: _STRING,
}
"""Types by their field types; texts and bytes have the same ones, their values tell them apart."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a query gives: names, the types that the database says, and a way to fetch so many rows."""

    names: tuple[str, ...]
    types: tuple[ColumnType | None, ...]
    fetch: Callable[[int], Sequence[Sequence[Any]]]


def read_database(locations: Sequence[str], /, *, table: str | None = None, query: str | None = None) -> Table:
    """The rows of a table or of a query.

    Without ``ORDER BY`` the order is the database's own, which may differ from time to time.

    Args:
        locations: One URL: ``sqlite:///file.db`` (``sqlite:////folder/file.db`` from the root),
            ``postgresql://user:password@host:5432/database`` (options as ``?sslmode=require``, and ``schema``),
            ``mysql://…`` or ``mariadb://…``.
        table: A table or view, such as ``trips`` or ``city.trips``.
        query: An SQL query in the language of the database.

    Raises:
        NotFoundError: If there is no such SQLite file.
        InputError: If not one of ``table`` and ``query`` is given, the query is refused, or values of a column are
            of several types.
        UnavailableError: If the server does not answer, or its driver is not installed.
    """
    (url,) = locations
    if (table is None) == (query is None):
        raise InputError(
            "neither table nor query is given" if table is None else "both table and query are given",
            where=redacted(url),
            expected="one of them",
            fix="read(url, table='trips') or read(url, query='SELECT …')",
        )
    scheme = urlsplit(url).scheme.lower()
    connect = {"sqlite": _sqlite, "postgres": _postgresql, "postgresql": _postgresql}.get(scheme, _mysql)
    quote = "`" if connect is _mysql else '"'
    sql = query if query is not None else f"SELECT * FROM {_quoted(table or '', quote)}"  # noqa: S608 - the name is quoted
    with connect(url, sql) as answer:
        return _gather(answer, where=redacted(url))


def _quoted(name: str, quote: str) -> str:
    return ".".join(quote + part.replace(quote, quote * 2) + quote for part in name.split("."))


def _gather(answer: _Answer, *, where: str) -> Table:
    lower = [name.lower() for name in answer.names]
    repeated = [name for name in answer.names if lower.count(name.lower()) > 1]
    if repeated:
        raise InputError(
            f"columns have the same name (upper and lower case are one): {', '.join(repeated)}",
            where=where,
            expected="different names",
            fix="name them in the query: SELECT a.id AS a_id, b.id AS b_id …",
        )
    columns = [Gathered(name, type_) for name, type_ in zip(answer.names, answer.types, strict=True)]
    spool, size = Spool(), max(_CELLS // len(columns), 100)
    rows = answer.fetch(size)
    while True:
        values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
        spool.add({column.name: column.texts(cells) for column, cells in zip(columns, values, strict=True)})
        rows = answer.fetch(size)
        if not rows:
            break
    try:
        types = {column.name: column.type() for column in columns}
        return Table.of_lying(
            spool.finish({name: pick(engine.quote(name), type_) for name, type_ in types.items()})
        )
    except engine.error() as error:
        raise InputError(f"values do not fit: {str(error).splitlines()[0]}", where=where) from None
    except InputError as error:
        raise InputError(error.found, expected=error.expected, where=where, fix=error.fix) from None


@contextlib.contextmanager
def _sqlite(url: str, sql: str) -> Iterator[_Answer]:
    import sqlite3

    path = Path(unquote(url.partition("://")[2].partition("?")[0]).removeprefix("/"))
    if not path.is_file():
        raise NotFoundError(
            "there is no such database", where=url, fix="check the path; from the root it has four /"
        )
    with _as_errors(url, sqlite3.Error, ()):
        opened = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
        with contextlib.closing(opened) as connection:
            cursor = connection.execute(sql)
            names = _names(cursor.description, url)
            yield _Answer(names, (None,) * len(names), cursor.fetchmany)


@contextlib.contextmanager
def _postgresql(url: str, sql: str) -> Iterator[_Answer]:
    psycopg = _driver("psycopg", "PostgreSQL", "postgres")
    from psycopg.types.string import TextLoader

    with (
        _as_errors(url, psycopg.Error, (psycopg.OperationalError,)),
        _postgresql_connection(psycopg, url) as opened,
    ):
        opened.read_only = True
        for kind in ("json", "jsonb"):
            opened.adapters.register_loader(kind, TextLoader)
        with opened.cursor(name="mainspring") as cursor:
            cursor.execute(sql)
            names = _names(cursor.description, url)
            types = tuple(_POSTGRESQL.get(one.type_code, _STRING) for one in cursor.description)
            yield _Answer(names, types, cursor.fetchmany)


def _postgresql_connection(psycopg: Any, url: str) -> Any:
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    schema = options.pop("schema", None)
    connection = psycopg.connect(
        host=parts.hostname or "127.0.0.1",
        port=parts.port or 5432,
        user=unquote(parts.username or "postgres"),
        password=unquote(parts.password or "") or None,
        dbname=unquote(parts.path.lstrip("/")),
        **options,
    )
    if schema:
        connection.execute("SELECT set_config('search_path', %s, false)", (schema,))
        connection.commit()
    return connection


@contextlib.contextmanager
def _mysql(url: str, sql: str) -> Iterator[_Answer]:
    pymysql = _driver("pymysql", "MariaDB and MySQL", "mysql")
    from pymysql.cursors import SSCursor

    parts = urlsplit(url)
    with _as_errors(url, pymysql.Error, (pymysql.OperationalError, pymysql.InterfaceError)):
        opened = pymysql.connect(
            host=parts.hostname or "127.0.0.1",
            port=parts.port or 3306,
            user=unquote(parts.username or "root"),
            password=unquote(parts.password or ""),
            database=unquote(parts.path.lstrip("/")),
            charset="utf8mb4",
            cursorclass=SSCursor,
            **_mysql_options(parts.query, url),
        )
        # A cursor that is not read to its end would fetch the rest before it closes: the connection goes first.
        with contextlib.closing(opened):
            cursor = opened.cursor()
            cursor.execute("SET time_zone = '+00:00'")
            cursor.execute("START TRANSACTION READ ONLY")
            cursor.execute(sql)
            names = _names(cursor.description, url)
            yield _Answer(names, tuple(_MYSQL.get(one[1]) for one in cursor.description), cursor.fetchmany)


def _mysql_options(text: str, url: str) -> Mapping[str, Any]:
    options = dict(parse_qsl(text))
    unknown = sorted(set(options) - {"unix_socket", "connect_timeout"})
    if unknown:
        raise InputError(
            f"unknown options {', '.join(unknown)}", where=redacted(url), expected="unix_socket, connect_timeout"
        )
    return {name: int(value) if name == "connect_timeout" else value for name, value in options.items()}


def _names(description: Any, url: str) -> tuple[str, ...]:
    if not description:
        raise InputError("the statement gives no rows", where=redacted(url), expected="a SELECT")
    return tuple(one[0] for one in description)


def _driver(module: str, database: str, extra: str) -> Any:
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError:
        raise UnavailableError(
            f"{database} needs the driver {module}, which is not installed",
            fix=f"pip install 'mainspring[{extra}]'",
        ) from None


@contextlib.contextmanager
def _as_errors(url: str, error: type[Exception], away: tuple[type[Exception], ...]) -> Iterator[None]:
    """What a driver raises as an error of ours, which never shows the password."""
    try:
        yield
    except error as found:
        password = unquote(urlsplit(url).password or "")
        text = str(found).strip().replace(password, "***") if password else str(found).strip()
        if isinstance(found, away) and getattr(found, "sqlstate", None) is None and not _is_of_query(found):
            raise UnavailableError(f"the database cannot be read: {text}", where=redacted(url)) from None
        raise InputError(f"the database refused: {text}", where=redacted(url)) from None


def _is_of_query(error: Exception) -> bool:
    # PyMySQL raises OperationalError for unknown columns and the like, too.
    return bool(error.args) and error.args[0] in {1044, 1046, 1054, 1142, 1143, 1146}
