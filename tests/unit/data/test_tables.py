"""Tables: frozen, typed, in order, the same whatever they lie in."""

import datetime
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import Column, ColumnType, Table, summarize

EVERYTHING = {
    "int": [1, None, -3],
    "float": [1.5, None, -0.0],
    "bool": [True, None, False],
    "text": ["a", None, "b'\"\u6f22"],
    "time": [datetime.datetime(2020, 1, 2, 3, 4, 5, 600000), None, datetime.datetime(1969, 12, 31)],
    "date": [datetime.date(2020, 1, 2), None, datetime.date(1, 1, 1)],
    "bytes": [b"\x00\xff", None, b""],
}


@pytest.fixture
def everything():
    return Table.from_columns(EVERYTHING)


def test_types_come_from_values(everything):
    assert [column.type.value for column in everything.columns] == [
        "INT", "FLOAT", "BOOL", "STRING", "TIMESTAMP", "DATE", "BYTES",
    ]  # fmt: skip
    assert everything.to_columns() == EVERYTHING
    assert list(everything.iter_rows())[1] == dict.fromkeys(EVERYTHING)
    assert everything.columns[0] == Column("int", ColumnType.INT)


def test_arrays_have_two_forms(everything):
    np.testing.assert_array_equal(everything.column("int"), [1.0, np.nan, -3.0])
    np.testing.assert_array_equal(everything.column("bool"), [1.0, np.nan, 0.0])
    assert everything.column("float").dtype == np.float64
    assert everything.column("text").tolist() == ["a", None, "b'\"\u6f22"]
    assert everything.column("time").tolist() == ["2020-01-02T03:04:05.6", None, "1969-12-31T00:00:00"]
    assert everything.column("date").tolist() == ["2020-01-02", None, "0001-01-01"]
    assert everything.column("bytes").tolist() == ["00ff", None, ""]


def test_numpy_columns():
    table = Table.from_columns(
        {
            "i": np.array([1, 2], dtype=np.int16),
            "f": np.array([1.5, np.nan], dtype=np.float32),
            "b": np.array([True, False]),
            "u": np.array(["x", "yy"]),
            "o": np.array(["x", None], dtype=object),
            "t": np.array(["2020-01-01T00:00", "NaT"], dtype="datetime64[s]"),
        }
    )
    assert [column.type.value for column in table.columns] == [
        "INT",
        "FLOAT",
        "BOOL",
        "STRING",
        "STRING",
        "TIMESTAMP",
    ]
    assert table.to_columns()["f"] == [1.5, None]
    assert table.to_columns()["t"] == [datetime.datetime(2020, 1, 1), None]


def test_arrays_may_lie_in_memory_as_they_like():
    grid = np.arange(12.0).reshape(3, 4)
    arrays = {"turned": grid[::-1, 1], "every": grid[1, ::2].repeat(2)[:3], "big": grid[:, 0].astype(">f8")}
    table = Table.from_columns(arrays)
    assert table.to_columns() == {"turned": [9.0, 5.0, 1.0], "every": [4.0, 4.0, 6.0], "big": [0.0, 4.0, 8.0]}


def test_types_of_columns_without_values_can_be_given():
    table = Table.from_columns(
        {"a": [None, None], "b": [1, 2]}, types={"a": ColumnType.FLOAT, "b": ColumnType.STRING}
    )
    assert table.to_columns() == {"a": [None, None], "b": ["1", "2"]}
    assert table.type_of("a") is ColumnType.FLOAT
    assert Table.from_columns({"a": []}).num_rows == 0


def test_rows_may_lack_names():
    assert Table.from_rows([{"a": 1}, {"b": "x"}]).to_columns() == {"a": [1, None], "b": [None, "x"]}


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({}, "without columns"),
        ({"a": [1], "b": [1, 2]}, "a 1, b 2"),
        ({"a": [1, "x"]}, "'a' mixes INT and STRING"),
        ({"a": [object()]}, "holds a object"),
        ({"a": [1], "A": [2]}, "same name"),
    ],
)
def test_columns_that_make_no_table(columns, message):
    with pytest.raises(InputError, match=message):
        Table.from_columns(columns)


def test_choosing(everything):
    assert everything.select(["text", "int"]).names == ("text", "int")
    assert everything.drop(["int", "bytes"]).names == ("float", "bool", "text", "time", "date")
    assert everything.rows(1, 3).to_columns()["int"] == [None, -3]
    assert everything.rows(-5, 99).num_rows == 3
    assert everything.rows(2, 1).num_rows == 0
    assert everything.where("int < 0").to_columns()["text"] == ["b'\"\u6f22"]
    assert everything.sql("SELECT count(*) AS n, max(int) AS most FROM this").to_columns() == {
        "n": [3],
        "most": [1],
    }
    ordered = "WITH x AS (SELECT int FROM this) SELECT int FROM x ORDER BY int DESC NULLS LAST"
    assert everything.sql(ordered).to_columns() == {"int": [1, -3, None]}
    with pytest.raises(InputError, match="no column 'nope'") as caught:
        everything.select(["int", "nope"])
    assert "int, float" in str(caught.value)


@pytest.mark.parametrize("query", ["SELECT nope FROM this", "garbage", "SELECT 1; SELECT 2", "DROP TABLE this"])
def test_wrong_sql(everything, query):
    with pytest.raises(InputError):
        everything.sql(query)
    assert everything.num_rows == 3


