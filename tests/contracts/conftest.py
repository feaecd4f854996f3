from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import pytest

from mainspring.testing.databases import TABLES, mysql_database, postgresql_schema

pytest.register_assert_rewrite("mainspring.testing.conformance")

POSTGRESQL = os.environ.get("MAINSPRING_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")
MARIADB = os.environ.get("MAINSPRING_TEST_MARIADB", "mariadb://root@127.0.0.1:3306/test")


@pytest.fixture(scope="session")
def servers() -> dict[str, str]:
    """Where the servers are, by scheme."""
    return {"postgresql": POSTGRESQL, "mariadb": MARIADB}


@pytest.fixture(scope="session")
def postgresql_schema_url() -> Iterator[str]:
    try:
        with postgresql_schema(POSTGRESQL) as url:
            yield url
    except OSError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def mariadb_database_url() -> Iterator[str]:
    try:
        with mysql_database(MARIADB) as url:
            yield url
    except OSError as error:
        pytest.skip(str(error))


@pytest.fixture
def postgresql(postgresql_schema_url: str) -> Iterator[str]:
    """A schema that is emptied after the test: cheaper than a new one."""
    yield postgresql_schema_url
    empty("postgresql", postgresql_schema_url)


@pytest.fixture
def mariadb(mariadb_database_url: str) -> Iterator[str]:
    yield mariadb_database_url
    empty("mysql", mariadb_database_url)


def empty(dialect: str, url: str) -> None:
    if dialect == "postgresql":
        from mainspring.store.adapters.postgresql import PostgreSQL

        connection = PostgreSQL(url).connect()
    else:
        from mainspring.store.adapters.mysql import MySQL

        connection = MySQL(url).connect()
    with contextlib.closing(connection):
        connection.begin(write=True)
        connection.execute("UPDATE node_type SET base_id = NULL")
        for table in TABLES:
            connection.execute(f"DELETE FROM {table}")
        connection.commit()
