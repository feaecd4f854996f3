"""Every port with every backend."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainspring.store import BlobStore, Store
from mainspring.store.adapters.local_blobs import open_blobs
from mainspring.store.adapters.sqlite import open_store
from mainspring.testing import MemoryBlobs, MemoryStore
from mainspring.testing.conformance import BlobSuite, QueueSuite, RecordSuite


class TestMemory(RecordSuite, QueueSuite):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore()


class TestSQLite(RecordSuite, QueueSuite):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        with contextlib.closing(open_store(f"sqlite:///{tmp_path}/record.db")) as opened:
            yield opened


@pytest.mark.service
class TestPostgreSQL(RecordSuite, QueueSuite):
    @pytest.fixture
    def store(self, postgresql: str) -> Iterator[Store]:
        from mainspring.store.adapters.postgresql import open_store

        with contextlib.closing(open_store(postgresql)) as opened:
            yield opened


@pytest.mark.service
class TestMariaDB(RecordSuite, QueueSuite):
    @pytest.fixture
    def store(self, mariadb: str) -> Iterator[Store]:
        from mainspring.store.adapters.mysql import open_store

        with contextlib.closing(open_store(mariadb)) as opened:
            yield opened


class TestMemoryBlobs(BlobSuite):
    @pytest.fixture
    def blobs(self) -> BlobStore:
        return MemoryBlobs()


class TestLocalBlobs(BlobSuite):
    @pytest.fixture
    def blobs(self, tmp_path: Path) -> BlobStore:
        return open_blobs(str(tmp_path / "blobs"))


class TestSyncedLocalBlobs(BlobSuite):
    @pytest.fixture
    def blobs(self, tmp_path: Path) -> BlobStore:
        return open_blobs(f"file://{tmp_path}/blobs?fsync=true")
