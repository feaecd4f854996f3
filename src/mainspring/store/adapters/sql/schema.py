"""The schema and its migrations: numbered files, named by the release that brought them, one per database."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mainspring.core.errors import UnavailableError
from mainspring.store.adapters.sql.database import Connection, Database, Dialect

_FOLDER: Final = Path(__file__).with_name("migrations")
_FILE: Final = re.compile(r"(?P<number>\d{4})_v(?P<release>[\d.]+)\.(?P<dialect>\w+)\.sql")

_CREATE: Final = (
    "CREATE TABLE IF NOT EXISTS schema_version (number INTEGER PRIMARY KEY, release_name VARCHAR(32) NOT NULL)"
)


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema."""

    number: int
    release: str
    statements: tuple[str, ...]


def prepare(database: Database) -> None:
    """Bring the schema of a database to that of this release; does nothing if it is there already.

    Raises:
        UnavailableError: If the database was written by a newer release.
    """
    dialect = database.dialect
    known = latest(dialect.name)
    if database.read(_version) == known:
        return
    connection = dialect.connect()
    try:
        dialect.migrate(connection, lambda opened: _migrate(opened, dialect))
    finally:
        connection.close()


@functools.cache
def latest(dialect: str) -> int:
    """The number of the newest migration."""
    return max(int(found["number"]) for found in _files(dialect))


def migrations(dialect: str, after: int = 0) -> tuple[Migration, ...]:
    """The migrations of a dialect that come after a number, in order."""
    return tuple(
        Migration(int(found["number"]), found["release"], _statements((_FOLDER / found[0]).read_text("utf-8")))
        for found in _files(dialect)
        if int(found["number"]) > after
    )


def _files(dialect: str) -> list[re.Match[str]]:
    found = (_FILE.fullmatch(entry.name) for entry in _FOLDER.iterdir())
    return sorted((match for match in found if match and match["dialect"] == dialect), key=lambda match: match[0])


def _statements(text: str) -> tuple[str, ...]:
    without_comments = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--"))
    parts = (part.strip(" ;\n") for part in without_comments.split(";\n"))
    return tuple(part for part in parts if part)


def _migrate(connection: Connection, dialect: Dialect) -> None:
    """Under the lock: another process may have been faster."""
    connection.execute(_CREATE)
    there = _version(connection)
    if there > latest(dialect.name):
        raise UnavailableError(
            f"the database has schema {there}; this release knows up to {latest(dialect.name)}",
            where=dialect.url,
            expected="a database of this release or an older one",
            fix="pip install --upgrade mainspring",
        )
    for migration in migrations(dialect.name, there):
        for statement in migration.statements:
            connection.execute(statement)
        connection.execute(
            "INSERT INTO schema_version (number, release_name) VALUES (?, ?)",
            (migration.number, migration.release),
        )


def _version(connection: Connection) -> int:
    """The number of the last migration; 0 for a fresh database."""
    try:
        row = connection.execute("SELECT max(number) FROM schema_version").fetchone()
    except Exception as error:
        if "schema_version" in str(error):
            return 0
        raise
    return int(row[0] or 0)
