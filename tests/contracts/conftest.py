from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from mainspring.core.errors import UnavailableError
from mainspring.testing.databases import empty, fresh_database

pytest.register_assert_rewrite("mainspring.testing.conformance")

SERVERS = {
    "postgresql": os.environ.get("MAINSPRING_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test"),
    "mariadb": os.environ.get("MAINSPRING_TEST_MARIADB", "mariadb://root@127.0.0.1:3306/test"),
}
"""Where the servers are, by scheme."""


def fresh(scheme: str) -> Iterator[str]:
    try:
        with fresh_database(SERVERS[scheme]) as url:
            yield url
    except UnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def postgresql_for_all() -> Iterator[str]:
    yield from fresh("postgresql")


@pytest.fixture(scope="session")
def mariadb_for_all() -> Iterator[str]:
    yield from fresh("mariadb")


@pytest.fixture
def postgresql(postgresql_for_all: str) -> Iterator[str]:
    yield postgresql_for_all
    empty(postgresql_for_all)


@pytest.fixture
def mariadb(mariadb_for_all: str) -> Iterator[str]:
    yield mariadb_for_all
    empty(mariadb_for_all)


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.service),
        pytest.param("mariadb", marks=pytest.mark.service),
    ]
)
def untouched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a place where nobody opened a store yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('deep')}/er/record.db"
    else:
        yield from fresh(request.param)
