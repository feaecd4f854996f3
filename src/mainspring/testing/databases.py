"""Fresh, empty places in running database servers, for tests: made on entry, dropped on exit."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from mainspring.store.adapters.sql.server import Address, address

TABLES = (
    *("event_input", "event_output", "attribution", "association", "parent_context"),
    *("artifact_text", "execution_text", "message", "artifact", "execution", "context", "node_type"),
)
"""All tables with content, those that refer to others first."""


@contextlib.contextmanager
def postgresql_schema(server: str) -> Iterator[str]:
    """The URL of a new schema.

    Args:
        server: ``postgresql://user@host/database``.

    Raises:
        OSError: If the server does not answer, or the driver is not installed.
    """
    try:
        import psycopg

        connection = psycopg.connect(server, autocommit=True, connect_timeout=3)
    except Exception as error:
        raise OSError(f"PostgreSQL does not answer at {server}: {error}") from error
    name = _fresh_name()
    with connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
        try:
            yield f"{server}?schema={name}"
        finally:
            connection.execute(f"DROP SCHEMA {name} CASCADE".encode())


@contextlib.contextmanager
def mysql_database(server: str) -> Iterator[str]:
    """The URL of a new database.

    Args:
        server: ``mariadb://user@host/database`` of one that exists.

    Raises:
        OSError: If the server does not answer, or the driver is not installed.
    """
    place = address(server, port=3306, user="root", options=frozenset())
    try:
        import pymysql

        connection = pymysql.connect(
            host=place.host, port=place.port, user=place.user, password=place.password, connect_timeout=3
        )
    except Exception as error:
        raise OSError(f"no server answers at {server}: {error}") from error
    name = _fresh_name()
    with connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        try:
            yield _with_database(server, place, name)
        finally:
            cursor.execute(f"DROP DATABASE {name}")


def _with_database(server: str, place: Address, name: str) -> str:
    parts = urlsplit(server)
    secret = f":{quote(place.password)}" if place.password else ""
    return f"{parts.scheme}://{quote(place.user)}{secret}@{place.host}:{place.port}/{name}"


def _fresh_name() -> str:
    return f"mainspring_test_{os.getpid()}_{uuid.uuid4().hex[:8]}"
