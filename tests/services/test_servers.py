"""What only a real server can show."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import pytest

from mainspring.core.errors import UnavailableError
from mainspring.core.plugins import load_string
from mainspring.core.records import Artifact, Kind, NodeType
from mainspring.store import Store, open_store
from mainspring.testing.databases import fresh_database

pytestmark = pytest.mark.service

SERVERS = {
    "postgresql": os.environ.get("MAINSPRING_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test"),
    "mariadb": os.environ.get("MAINSPRING_TEST_MARIADB", "mariadb://root@127.0.0.1:3306/test"),
}
DIALECTS = {
    "postgresql": "mainspring.store.adapters.postgresql:PostgreSQL",
    "mariadb": "mainspring.store.adapters.mysql:MySQL",
}


@pytest.fixture(params=sorted(SERVERS))
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    try:
        with fresh_database(SERVERS[request.param]) as made:
            yield made
    except UnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with contextlib.closing(open_store(url)) as opened:
        opened.put_type(NodeType(kind=Kind.ARTIFACT, name="Thing"))
        yield opened


def hang_up(url: str) -> None:
    """End the sessions of the store, as a restart of the server would."""
    scheme = url.partition(":")[0]
    with contextlib.closing(load_string(DIALECTS[scheme])(url).connect()) as connection:
        if scheme == "postgresql":
            sessions = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim'"
            assert len(connection.execute(sessions).fetchall()) >= 1
            return
        sessions = "SELECT id FROM information_schema.processlist WHERE db = ? AND id <> connection_id()"
        numbers = connection.execute(sessions, (url.rpartition("/")[2],)).fetchall()
        assert len(numbers) >= 1
        for (number,) in numbers:
            connection.execute(f"KILL {number}")


def test_a_lost_connection_is_replaced(url: str) -> None:
    victim = url + ("&application_name=victim" if url.startswith("postgresql") else "")
    with contextlib.closing(open_store(victim)) as store:
        store.put_type(NodeType(kind=Kind.ARTIFACT, name="Thing"))
        store.publish([Artifact(type="Thing", name="before")])
        hang_up(url)
        assert len(store.find(Kind.ARTIFACT).items) == 1
        hang_up(url)
        store.publish([Artifact(type="Thing", name="after")])
        assert [node.name for node in store.find(Kind.ARTIFACT).items] == ["before", "after"]


def test_a_database_of_a_newer_release_is_refused(url: str, store: Store) -> None:
    scheme = url.partition(":")[0]
    with contextlib.closing(load_string(DIALECTS[scheme])(url).connect()) as connection:
        connection.execute("INSERT INTO schema_version (number, release_name) VALUES (9999, '99.0.0')")
    with pytest.raises(UnavailableError, match="schema 9999"):
        open_store(url)
    assert store.types()


def test_two_schemas_of_one_database_do_not_meet(url: str, store: Store) -> None:
    store.publish([Artifact(type="Thing", name="here")])
    server = SERVERS[url.partition(":")[0]]
    with fresh_database(server) as elsewhere, contextlib.closing(open_store(elsewhere)) as other:
        assert other.types() == []
        other.put_type(NodeType(kind=Kind.ARTIFACT, name="Thing"))
        other.publish([Artifact(type="Thing", name="here")])
    assert len(store.find(Kind.ARTIFACT).items) == 1


def test_times_are_those_of_the_server(url: str, store: Store) -> None:
    (artifact,) = store.publish([Artifact(type="Thing")])
    statements = {
        "postgresql": "SELECT extract(epoch FROM clock_timestamp())",
        "mariadb": "SELECT unix_timestamp(now(6))",
    }
    with contextlib.closing(load_string(DIALECTS[url.partition(":")[0]])(url).connect()) as connection:
        (now,) = connection.execute(statements[url.partition(":")[0]]).fetchone()
    assert artifact.created_at == pytest.approx(float(now), abs=2)


def test_a_long_walk_is_not_cut_off_by_the_server(url: str) -> None:
    """MariaDB and MySQL stop a recursive query after 1,000 rounds unless they are told otherwise."""
    if url.startswith("postgresql"):
        pytest.skip("PostgreSQL has no such limit")
    with contextlib.closing(load_string(DIALECTS["mariadb"])(url).connect()) as connection:
        (count,) = connection.execute(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION SELECT i + 1 FROM n WHERE i < 5000) SELECT count(*) FROM n"
        ).fetchone()
    assert count == 5000
