from pathlib import Path

import pytest

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import Table
from mainspring.data.sources import find_files, finding, read, reading


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "2.csv").write_text("a,b\n3,z\n")
    (tmp_path / "1.csv").write_text("a,b\n1,x\n2,?\n")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/3.csv").write_text("a,b\n4.5,y\n")
    (tmp_path / "_SUCCESS").write_text("")
    (tmp_path / ".hidden.csv").write_text("a,b\n9,9\n")
    (tmp_path / "notes.md").write_text("no data")
    return tmp_path


def test_a_folder_is_read_in_the_order_of_names(folder):
    assert read(folder, csv={"missing": ["?"]}).to_columns() == {
        "a": [1.0, 2.0, 3.0, 4.5],
        "b": ["x", None, "z", "y"],
    }


def test_a_glob(folder):
    assert [path.name for path in find_files(str(folder / "*.csv"))] == ["1.csv", "2.csv"]
    assert read(str(folder / "[12].csv")).to_columns()["a"] == [1, 2, 3]
    assert read(folder / "2.csv").num_rows == 1


def test_parquet_files_are_joined(tmp_path):
    Table.from_columns({"a": [1]}).write_parquet(tmp_path / "1.parquet")
    Table.from_columns({"a": [2.5]}).write_parquet(tmp_path / "2.parquet")
    assert read(tmp_path).to_columns() == {"a": [1.0, 2.5]}
    (tmp_path / "3.csv").write_text("a\n1\n")
    with pytest.raises(InputError, match="mixed"):
        read(tmp_path)


def test_nothing_and_unknown_options(tmp_path):
    with pytest.raises(NotFoundError, match="no data"):
        read(tmp_path)
    (tmp_path / "x.csv").write_text("a\n1\n")
    with pytest.raises(InputError, match="unknown options for text files: sep") as caught:
        read(tmp_path, csv={"sep": ";"})
    assert "delimiter" in str(caught.value)


def test_folders_may_be_columns(tmp_path):
    for year, kind in ((2023, "a"), (2024, "b%2Fc"), (2024, "__HIVE_DEFAULT_PARTITION__")):
        folder = tmp_path / f"year={year}" / f"kind={kind}"
        folder.mkdir(parents=True)
        Table.from_columns({"n": [1, 2]}).write_parquet(folder / "part.parquet")
    table = read(tmp_path, partitions=["year", "kind"])
    assert table.to_columns() == {
        "n": [1, 2, 1, 2, 1, 2],
        "year": [2023, 2023, 2024, 2024, 2024, 2024],
        "kind": ["a", "a", None, None, "b/c", "b/c"],
    }
    assert [chunk.select(["year"]).to_columns()["year"] for chunk in table.chunks(4)] == [
        [2023, 2023, 2024, 2024],
        [2024] * 2,
    ]
    assert read(tmp_path).names == ("n",)
    with pytest.raises(InputError, match="no folder is named month="):
        read(tmp_path, partitions=["month"])
    with pytest.raises(InputError, match="is a column of the files"):
        read(tmp_path, partitions=["n"])


def test_a_thousand_files_are_one_view(tmp_path):
    one = tmp_path / "0000.parquet"
    Table.from_columns({"n": [1, 2], "s": ["x", None]}).write_parquet(one)
    for number in range(1, 1000):
        (tmp_path / f"{number:04}.parquet").hardlink_to(one)
    table = read(tmp_path)
    assert table.num_rows == 2000
    assert table.query().count("read_parquet(") == 1
    assert [chunk.num_rows for chunk in table.chunks(700)] == [700, 700, 600]
    assert table.sql("SELECT sum(n) AS n FROM this").to_columns() == {"n": [3000.0]}


def test_a_plugin_reads_another_kind(tmp_path, monkeypatch):
    def read_lines(locations, /, *, upper=False):
        lines = [line for name in locations for line in Path(name).read_text().split()]
        return Table.from_columns({"line": [line.upper() if upper else line for line in lines]})

    known = {".lines": "x:y", ".csv": "mainspring.data.sources.plain:read_text"}
    monkeypatch.setattr(finding, "offers", lambda hook: known)
    monkeypatch.setattr(reading, "load_string", lambda target: read_lines)
    (tmp_path / "1.lines").write_text("a b")
    (tmp_path / "2.lines").write_text("c")
    assert read(tmp_path, upper=True).to_columns() == {"line": ["A", "B", "C"]}
    with pytest.raises(InputError, match=r"unknown options for \.lines files: sep"):
        read(tmp_path, sep=";")


def test_files_about_data_are_passed_over_in_folders(tmp_path):
    (tmp_path / "schema.json").write_text('{"a": "INT"}')
    assert read(tmp_path).to_columns() == {"a": ["INT"]}
    (tmp_path / "1.csv").write_text("a\n1\n")
    assert read(tmp_path).to_columns() == {"a": [1]}
    (tmp_path / "2.jsonl").write_text('{"a": 1}')
    with pytest.raises(InputError, match="kinds of files are mixed"):
        read(tmp_path)
