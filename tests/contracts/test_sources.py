"""Every reader."""

from __future__ import annotations

import contextlib
import csv
import gzip
import json
import sqlite3
from pathlib import Path
from typing import ClassVar

import pytest

from mainspring.core.plugins import load
from mainspring.data import ColumnType, Table
from mainspring.data.sources.tfrecord import write_tfrecord
from mainspring.testing.conformance import FilesSuite, ReaderSuite

TYPES = {"n": ColumnType.INT, "s": ColumnType.STRING, "m": ColumnType.INT}


def table(rows):
    return Table.from_rows(rows, TYPES)


class TestText(FilesSuite):
    @pytest.fixture
    def reader(self):
        return load("sources", ".csv")

    @pytest.fixture
    def write(self):
        def write(folder: Path, rows):
            path = folder / "x.csv.gz"
            with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(TYPES))
                writer.writeheader()
                writer.writerows(rows)
            return str(path)

        return write


class TestJson(FilesSuite):
    @pytest.fixture
    def reader(self):
        return load("sources", ".jsonl")

    @pytest.fixture
    def write(self):
        def write(folder: Path, rows):
            path = folder / "x.jsonl"
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
            return str(path)

        return write


class TestParquet(FilesSuite):
    @pytest.fixture
    def reader(self):
        return load("sources", ".parquet")

    @pytest.fixture
    def write(self):
        def write(folder: Path, rows):
            table(rows).write_parquet(folder / "x.parquet")
            return str(folder / "x.parquet")

        return write


class TestTFRecord(FilesSuite):
    @pytest.fixture
    def reader(self):
        return load("sources", ".tfrecord")

    @pytest.fixture
    def write(self):
        def write(folder: Path, rows):
            write_tfrecord(folder / "x.tfrecord", rows)
            return str(folder / "x.tfrecord")

        return write


class TestArrow(FilesSuite):
    @pytest.fixture
    def reader(self):
        return load("sources", ".arrow")

    @pytest.fixture
    def write(self):
        arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")

        def write(folder: Path, rows):
            found = arrow.table(table(rows))
            with arrow.ipc.new_file(str(folder / "x.arrow"), found.schema) as writer:
                writer.write_table(found)
            return str(folder / "x.arrow")

        return write


class TestSQLite(ReaderSuite):
    options: ClassVar = {"table": "rows"}

    @pytest.fixture
    def reader(self):
        return load("sources", "sqlite")

    @pytest.fixture
    def write(self):
        def write(folder: Path, rows):
            with contextlib.closing(sqlite3.connect(folder / "x.db")) as connection, connection:
                connection.execute("CREATE TABLE rows (n INTEGER, s TEXT, m INTEGER)")
                connection.executemany("INSERT INTO rows VALUES (:n, :s, :m)", rows)
            return f"sqlite:///{folder}/x.db"

        return write