def test_concat_widens_and_checks(everything):
    one = Table.from_columns({"a": [1], "b": ["x"]})
    two = Table.from_columns({"b": ["y"], "a": [2.5]})
    assert one.concat(two).to_columns() == {"a": [1.0, 2.5], "b": ["x", "y"]}
    with pytest.raises(InputError) as caught:
        one.concat(Table.from_columns({"a": ["x"], "c": [1]}))
    assert "'b' is only in the first; 'c' is only in the second; 'a' is INT in the first and STRING" in str(
        caught.value
    )


def test_saved_and_loaded(everything, tmp_path):
    everything.save(tmp_path)
    found = Table.load(tmp_path)
    assert found.to_columns() == EVERYTHING
    assert found.columns == everything.columns
    assert found.digest() == everything.digest()
    assert found.properties() == {"rows": 3, "columns": 7}


def test_equal_values_give_equal_bytes_however_they_came_to_be(tmp_path):
    big = Table.from_columns({"n": np.arange(300_000), "s": [f"w{n % 7}" for n in range(300_000)]})
    filtered = big.where("n % 3 <> 0")
    again = Table.from_columns({"n": filtered.column("n").astype(int), "s": filtered.column("s").tolist()})
    paths = [tmp_path / f"{name}.parquet" for name in "abc"]
    filtered.write_parquet(paths[0])
    again.write_parquet(paths[1])
    Table.read_parquet(paths[0]).write_parquet(paths[2])
    assert len({path.read_bytes() for path in paths}) == 1
    assert filtered.digest() == again.digest() == Table.read_parquet(paths[2]).digest()


def test_digest_is_of_values_names_types_and_order():
    base = {"a": [1, 2], "b": ["x", None]}
    digests = {
        Table.from_columns(columns).digest()
        for columns in (
            base,
            {"a": [2, 1], "b": [None, "x"]},
            {"a": [1.0, 2.0], "b": ["x", None]},
            {"a": [1, 2], "c": ["x", None]},
            {"a": [1, 2], "b": ["x", "None"]},
            {"a": [1, 2], "b": ["x", ""]},
        )
    }
    assert len(digests) == 6
    assert Table.from_columns(base).digest() in digests


def test_arrow_goes_both_ways_without_arrow_libraries(everything):
    class Elsewhere:
        def __arrow_c_stream__(self, requested_schema=None):
            return everything.__arrow_c_stream__(requested_schema)

    assert Table.from_arrow(Elsewhere()).digest() == everything.digest()
    with pytest.raises(InputError, match="does not speak"):
        Table.from_arrow([1, 2])


def test_parquet_types_are_normalised(tmp_path):
    query = (
        "SELECT 1::TINYINT AS i, 2::UBIGINT AS u, 1.5::DECIMAL(4,1) AS d, 'x'::ENUM('x') AS e, [1] AS l, "
        "TIMESTAMPTZ '2020-01-01 12:00:00+02' AS t, 1.5::FLOAT AS f"
    )
    Table.from_columns({"x": [1]}).sql(query).write_parquet(tmp_path / "x.parquet")
    table = Table.read_parquet(tmp_path / "x.parquet")
    assert [column.type.value for column in table.columns] == [
        "INT", "FLOAT", "FLOAT", "STRING", "LIST", "TIMESTAMP", "FLOAT",
    ]  # fmt: skip
    assert table.column("t")[0] == "2020-01-01T10:00:00"
    assert table.column("l")[0] == "[1]"


def test_files_that_are_not_there_or_not_parquet(tmp_path):
    with pytest.raises(NotFoundError):
        Table.read_parquet(tmp_path / "nowhere.parquet")
    (tmp_path / "x.parquet").write_text("hello")
    with pytest.raises(InputError, match="cannot be read"):
        Table.read_parquet(tmp_path / "x.parquet")


def test_many_threads_read_at_once(everything):
    found = []

    def read():
        found.extend(everything.where("int IS NOT NULL").column("int").tolist() for _ in range(10))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[1.0, -3.0]] * 40


VALUES = (
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.floats(allow_nan=False),
    st.none() | st.text(st.characters(exclude_categories=["Cs"])),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(*VALUES), max_size=5))
def test_values_come_back_as_they_were(tmp_path_factory, rows):
    columns = {"i": [row[0] for row in rows], "f": [row[1] for row in rows], "s": [row[2] for row in rows]}
    types = {"i": ColumnType.INT, "f": ColumnType.FLOAT, "s": ColumnType.STRING}
    table = Table.from_columns(columns, types=types)
    assert table.to_columns() == columns
    folder = tmp_path_factory.mktemp("t")
    table.save(folder)
    assert Table.load(folder).to_columns() == columns


def test_types_may_be_given_by_their_names():
    assert Table.from_columns({"x": ["1", "2.5"]}, types={"x": "FLOAT"}).type_of("x") is ColumnType.FLOAT
    with pytest.raises(InputError, match="no such types: x: FLOT"):
        Table.from_columns({"x": [1]}, types={"x": "FLOT"})


def test_a_query_that_is_not_valid_is_told_without_what_the_engine_adds() -> None:
    with pytest.raises(InputError) as caught:
        Table.from_columns({"a": [1]}).where("b > 1")
    assert caught.value.where == "SELECT * FROM this WHERE b > 1"
    assert "CREATE TABLE" not in str(caught.value)
    assert caught.value.expected == "SQL over this, with the columns a"


def test_chosen_columns_keep_what_lists_hold() -> None:
    table = Table.from_columns({"a": [[1, 2]], "b": [{"c": "x"}]}).select(["b", "a"])
    assert [column.nested for column in table.columns] == ["STRUCT(c VARCHAR)", "BIGINT[]"]
    assert sorted(summarize(table).split("train").features) == ["a", "b", "b.c"]
