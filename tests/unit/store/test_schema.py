"""Migrations: the same tables for every database, applied once, in order."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from pathlib import Path

import pytest

from mainspring.store.adapters.sql import schema
from mainspring.store.adapters.sqlite import SQLite, open_store

DIALECTS = ["sqlite", "postgresql", "mysql"]


def tables(dialect: str) -> dict[str, list[str]]:
    """The columns of each table that the migrations make."""
    found: dict[str, list[str]] = {}
    for migration in schema.migrations(dialect):
        for statement in migration.statements:
            made = re.match(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+) \((.*)\)", statement, re.DOTALL)
            if made:
                lines = [line.strip() for line in made[2].strip().splitlines()]
                found[made[1]] = [line.split()[0] for line in lines if re.match(r"[a-z_]+ [A-Z]", line)]
    return found


def test_every_database_has_the_same_tables_and_columns() -> None:
    wanted = tables("sqlite")
    assert len(wanted) == 12
    assert tables("postgresql") == wanted
    assert tables("mysql") == wanted


@pytest.mark.parametrize("dialect", DIALECTS)
def test_migrations_are_numbered_and_named_by_release(dialect: str) -> None:
    found = schema.migrations(dialect)
    assert [migration.number for migration in found] == list(range(1, schema.latest(dialect) + 1))
    assert [(m.number, m.release) for m in found] == [(m.number, m.release) for m in schema.migrations("sqlite")]
    assert all(not re.search(r"^\s*--|;$", statement, re.MULTILINE) for m in found for statement in m.statements)


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/record.db"

    def dump() -> list[str]:
        with contextlib.closing(sqlite3.connect(tmp_path / "record.db")) as connection:
            return list(connection.iterdump())

    open_store(url).close()
    before = dump()
    open_store(url).close()
    assert dump() == before
    assert any("INSERT INTO \"schema_version\" VALUES(1,'0.1.0')" in line for line in before)


def test_a_migration_that_was_interrupted_is_done_over(tmp_path: Path) -> None:
    dialect = SQLite(f"sqlite:///{tmp_path}/record.db")

    class Interrupted(Exception): ...

    def work(connection: object) -> None:
        for statement in schema.migrations("sqlite")[0].statements[:5]:
            connection.execute(statement)  # type: ignore[attr-defined] # a connection
        raise Interrupted

    with contextlib.closing(dialect.connect()) as connection:
        with pytest.raises(Interrupted):
            dialect.migrate(connection, work)
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    open_store(dialect.url).close()
