"""The suite of :class:`mainspring.data.sources.Reader`."""

# A suite is made of asserts, and the name of a test is its promise.
# ruff: noqa: D102, S101

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from mainspring.core.errors import NotFoundError, UnavailableError
from mainspring.data.celltypes import ColumnType
from mainspring.data.sources.ports import Reader

Write = Callable[[Path, Sequence[Mapping[str, Any]]], str]
"""Writes rows to a new place in a folder, and says the location that the reader is given."""

ROWS: Sequence[Mapping[str, Any]] = [
    {"n": number, "s": f"word {number % 7} \u6f22", "m": None if number % 3 else number} for number in range(500)
]
"""What is written: whole numbers, text, and whole numbers with holes."""


class ReaderSuite:
    """All promises of a reader."""

    options: ClassVar[Mapping[str, Any]] = {}
    """Options that the reader needs."""

    @pytest.fixture
    def reader(self) -> Reader:
        """The reader: to be given by the test class."""
        raise NotImplementedError("override the fixture `reader`")

    @pytest.fixture
    def write(self) -> Write:
        """How rows get where the reader reads: to be given by the test class."""
        raise NotImplementedError("override the fixture `write`")

    def test_rows_come_in_their_order_with_names_and_types(
        self, reader: Reader, write: Write, tmp_path: Path
    ) -> None:
        table = reader([write(tmp_path, ROWS)], **self.options)
        types = {column.name: column.type for column in table.columns}
        assert types == {"n": ColumnType.INT, "s": ColumnType.STRING, "m": ColumnType.INT}
        assert [{name: row[name] for name in ("n", "s", "m")} for row in table.iter_rows()] == ROWS

    def test_equal_content_is_an_equal_table_wherever_it_lies(
        self, reader: Reader, write: Write, tmp_path: Path
    ) -> None:
        digests = set()
        for name in ("one", "other"):
            (tmp_path / name).mkdir()
            digests.add(reader([write(tmp_path / name, ROWS)], **self.options).digest())
        assert len(digests) == 1

    def test_what_is_in_the_last_row_counts(self, reader: Reader, write: Write, tmp_path: Path) -> None:
        table = reader([write(tmp_path, [*ROWS, {"n": -5, "s": "", "m": 2**62}])], **self.options)
        assert table.num_rows == len(ROWS) + 1
        assert table.rows(len(ROWS), len(ROWS) + 1).select(["n", "m"]).to_columns() == {"n": [-5], "m": [2**62]}

    def test_many_threads_read_the_same(self, reader: Reader, write: Write, tmp_path: Path) -> None:
        location = write(tmp_path, ROWS)
        found: list[str] = []

        def read() -> None:
            found.append(reader([location], **self.options).digest())

        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 4
        assert len(set(found)) == 1

    def test_what_is_not_there_is_said(self, reader: Reader, write: Write, tmp_path: Path) -> None:
        location = write(tmp_path, ROWS)
        for path in sorted(tmp_path.rglob("*"), reverse=True):
            path.unlink()
        with pytest.raises((NotFoundError, UnavailableError)):
            reader([location], **self.options)


class FilesSuite(ReaderSuite):
    """And those of a reader of files."""

    def test_files_follow_one_another(self, reader: Reader, write: Write, tmp_path: Path) -> None:
        locations = []
        for place, rows in enumerate((ROWS[:3], ROWS[3:4], ROWS[4:])):
            (tmp_path / str(place)).mkdir()
            locations.append(write(tmp_path / str(place), rows))
        assert reader(locations, **self.options).column("n").tolist() == [row["n"] for row in ROWS]
        assert reader(locations[::-1], **self.options).column("n").tolist()[-3:] == [0, 1, 2]
