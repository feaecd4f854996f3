from __future__ import annotations

import contextlib
import pickle
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainspring.core.errors import InputError, UnavailableError
from mainspring.core.records import (
    Artifact,
    Direction,
    Execution,
    ExecutionState,
    Kind,
    LinkKind,
    NodeType,
    PropertyType,
)
from mainspring.store import Edge, Store
from mainspring.store.adapters.sql.filters import FEW, compile_filter
from mainspring.store.adapters.sql.lineage import FEW_HOPS, walk
from mainspring.store.adapters.sqlite import SQLite, open_store
from mainspring.store.query import parse


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "record.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with contextlib.closing(open_store(f"sqlite:///{path}")) as opened:
        for kind in Kind:
            opened.put_type(NodeType(kind=kind, name="Thing", properties={"key": PropertyType.STRING}))
        yield opened


@pytest.fixture
def large(store: Store, path: Path) -> Path:
    """A record with 2,000 chained steps in it, analyzed."""
    artifacts = [Artifact(type="Thing") for _ in range(2001)]
    executions = [Execution(type="Thing", properties={"key": f"k{n}"}) for n in range(2000)]
    edges = [Edge(LinkKind.INPUT, artifacts[n], executions[n]) for n in range(2000)]
    edges += [Edge(LinkKind.OUTPUT, executions[n], artifacts[n + 1]) for n in range(2000)]
    store.publish([*artifacts, *executions], edges)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("ANALYZE")
    return path


def plan(path: Path, statement: str, values: list[object]) -> str:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
    return "\n".join(row[3] for row in rows)


@pytest.mark.parametrize("kind", [Kind.ARTIFACT, Kind.EXECUTION])
@pytest.mark.parametrize("way", [Direction.UP, Direction.DOWN])
@pytest.mark.parametrize("hops", [None, FEW_HOPS])
def test_a_walk_reads_only_what_it_meets(large: Path, kind: Kind, way: Direction, hops: int | None) -> None:
    found = plan(large, *walk(SQLite(f"sqlite:///{large}"), kind, [1000], way, hops))
    assert "BLOOM" not in found
    assert "SCAN e" not in found
    assert "SCAN f" not in found
    assert "AUTOMATIC" not in found


def test_a_declared_text_is_found_by_its_index(large: Path) -> None:
    condition, values = compile_filter(
        parse("properties.key = 'k7' AND state = NEW", Kind.EXECUTION),
        Kind.EXECUTION,
        SQLite(f"sqlite:///{large}"),
    )
    found = plan(large, f"SELECT n.id FROM execution n WHERE {condition} ORDER BY n.id LIMIT 1", values)
    assert "SEARCH execution_text USING PRIMARY KEY (name=? AND value=?)" in found
    assert "SEARCH n USING INTEGER PRIMARY KEY (rowid=?)" in found


@pytest.mark.parametrize(("word", "expected"), [("key", "1 = 0"), ("name", "n.name = ?")])
def test_what_is_nowhere_is_not_searched_for(large: Path, word: str, expected: str) -> None:
    where = f"properties.{word} = 'nowhere'" if word == "key" else f"{word} = 'nowhere'"
    with contextlib.closing(sqlite3.connect(large)) as connection:
        condition, _ = compile_filter(
            parse(where, Kind.EXECUTION),
            Kind.EXECUTION,
            SQLite(f"sqlite:///{large}"),
            lambda sql, values: connection.execute(sql, values).fetchall(),
        )
    assert condition == expected


def test_of_a_word_that_many_have_the_newest_is_found_first(large: Path, store: Store) -> None:
    """The plan reads the executions of the type from the newest on, and sorts nothing."""
    store.publish([Execution(type="Thing", properties={"key": "many"}) for _ in range(FEW + 10)])
    where = "type = 'Thing' AND properties.key = 'many'"
    with contextlib.closing(sqlite3.connect(large)) as connection:
        condition, values = compile_filter(
            parse(where, Kind.EXECUTION),
            Kind.EXECUTION,
            SQLite(f"sqlite:///{large}"),
            lambda sql, parameters: connection.execute(sql, parameters).fetchall(),
        )
    found = plan(large, f"SELECT n.id FROM execution n WHERE {condition} ORDER BY n.id DESC LIMIT 1", values)
    assert "SEARCH execution_text USING PRIMARY KEY (name=? AND value=? AND node_id=?)" in found
    assert "TEMP B-TREE" not in found
    assert len(store.find(Kind.EXECUTION, where, limit=1000).items) == FEW + 10


def test_values_are_bound_never_written(large: Path) -> None:
    where = "name = 'evil' OR contexts.c.name = 'evil' OR custom.evil = 'evil' OR uri LIKE 'evil%' OR id = 666"
    condition, values = compile_filter(parse(where, Kind.ARTIFACT), Kind.ARTIFACT, SQLite(f"sqlite:///{large}"))
    assert "evil" not in condition
    assert "666" not in condition
    assert len(values) == condition.count("?")


