"""Objects of other libraries are tables as they are."""

import datetime

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import ColumnType, Table

STAMP = datetime.datetime(2020, 1, 2, 3, 4, 5)


@pytest.mark.parametrize(
    "rows",
    [
        {"a": [1, None], "s": ["x", None]},
        [{"a": 1, "s": "x"}, {}],
        Table.from_columns({"a": [1, None], "s": ["x", None]}),
    ],
)
def test_plain_objects(rows):
    assert Table.of(rows).to_columns() == {"a": [1, None], "s": ["x", None]}


def test_structured_arrays():
    rows = np.array([(1, 2.5, "x"), (2, np.nan, "y")], dtype=[("a", ">i4"), ("b", "f8"), ("c", "U3")])
    assert Table.of(rows).to_columns() == {"a": [1, 2], "b": [2.5, None], "c": ["x", "y"]}


def test_relations_of_duckdb():
    import duckdb

    with duckdb.connect() as connection:
        table = Table.of(connection.sql("SELECT range AS n, [range] AS l FROM range(3)"))
    assert table.to_columns() == {"n": [0, 1, 2], "l": [[0], [1], [2]]}


def test_pandas():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame(
        {
            "i": [1, 2, 3],
            "f": [1.5, None, 3],
            "b": [True, False, True],
            "s": ["x", None, "y"],
            "c": pandas.Categorical(["u", None, "u"]),
            "t": pandas.to_datetime([STAMP, None, STAMP]),
            "n": pandas.array([1, None, 3], dtype="Int64"),
            "l": [[1], None, [2, 3]],
        },
        index=[9, 8, 7],
    )
    assert Table.of(frame).to_columns() == {
        "i": [1, 2, 3],
        "f": [1.5, None, 3],
        "b": [True, False, True],
        "s": ["x", None, "y"],
        "c": ["u", None, "u"],
        "t": [STAMP, None, STAMP],
        "n": [1, None, 3],
        "l": [[1], None, [2, 3]],
    }
    with pytest.raises(InputError, match="not text: 0"):
        Table.of(pandas.DataFrame([[1]]))


def test_polars():
    polars = pytest.importorskip("polars", reason="Polars is not installed")
    frame = polars.DataFrame({"a": [1, None], "l": [["x"], None], "s": [{"q": STAMP}, {"q": None}]})
    expected = {"a": [1, None], "l": [["x"], None], "s": [{"q": STAMP}, {"q": None}]}
    assert Table.of(frame).to_columns() == Table.of(frame.lazy()).to_columns() == expected
    assert polars.DataFrame(Table.of(frame))["l"].to_list() == [["x"], None]


def test_pyarrow():
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    table = arrow.table({"a": [1, 2], "d": arrow.array(["x", "x"]).dictionary_encode()})
    for rows in (table, table.to_reader(), table.to_batches()[0]):
        assert Table.of(rows).to_columns() == {"a": [1, 2], "d": ["x", "x"]}


@pytest.mark.parametrize("rows", [3, "text", [1, 2], None, np.zeros(3)])
def test_what_is_no_table(rows):
    with pytest.raises(InputError):
        Table.of(rows)


NESTED = {
    "l": [[1, None], [], None, [3]],
    "f": [[1.5, 2], [float("inf")], None, ()],
    "ll": [[["a"], []], [None], None, [["b, c", "]'\""]]],
    "s": [{"a": 1, "b c": b"\xff"}, {"a": None, "d": [True]}, None, {}],
    "ls": [[{"x": datetime.date(2020, 1, 2)}, None], [{"x": STAMP}], None, []],
    "m": [{"a": {"b": {"c": "\u6f22"}}}, None, {"a": None}, {"a": {"b": None}}],
}


def test_nested_values_come_back(tmp_path):
    columns = {name: [None if value == {} else value for value in values] for name, values in NESTED.items()}
    table = Table.from_columns(columns)
    assert {column.name: column.nested for column in table.columns} == {
        "l": "BIGINT[]",
        "f": "DOUBLE[]",
        "ll": "VARCHAR[][]",
        "s": 'STRUCT(a BIGINT, "b c" BLOB, d BOOLEAN[])',
        "ls": "STRUCT(x TIMESTAMP)[]",
        "m": "STRUCT(a STRUCT(b STRUCT(c VARCHAR)))",
    }
    found = table.to_columns()
    assert found["l"] == columns["l"]
    assert found["f"] == [[1.5, 2.0], [float("inf")], None, []]
    assert found["ll"] == columns["ll"]
    assert found["s"][:2] == [{"a": 1, "b c": b"\xff", "d": None}, {"a": None, "b c": None, "d": [True]}]
    assert found["ls"] == [[{"x": datetime.datetime(2020, 1, 2)}, None], [{"x": STAMP}], None, []]
    assert found["m"] == columns["m"]
    table.save(tmp_path)
    again = Table.load(tmp_path)
    assert again.columns == table.columns
    assert again.to_columns() == found
    assert again.digest() == table.digest()
    assert table.column("ll")[0] == "[[a], []]"
    assert next(table.iter_rows())["l"] == [1, None]


def test_nested_arrays_and_types():
    values = np.array([np.array([1, 2]), None], dtype=object)
    assert Table.from_columns({"x": values}).to_columns() == {"x": [[1, 2], None]}
    assert Table.from_columns({"x": [None]}, {"x": ColumnType.LIST}).columns[0].nested == "VARCHAR[]"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[1], ["x"]], "'x' mixes INT and STRING"),
        ([[1], 2], "'x' mixes INT and LIST"),
        ([[[1], {"a": 1}]], "'x' mixes LIST and STRUCT"),
        ([{"a": 1, "A": 2}], "upper and lower case"),
        ([{}], "without names"),
        ([[object()]], "holds a object"),
    ],
)
def test_nested_values_that_make_no_column(values, message):
    with pytest.raises(InputError, match=message):
        Table.from_columns({"x": values})


def test_digests_tell_nested_values_apart():
    values = [["a, b"], ["a", "b"], [None], ["NULL"], ["None"], [], [""], ["'a'"], ["a"], ['"a"'], None]
    digests = {Table.from_columns({"x": [value, ["z"]]}).digest() for value in values}
    assert len(digests) == len(values)


def test_nested_columns_are_joined():
    one = Table.from_columns({"l": [[1]], "s": [{"a": 1}]})
    two = Table.from_columns({"l": [[1.5]], "s": [{"b": "x", "a": 2}]})
    joined = one.concat(two)
    assert joined.to_columns() == {"l": [[1.0], [1.5]], "s": [{"a": 1, "b": None}, {"a": 2, "b": "x"}]}
    assert [column.nested for column in joined.columns] == ["DOUBLE[]", "STRUCT(a BIGINT, b VARCHAR)"]
    with pytest.raises(InputError, match=r"'l' is BIGINT\[\] in the first and VARCHAR\[\] in the second"):
        one.concat(Table.from_columns({"l": [["x"]], "s": [{"a": 1}]}))


def test_a_frame_with_columns_of_one_name_is_a_mistake() -> None:
    pandas = pytest.importorskip("pandas")
    with pytest.raises(InputError, match="columns have the same name: 'a'"):
        Table.of(pandas.DataFrame([[1, 2]], columns=["a", "a"]))
