"""Databases by URL, as far as one without a server shows it; the servers are in tests/services."""

import sqlite3

import pytest

from mainspring.core.errors import InputError, NotFoundError, UnavailableError
from mainspring.data import spool
from mainspring.data.sources import databases, fingerprint, read
from mainspring.data.sources.finding import redacted


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "some file.db"
    with sqlite3.connect(path) as connection:
        connection.execute('CREATE TABLE "odd ""t" (n INTEGER, f REAL, s TEXT, b BLOB, e TEXT)')
        rows = [
            (1, 1.5, "x", b"\x00\xff", None),
            (None, None, None, None, None),
            (2**63 - 1, 2, "\u6f22'", b"", None),
        ]
        connection.executemany('INSERT INTO "odd ""t" VALUES (?, ?, ?, ?, ?)', rows)
        connection.execute("CREATE TABLE many (n INTEGER, m INTEGER)")
        connection.executemany("INSERT INTO many VALUES (?, ?)", [(n, 2 * n) for n in range(5000)])
        connection.execute("CREATE TABLE mixed AS SELECT 1 AS x UNION ALL SELECT 2 UNION ALL SELECT 'a'")
    connection.close()
    return f"sqlite:///{path}".replace("some file", "some%20file")


def test_a_table_and_a_query(database):
    table = read(database, table='odd "t')
    assert [(column.name, column.type.value) for column in table.columns] == [
        ("n", "INT"), ("f", "FLOAT"), ("s", "STRING"), ("b", "BYTES"), ("e", "STRING"),
    ]  # fmt: skip
    assert table.to_columns() == {
        "n": [1, None, 2**63 - 1],
        "f": [1.5, None, 2.0],
        "s": ["x", None, "\u6f22'"],
        "b": [b"\x00\xff", None, b""],
        "e": [None, None, None],
    }
    assert read(database, query="SELECT count(*) AS rows FROM many").to_columns() == {"rows": [5000]}
    assert read(database, query="SELECT n FROM many WHERE false").to_columns() == {"n": []}


@pytest.mark.parametrize("large", [0, 10**9])
def test_batches_are_one_table(database, monkeypatch, large):
    monkeypatch.setattr(databases, "_CELLS", 2000)
    monkeypatch.setattr(spool, "_LARGE", large)
    table = read(database, query="SELECT m, n FROM many ORDER BY n")
    assert table.column("n").tolist() == list(range(5000))
    assert table.rows(3999, 4002).to_columns() == {"m": [7998, 8000, 8002], "n": [3999, 4000, 4001]}


def test_values_of_several_types_are_named_with_their_rows(database):
    with pytest.raises(InputError, match=r"'x' is INT \(first in row 1\) and STRING \(first in row 3\)") as caught:
        read(database, table="mixed")
    assert "CAST(x AS" in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "neither table nor query"),
        ({"table": "many", "query": "SELECT 1"}, "both table and query"),
        ({"table": "nowhere"}, "no such table"),
        ({"query": "garbage"}, "syntax error"),
        ({"query": "CREATE TABLE x (n)"}, "readonly|gives no rows"),
        ({"query": "SELECT n, m AS N FROM many"}, "same name"),
        ({"table": "many", "sep": ";"}, "unknown options for sqlite: URLs: sep"),
    ],
)
def test_what_cannot_be_read(database, options, message):
    with pytest.raises(InputError, match=message):
        read(database, **options)


def test_places_that_are_not_there(tmp_path):
    with pytest.raises(NotFoundError, match="no such database"):
        read(f"sqlite:///{tmp_path}/nowhere.db", table="t")
    with pytest.raises(NotFoundError, match="no plugin offers 'oracle'"):
        read("oracle://host/db", table="t")


def test_passwords_are_never_shown():
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    pytest.importorskip("pymysql", reason="PyMySQL is not installed")
    for scheme in ("postgresql", "mariadb"):
        with pytest.raises(UnavailableError) as caught:
            read(f"{scheme}://me:s3cret@127.0.0.1:1/db", table="t")
        assert "s3cret" not in str(caught.value)
        assert "me:***@127.0.0.1" in str(caught.value)
    assert redacted("mysql://a:b@c@host/db") == "mysql://a:***@host/db"


def test_the_fingerprint_is_of_the_rows(database, tmp_path):
    one = fingerprint(database, table="many")
    copy = tmp_path / "copy.db"
    copy.write_bytes((tmp_path / "some file.db").read_bytes())
    other = f"sqlite:///{copy}"
    assert fingerprint(other, query="SELECT * FROM many") == one
    with sqlite3.connect(copy) as connection:
        connection.execute("UPDATE many SET m = 7 WHERE n = 4999")
    connection.close()
    assert fingerprint(other, table="many") != one