def test_hop_by_hop_and_at_once_find_the_same(large: Path, store: Store) -> None:
    from mainspring.store.adapters.sql import lineage

    dialect = SQLite(f"sqlite:///{large}")
    with contextlib.closing(dialect.connect()) as connection:
        for kind, ids in ((Kind.ARTIFACT, [1990, 40]), (Kind.EXECUTION, [1990])):
            for way in (Direction.UP, Direction.DOWN):
                stepwise = set(lineage._hop_by_hop(connection, dialect, kind, ids, way, 30))
                at_once = set(connection.execute(*walk(dialect, kind, ids, way, 30)))
                pairs = {pair for pair in at_once if pair[1] is not None}
                assert {pair for pair in stepwise if pair[1] is not None} == pairs
                assert {artifact for artifact, _ in stepwise} == {artifact for artifact, _ in at_once}


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:",
        "sqlite://record.db",
        "sqlite:///",
        "sqlite:///a.db?color=red",
        "sqlite:///a.db?synchronous=perhaps",
        "sqlite:///a.db?timeout=soon",
        "mysql:///a.db",
    ],
)
def test_urls_that_name_no_file(url: str) -> None:
    with pytest.raises(InputError, match=r"a\.db|SQLite file"):
        SQLite(url)


def test_relative_and_absolute_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert SQLite("sqlite:///deep/record.db").path == tmp_path / "deep" / "record.db"
    assert SQLite("sqlite:////tmp/record.db").path == Path("/tmp/record.db")
    open_store("sqlite:///deep/record.db").close()
    assert (tmp_path / "deep" / "record.db").exists()


def test_the_file_is_in_wal_mode_and_waits_for_the_disk_only_if_asked(path: Path) -> None:
    with contextlib.closing(SQLite(f"sqlite:///{path}?synchronous=full").connect()) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    with contextlib.closing(SQLite(f"sqlite:///{path}").connect()) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (1,)


def test_a_database_of_a_newer_release_is_refused(store: Store, path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO schema_version VALUES (9999, '99.0.0')")
        connection.commit()
    with pytest.raises(UnavailableError, match=r"schema 9999(.|\n)*pip install --upgrade mainspring"):
        open_store(f"sqlite:///{path}")


def test_what_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"This is a text, and a long one, so that nobody takes it for an empty file. " * 20)
    with pytest.raises(UnavailableError, match=r"record\.db"):
        open_store(f"sqlite:///{path}")
    assert path.read_bytes().startswith(b"This is a text")


def test_a_place_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnavailableError, match="cannot be opened"):
        open_store(f"sqlite:///{tmp_path}/file/record.db")


def test_a_closed_store_says_so(path: Path) -> None:
    store = open_store(f"sqlite:///{path}")
    store.close()
    store.close()
    with pytest.raises(UnavailableError, match="closed"):
        store.types()


def test_who_waits_too_long_is_told(path: Path) -> None:
    with contextlib.closing(open_store(f"sqlite:///{path}?timeout=0.05")) as store:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert store.types() == []
            with pytest.raises(UnavailableError, match="busy"):
                store.put("run", {})
            other.execute("ROLLBACK")
        assert store.put("run", {}) == 1


def test_a_store_can_be_sent_to_another_process(store: Store) -> None:
    store.publish([Artifact(type="Thing", name="a")])
    with contextlib.closing(pickle.loads(pickle.dumps(store))) as other:
        assert [node.name for node in other.find(Kind.ARTIFACT).items] == ["a"]


def test_a_store_lives_on_in_a_forked_process(path: Path) -> None:
    program = f"""
import os
from mainspring.core.records import Artifact, Kind, NodeType
from mainspring.store.adapters.sqlite import open_store
store = open_store("sqlite:///{path}")
store.put_type(NodeType(kind=Kind.ARTIFACT, name="Thing"))
store.publish([Artifact(type="Thing", name="parent")])
assert os.path.exists("{path}-wal")
child = os.fork()
for number in range(50):
    store.publish([Artifact(type="Thing", name=f"{{'child' if child == 0 else 'parent'}} {{number}}")])
if child == 0:
    store.close()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
assert len(store.find(Kind.ARTIFACT, limit=1000).items) == 101
store.close()
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=60)


def test_threads_share_a_store(store: Store) -> None:
    def work(number: int) -> None:
        for step in range(25):
            store.publish([Artifact(type="Thing", name=f"{number} {step}")])
            assert store.find(Kind.ARTIFACT, "name = :name", {"name": f"{number} {step}"}).items

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.find(Kind.ARTIFACT, limit=1000).items) == 100


def test_what_another_process_declared_is_known(store: Store, path: Path) -> None:
    with contextlib.closing(open_store(f"sqlite:///{path}")) as other:
        other.put_type(NodeType(kind=Kind.ARTIFACT, name="New", properties={"a": PropertyType.INT}))
        store.publish([Artifact(type="New", properties={"a": 1})])
        grown = {"a": PropertyType.INT, "b": PropertyType.INT}
        other.put_type(NodeType(kind=Kind.ARTIFACT, name="New", properties=grown))
        store.publish([Artifact(type="New", properties={"b": 1})])
        other.put_type(NodeType(kind=Kind.ARTIFACT, name="Newer"))
        other.publish([Artifact(type="Newer")])
        assert [node.type for node in store.find(Kind.ARTIFACT).items] == ["New", "New", "Newer"]


def test_erased_words_are_not_left_in_the_file(store: Store, path: Path) -> None:
    secret = "a-very-secret-name"
    (artifact,) = store.publish(
        [Artifact(type="Thing", name=secret, uri=secret, properties={"key": secret}, custom={"a": secret})]
    )
    execution, message = Execution(type="Thing", name=secret, state=ExecutionState.FAILED), {"name": secret}
    (stored,) = store.publish([execution])
    store.put("run", message)
    claimed = store.claim(["run"], worker="w", seconds=60)
    assert claimed is not None
    store.delete(Kind.ARTIFACT, [artifact.id or 0])
    store.delete(Kind.EXECUTION, [stored.id or 0])
    store.done(claimed)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert secret.encode() not in path.read_bytes()
