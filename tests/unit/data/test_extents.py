"""Where rows lie: pieces, columns and joined tables are views that give the rows in their order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.data import ColumnType, Table
from mainspring.data.engine import plain_path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Files of 0, 5, 300,000 and 3 rows; the third has several row groups."""
    folder = tmp_path_factory.mktemp("files")
    start = 0
    for place, size in enumerate([0, 5, 300_000, 3]):
        numbers = np.arange(start, start + size)
        Table.from_columns({"n": numbers, "s": [f"w{n}" for n in numbers]}).write_parquet(
            folder / f"{place}.parquet"
        )
        start += size
    return sorted(folder.iterdir())


def numbers(tables):
    return np.concatenate([table.column("n") for table in tables])


@pytest.mark.parametrize("size", [1, 2, 7, 10**6])
def test_pieces_of_few_rows(size):
    table = Table.from_columns({"n": list(range(11)), "s": list("abcdefghijk")})
    chunks = list(table.chunks(size))
    assert [chunk.num_rows for chunk in chunks[:-1]] == [size] * (len(chunks) - 1)
    assert [cell for chunk in chunks for cell in chunk.to_columns()["s"]] == list("abcdefghijk")
    assert {chunk.columns for chunk in chunks} == {table.columns}


def test_pieces_cross_files_and_row_groups(files):
    table = Table.read_parquet(files)
    assert table.num_rows == 300_008
    chunks = list(table.chunks(100_001))
    assert [chunk.num_rows for chunk in chunks] == [100_001, 100_001, 100_001, 5]
    np.testing.assert_array_equal(numbers(chunks), np.arange(300_008))
    assert chunks[1].select(["s"]).rows(10, 12).to_columns() == {"s": ["w100011", "w100012"]}


def test_a_table_without_rows_is_one_piece(files):
    for table in (
        Table.read_parquet(files[0]),
        Table.from_columns({"n": []}),
        Table.from_columns({"n": [1]}).rows(1, 1),
    ):
        assert [(chunk.num_rows, chunk.to_columns()["n"]) for chunk in table.chunks(10)] == [(0, [])]
    with pytest.raises(InputError, match="at least 1 row"):
        Table.from_columns({"n": [1]}).chunks(0)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=5),
    st.integers(-2, 30),
    st.integers(-2, 30),
    st.integers(1, 9),
)
def test_views_are_what_lists_are(sizes, start, stop, size):
    parts, rows = [], []
    for place, count in enumerate(sizes):
        values = list(range(len(rows), len(rows) + count))
        rows += values
        types = {"n": ColumnType.FLOAT if place == 1 else ColumnType.INT, "m": ColumnType.STRING}
        parts.append(Table.from_columns({"n": values, "m": [str(value) for value in values]}, types))
    table = parts[0]
    for part in parts[1:]:
        table = table.concat(part.select(["m", "n"]))
    expected = rows[max(start, 0) : max(stop, 0)]
    view = table.rows(start, stop).select(["n"])
    assert view.to_columns()["n"] == expected
    assert [n for chunk in view.chunks(size) for n in chunk.to_columns()["n"]] == expected
    assert view.digest() == Table.from_columns({"n": expected}, {"n": view.type_of("n")}).digest()


@pytest.mark.parametrize("name", ["rowid", "file_row_number", "RowId"])
def test_columns_named_as_the_engine_names_its_own(tmp_path, name):
    table = Table.from_columns({name: [5, 6, 7], "x": [1, 2, 3]})
    table.save(tmp_path)
    for kept in (table, Table.load(tmp_path)):
        assert kept.rows(1, 3).to_columns() == {name: [6, 7], "x": [2, 3]}
        assert [chunk.to_columns()["x"] for chunk in kept.chunks(2)] == [[1, 2], [3]]


def test_files_of_several_types_are_joined_without_reading_them(tmp_path):
    for place, values in enumerate([[1], [2], [3.5], [4]]):
        Table.from_columns({"n": values, "s": ["x"]}).write_parquet(tmp_path / f"{place}.parquet")
    table = Table.read_parquet(sorted(tmp_path.iterdir()))
    assert table.column("n").tolist() == [1.0, 2.0, 3.5, 4.0]
    assert str(table.query()).count("read_parquet") == 3
    Table.from_columns({"n": ["x"], "s": ["x"]}).write_parquet(tmp_path / "5.parquet")
    with pytest.raises(InputError, match="'n' is INT in the first and STRING in the second") as caught:
        Table.read_parquet(sorted(tmp_path.iterdir()))
    assert "5.parquet" in str(caught.value)
    (tmp_path / "6.parquet").write_text("no")
    with pytest.raises(InputError, match=r"6\.parquet: the file cannot be read"):
        Table.read_parquet(sorted(tmp_path.iterdir()))


def test_nothing_in_a_path_is_a_pattern(tmp_path):
    for place, name in enumerate(["a[1]*.parquet", "a1.parquet", "k=2"]):
        path = tmp_path / name
        if "=" in name:
            path.mkdir()
            path = path / "x.parquet"
        Table.from_columns({"n": [place]}).write_parquet(path)
        assert Table.read_parquet(path).to_columns() == {"n": [place]}
    assert plain_path(tmp_path / "a[1]").endswith("a[[]1]")
