import pytest

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import Table
from mainspring.data.sources import find_files, read


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
