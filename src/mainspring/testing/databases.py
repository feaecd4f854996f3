"""Fresh, empty places in running database servers, for tests: made on entry, dropped on exit."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from mainspring.core.plugins import load_string
from mainspring.store.adapters.sql.database import Connection

_DIALECTS: Final = {
    "postgresql": "mainspring.store.adapters.postgresql:PostgreSQL",
    "mariadb": "mainspring.store.adapters.mysql:MySQL",
    "mysql": "mainspring.store.adapters.mysql:MySQL",
}

_TABLES: Final = (
    *("event_input", "event_output", "attribution", "association", "parent_context"),
    *("artifact_text", "execution_text", "message", "artifact", "execution", "context", "node_type"),
)


@contextlib.contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """The URL of a new schema (PostgreSQL) or database (MariaDB, MySQL).

    Args:
        server: ``postgresql://user@host/database`` or ``mariadb://user@host/database``; that database must exist.

    Raises:
        UnavailableError: If the server does not answer, or its driver is not installed.
    """
    name = f"mainspring_test_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    parts = urlsplit(server)
    postgresql = parts.scheme == "postgresql"
    with contextlib.closing(_connect(server)) as connection:
        connection.execute(f"CREATE {'SCHEMA' if postgresql else 'DATABASE'} {name}")
        try:
            yield urlunsplit(
                parts._replace(query=f"schema={name}") if postgresql else parts._replace(path=f"/{name}")
            )
        finally:
            connection.execute(f"DROP SCHEMA {name} CASCADE" if postgresql else f"DROP DATABASE {name}")


def empty(url: str) -> None:
    """Delete all that the store at the URL keeps: cheaper than a new database."""
    with contextlib.closing(_connect(url)) as connection:
        connection.begin(write=True)
        connection.execute("UPDATE node_type SET base_id = NULL")
        for table in _TABLES:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 # a constant
        connection.commit()


def _connect(url: str) -> Connection:
    connection: Connection = load_string(_DIALECTS[urlsplit(url).scheme])(url).connect()
    return connection
