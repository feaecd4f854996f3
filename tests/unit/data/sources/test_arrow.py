"""Arrow IPC files in both forms, and the library said where it is missing."""

import sys

import pytest

from mainspring.core.errors import InputError, UnavailableError
from mainspring.data.sources import read

WHY = "pyarrow is not installed"


@pytest.fixture
def arrow():
    return pytest.importorskip("pyarrow", reason=WHY)


@pytest.fixture
def table(arrow):
    return arrow.table({"n": [1, None, 3], "l": [[1.5], [], None], "s": [{"a": "x"}, {"a": None}, None]})


FOUND = {"n": [1, None, 3], "l": [[1.5], [], None], "s": [{"a": "x"}, {"a": None}, None]}


def write(arrow, table, path, form):
    make = arrow.ipc.new_file if form == "file" else arrow.ipc.new_stream
    with make(str(path), table.schema) as writer:
        for batch in table.to_batches(max_chunksize=2):
            writer.write_batch(batch)
    return path


@pytest.mark.parametrize("form", ["file", "stream"])
@pytest.mark.parametrize("suffix", [".arrow", ".feather"])
def test_files_and_streams(arrow, table, tmp_path, form, suffix):
    found = read(write(arrow, table, tmp_path / f"x{suffix}", form))
    assert found.to_columns() == FOUND
    assert [column.type.value for column in found.columns] == ["INT", "LIST", "STRUCT"]


def test_a_folder_of_files(arrow, table, tmp_path):
    write(arrow, table, tmp_path / "1.arrow", "file")
    write(arrow, table.set_column(0, "n", arrow.array([1.5, 2, 3])), tmp_path / "2.arrow", "stream")
    assert read(tmp_path).to_columns()["n"] == [1.0, None, 3.0, 1.5, 2.0, 3.0]


@pytest.mark.parametrize("form", ["file", "stream"])
def test_broken_files(arrow, table, tmp_path, form):
    path = write(arrow, table, tmp_path / "x.arrow", form)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match="cannot be read"):
        read(path)
    path.write_text("no")
    with pytest.raises(InputError, match="Arrow IPC"):
        read(path)


def test_the_library_is_named_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "x.arrow").write_bytes(b"ARROW1")
    with pytest.raises(UnavailableError) as caught:
        read(tmp_path)
    assert "pip install 'mainspring[arrow]'" in str(caught.value)
