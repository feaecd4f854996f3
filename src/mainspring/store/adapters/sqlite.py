"""The record and the queue in one SQLite file: nothing to install, safe for many processes on one machine.

Write-ahead logging, immediate transactions and a busy timeout, so that readers never wait and writers take turns.
With ``synchronous=NORMAL``, the default, a power cut can take back the last moments but never damages the file;
``?synchronous=full`` waits for the disk at each commit.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from mainspring.core import clock
from mainspring.core.errors import InputError, UnavailableError
from mainspring.store.adapters.sql.database import Connection, Dialect, Trouble
from mainspring.store.adapters.sql.store import SqlStore

TIMEOUT: Final = 30.0
"""Seconds that a writer waits for the others."""

_STEP: Final = 0.004
"""Seconds that SQLite waits before it asks us whether to go on. Left to itself it would soon sleep for 0.1 s at a
time, and others would overtake."""

_SYNCHRONOUS: Final = ("off", "normal", "full", "extra")


def open_store(url: str) -> SqlStore:
    """Open, and if need be make, the database file of ``sqlite:///relative/path.db`` or ``sqlite:////absolute/path.db``.

    Args:
        url: May end in options: ``?synchronous=full`` and ``?timeout=30`` (seconds to wait for other writers).

    Raises:
        InputError: For a URL that is none of these.
        UnavailableError: If the file cannot be opened, or was written by a newer release.
    """
    return SqlStore(SQLite(url))


class SQLite(Dialect):
    """The dialect of SQLite 3.35 and later."""

    name = "sqlite"
    for_update = ""
    skip_locked = ""
    looks_first = True

    def __init__(self, url: str) -> None:
        self.url = url
        address, _, options = url.partition("?")
        scheme, separator, path = address.partition(":///")
        if scheme != "sqlite" or not separator or not path:
            raise InputError(f"{url!r} names no SQLite file", expected="sqlite:///path/to/file.db")
        self.path = Path(path).expanduser().absolute()
        given = dict(parse_qsl(options))
        self.synchronous = given.pop("synchronous", "normal").lower()
        self.patience = _seconds(given.pop("timeout", str(TIMEOUT)), url)
        if given or self.synchronous not in _SYNCHRONOUS:
            raise InputError(
                f"unknown options in {url!r}", expected=f"synchronous={'|'.join(_SYNCHRONOUS)}, timeout=SECONDS"
            )

    def connect(self) -> SQLiteConnection:
        """Open the file."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(
                self.path,
                timeout=_STEP,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=512,
                factory=SQLiteConnection,
            )
        except (OSError, sqlite3.Error) as error:
            raise self._unavailable(error) from error
        try:
            self._patiently(lambda: self._set_up(connection))
        except sqlite3.Error as error:
            connection.close()
            raise self._unavailable(error) from error
        return connection

    def trouble(self, error: BaseException) -> Trouble | None:
        """By the extended result code."""
        if not isinstance(error, sqlite3.Error):
            return None
        code = getattr(error, "sqlite_errorname", "") or ""
        if code in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"):
            return Trouble.TAKEN
        if code == "SQLITE_CONSTRAINT_FOREIGNKEY":
            return Trouble.MISSING
        if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return Trouble.BUSY
        if code.startswith(("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_CORRUPT", "SQLITE_NOTADB")):
            return Trouble.FULL
        return Trouble.GONE if code == "SQLITE_CANTOPEN" else None

    def migrate(self, connection: Connection, work: Callable[[Connection], None]) -> None:
        """In one immediate transaction: SQLite's schema changes are transactional."""
        self._patiently(lambda: connection.begin(write=True))
        try:
            work(connection)
            connection.commit()
        except BaseException:
            connection.rollback()
            raise

    def now(self, connection: Connection) -> int:
        """This machine's clock."""
        return int(clock.now() * 1e6)

    def among(self, column: str, ids: Sequence[int]) -> tuple[str, list[Any]]:
        """One parameter for any number of ids."""
        if not ids:
            return "1 = 0", []
        if len(ids) == 1:
            return f"{column} = ?", [ids[0]]
        return f"{column} IN (SELECT value FROM json_each(?))", [  # noqa: S608 # a column of ours
            msgspec.json.encode(ids).decode()
        ]

    def like(self, expression: str, pattern: str) -> tuple[str, str]:
        """GLOB, because SQLite's LIKE ignores case."""
        return f"{expression} GLOB ?", _as_glob(pattern)

    def json_is(self, column: str, path: Sequence[str], kinds: str) -> tuple[str, list[Any]]:
        """By ``json_type``."""
        place = _json_path(path)
        match kinds:
            case "null":
                return f"coalesce(json_type({column}, ?), 'null') = 'null'", [place]
            case _:
                return f"json_type({column}, ?) = ?", [place, kinds]

    def json_number(self, column: str, path: Sequence[str]) -> tuple[str, list[Any]]:
        """By ``json_extract``, guarded by the type: true and false would be 1 and 0."""
        place = _json_path(path)
        guarded = f"CASE WHEN json_type({column}, ?) IN ('integer', 'real') THEN json_extract({column}, ?) END"
        return guarded, [place, place]

    def json_text(self, column: str, path: Sequence[str]) -> tuple[str, list[Any]]:
        """By ``json_extract``, guarded by the type."""
        place = _json_path(path)
        return f"CASE WHEN json_type({column}, ?) = 'text' THEN json_extract({column}, ?) END", [place, place]

    def _set_up(self, connection: sqlite3.Connection) -> None:
        """Settings of a connection; write-ahead logging stays with the file, once it was turned on."""
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA synchronous = {self.synchronous}")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA cache_size = -16000")
        # What is deleted is overwritten, so that an erased property cannot be read from the file.
        connection.execute("PRAGMA secure_delete = ON")
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            connection.execute("PRAGMA journal_mode = WAL")
        # Pages that many commits change are copied back once: each copying waits for the disk.
        connection.execute("PRAGMA wal_autocheckpoint = 8000")

    def _patiently(self, work: Callable[[], None]) -> None:
        """Do work that needs a lock, again while others have it."""
        deadline = time.monotonic() + self.patience
        while True:
            try:
                return work()
            except sqlite3.OperationalError as error:
                if self.trouble(error) is not Trouble.BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.002)

    def _unavailable(self, error: Exception) -> UnavailableError:
        return UnavailableError(
            f"the database file cannot be opened: {error}",
            where=str(self.path),
            expected="an SQLite file, or a place where one can be made",
        )


class SQLiteConnection(sqlite3.Connection):
    """A connection with the few calls that differ between databases."""

    def insert(self, sql: str, parameters: Sequence[Any]) -> int:
        """Insert one row and give its id."""
        return self.execute(sql, parameters).lastrowid or 0

    def begin(self, *, write: bool) -> None:
        """Writers queue up here, not in the middle of their work."""
        self.execute("BEGIN IMMEDIATE" if write else "BEGIN")


def _json_path(path: Sequence[str]) -> str:
    return "$" + "".join(f'."{name}"' for name in path)


def _as_glob(pattern: str) -> str:
    """A LIKE pattern as a GLOB pattern."""
    translated = {"%": "*", "_": "?"}
    special = {"*": "[*]", "?": "[?]", "[": "[[]"}
    parts = []
    for found in re.finditer(r"\\(.)|(.)", pattern, re.DOTALL):
        escaped, plain = found.groups()
        parts.append(
            special.get(escaped, escaped) if escaped else translated.get(plain) or special.get(plain, plain)
        )
    return "".join(parts)


def _seconds(text: str, url: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InputError(f"timeout={text} in {url!r}", expected="a number of seconds") from error
