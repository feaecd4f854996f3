"""Tables read from real servers."""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Iterator

import pytest

from mainspring.core.errors import InputError, UnavailableError
from mainspring.core.plugins import load_string
from mainspring.data.sources import databases, fingerprint, read
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
MADE = {
    "postgresql": [
        (
            "CREATE TABLE kinds (i smallint, l bigint, d numeric(20,4), f real, b boolean, t text, j jsonb, "
            "u uuid, y bytea, n date, s timestamp, z timestamptz, a int[], e int, o time)"
        ),
        (
            "INSERT INTO kinds VALUES (1, 9223372036854775807, 12.3400, 1.5, true, 'x', '{\"a\": 1.50}', "
            "'00000000-0000-0000-0000-000000000001', '\\x00ff', '2020-01-02', '2020-01-02 03:04:05.6', "
            "'2020-01-02 03:04:05+02', '{1,2}', NULL, '03:04:05'), "
            "(NULL, NULL, NULL, 'NaN', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"
        ),
        "CREATE TABLE many AS SELECT n, 'w' || n AS w FROM generate_series(0, 4999) AS r(n)",
    ],
    "mariadb": [
        (
            "CREATE TABLE kinds (i smallint, l bigint, d decimal(20,4), f double, b boolean, t text, j json, "
            "y blob, n date, s datetime(6), e int, o time, v varbinary(10))"
        ),
        (
            "INSERT INTO kinds VALUES (1, 9223372036854775807, 12.3400, 1.5, true, 'x\u6f22', '{\"a\": 1.50}', "
            "x'00ff', '2020-01-02', '2020-01-02 03:04:05.6', NULL, '03:04:05', x'ff'), "
            "(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"
        ),
        "CREATE TABLE many (n int, w varchar(20))",
        "INSERT INTO many SELECT seq, concat('w', seq) FROM seq_0_to_4999",
    ],
}
STAMP = datetime.datetime(2020, 1, 2, 3, 4, 5, 600000)
FOUND = {
    "postgresql": {
        "i": ("INT", 1),
        "l": ("INT", 2**63 - 1),
        "d": ("FLOAT", 12.34),
        "f": ("FLOAT", 1.5),
        "b": ("BOOL", True),
        "t": ("STRING", "x"),
        "j": ("STRING", '{"a": 1.50}'),
        "u": ("STRING", "00000000-0000-0000-0000-000000000001"),
        "y": ("BYTES", b"\x00\xff"),
        "n": ("DATE", datetime.date(2020, 1, 2)),
        "s": ("TIMESTAMP", STAMP),
        "z": ("TIMESTAMP", datetime.datetime(2020, 1, 2, 1, 4, 5)),
        "a": ("STRING", "[1, 2]"),
        "e": ("INT", None),
        "o": ("STRING", "03:04:05"),
    },
    "mariadb": {
        "i": ("INT", 1),
        "l": ("INT", 2**63 - 1),
        "d": ("FLOAT", 12.34),
        "f": ("FLOAT", 1.5),
        "b": ("INT", 1),
        "t": ("STRING", "x\u6f22"),
        "j": ("STRING", '{"a": 1.50}'),
        "y": ("BYTES", b"\x00\xff"),
        "n": ("DATE", datetime.date(2020, 1, 2)),
        "s": ("TIMESTAMP", STAMP),
        "e": ("INT", None),
        "o": ("STRING", "3:04:05"),
        "v": ("BYTES", b"\xff"),
    },
}


@pytest.fixture(params=sorted(SERVERS))
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    try:
        with fresh_database(SERVERS[request.param]) as made:
            with contextlib.closing(load_string(DIALECTS[request.param])(made).connect()) as connection:
                for statement in MADE[request.param]:
                    connection.execute(statement)
            yield made
    except UnavailableError as error:
        pytest.skip(str(error))


def test_types_and_values(url: str) -> None:
    table = read(url, table="kinds")
    rows = list(table.iter_rows())
    expected = FOUND[url.partition(":")[0]]
    assert {column.name: (column.type.value, rows[0][column.name]) for column in table.columns} == expected
    assert all(value is None or value != value for value in rows[1].values())


def test_rows_come_in_batches(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "_CELLS", 1500)
    table = read(url, query="SELECT w, n FROM many WHERE n % 2 = 0 ORDER BY n")
    assert table.num_rows == 2500
    assert table.rows(2499, 2500).to_columns() == {"w": ["w4998"], "n": [4998]}
    assert fingerprint(url, table="many") == fingerprint(url, query="SELECT n, w FROM many")


def test_what_the_server_refuses(url: str) -> None:
    with pytest.raises(InputError, match="nowhere"):
        read(url, table="nowhere")
    with pytest.raises(InputError, match="syntax"):
        read(url, query="SELECT FROM WHERE")
    with pytest.raises(InputError):
        read(url, query="DELETE FROM many")
    assert read(url, query="SELECT count(*) AS n FROM many").to_columns() == {"n": [5000]}
    wrong = url.replace("postgres@", "nobody:s3cret@").replace("root@", "nobody:s3cret@")
    with contextlib.suppress(InputError, UnavailableError):
        # A server may trust everybody who is on its machine.
        read(wrong, table="many")
    with pytest.raises((InputError, UnavailableError)) as caught:
        read(wrong.replace("/test", "/nowhere").replace("/mainspring_test", "/nowhere"), table="many")
    assert "s3cret" not in str(caught.value)
