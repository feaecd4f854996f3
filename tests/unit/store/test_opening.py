from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from mainspring.core.errors import InputError, NotFoundError, UnavailableError
from mainspring.core.records import Kind, NodeType
from mainspring.store import open_blobs, open_metadata, open_queue, open_store


def test_the_scheme_picks_the_adapter(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/record.db", "memory:"):
        record = open_metadata(url)
        record.put_type(NodeType(kind=Kind.ARTIFACT, name="Thing"))
        record.close()
        store = open_store(url)
        assert store.put("run", {}) == 1
        store.close()
        assert open_queue(url).depth("run") == (1 if url.startswith("sqlite") else 0)


def test_a_plain_path_is_a_blob_folder(tmp_path: Path) -> None:
    digest = open_blobs(str(tmp_path / "blobs")).put_bytes(b"x")
    assert open_blobs(f"file://{tmp_path}/blobs").exists(digest)
    assert not open_blobs("memory:").exists(digest)


def test_an_unknown_scheme_names_the_known_ones() -> None:
    with pytest.raises(NotFoundError, match=r"'oracle'(.|\n)*sqlite"):
        open_store("oracle://host/db")
    with pytest.raises(NotFoundError, match=r"'ftp'(.|\n)*file"):
        open_blobs("ftp://host/blobs")


def test_what_is_no_url() -> None:
    with pytest.raises(InputError, match=r"record\.db"):
        open_store("record.db")
    for opener in (open_store, open_blobs):
        with pytest.raises(InputError, match="memory"):
            opener("memory:elsewhere")


@pytest.mark.parametrize(
    ("driver", "module", "extra"),
    [("psycopg", "postgresql", "mainspring[postgres]"), ("pymysql", "mysql", "mainspring[mysql]")],
)
def test_a_missing_driver_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, driver: str, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, driver, None)
    monkeypatch.delitem(sys.modules, f"mainspring.store.adapters.{module}", raising=False)
    with pytest.raises(UnavailableError) as caught:
        importlib.import_module(f"mainspring.store.adapters.{module}")
    assert caught.value.fix == f"pip install '{extra}'"


@pytest.mark.parametrize("url", ["postgresql://postgres@127.0.0.1:1/test", "mariadb://root@127.0.0.1:1/test"])
def test_a_server_that_does_not_answer(url: str) -> None:
    pytest.importorskip("psycopg")
    pytest.importorskip("pymysql")
    with pytest.raises(UnavailableError, match="does not answer") as caught:
        open_store(url.replace("@", ":secret@"))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["postgresql://host", "mysql://host/", "postgresql://host/db?color=red", "postgresql://host/db?schema=a;drop"],
)
def test_wrong_server_urls(url: str) -> None:
    pytest.importorskip("psycopg")
    pytest.importorskip("pymysql")
    with pytest.raises(InputError):
        open_store(url)


def test_the_door_is_light() -> None:
    """Drivers, codecs and SQL are imported only when a store is opened."""
    program = (
        "import sys, mainspring.store; "
        "heavy = {'sqlite3', 'msgspec', 'psycopg', 'pymysql', 'numpy', 'duckdb', 'asyncio'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
