"""The law: whatever the form of a question, its columns are those that ``Signature`` reads from plain lists."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.models.signature import BadInputError, Field, Signature
from mainspring.serving.columns import ColumnReader, columns_of
from mainspring.serving.question import Question, Tensor

MIXED = Signature.of(
    [
        Field("fare", "FP64"),
        Field("hour", "INT64"),
        Field("company", "BYTES"),
        Field("airport", "BOOL", nullable=False),
    ],
    classes=None,
)
NUMBERS = Signature.of([Field("a", "FP64"), Field("b", "INT64"), Field("c", "BOOL", nullable=False)], classes=None)
ONE = Signature.of([Field("x", "FP64", nullable=False)], classes=None)

ROW = st.tuples(
    st.none() | st.floats(-1e6, 1e6),
    st.none() | st.integers(-9, 9),
    st.none() | st.text(max_size=3),
    st.booleans(),
)


def same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert found.keys() == expected.keys()
    for name, column in expected.items():
        assert found[name].dtype == column.dtype, name
        np.testing.assert_array_equal(found[name], column, err_msg=name)


def read(signature: Signature, question: Question) -> dict[str, Any]:
    """Read at a glance, which must not differ from a closer look."""
    found = ColumnReader(signature).read(question, signature.outputs)
    same(found, columns_of(question, signature, signature.outputs))
    return found


def problems(signature: Signature, question: Question) -> str:
    with pytest.raises(BadInputError) as caught:
        ColumnReader(signature).read(question, signature.outputs)
    return str(caught.value)


def texts(values: list[Any]) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


@given(st.lists(ROW, min_size=1, max_size=5), st.lists(st.booleans(), min_size=4, max_size=4))
def test_arrays_and_lists_are_read_alike(rows: list[Any], arrays: list[bool]) -> None:
    fare, hour, company, airport = map(list, zip(*rows, strict=True))
    lists = {"fare": fare, "hour": hour, "company": company, "airport": airport}
    whole = np.array(hour, dtype=float)
    as_arrays = {
        "fare": np.array(fare, dtype=float),
        "hour": whole if None in hour else whole.astype(np.int32),
        "company": texts([None if word is None else word.encode() for word in company]),
        "airport": np.array(airport),
    }
    datatypes = {
        "fare": "FP64",
        "hour": "FP64" if None in hour else "INT32",
        "company": "BYTES",
        "airport": "BOOL",
    }
    tensors = [
        Tensor(name, datatypes[name], [len(rows)], as_arrays[name] if array else lists[name])
        for name, array in zip(lists, arrays, strict=True)
    ]
    same(read(MIXED, Question(tensors=tensors[::-1])), MIXED.columns_from_lists(lists))


@pytest.mark.parametrize("dtype", ["<f4", "<f8", "<i8", "<u1"])
def test_b2_an_array_goes_into_a_column_of_numbers(dtype: str) -> None:
    datatype = {"<f4": "FP32", "<f8": "FP64", "<i8": "INT64", "<u1": "UINT8"}[dtype]
    tensor = Tensor("x", datatype, [3, 1], np.array([[1], [2], [3]], dtype=dtype))
    assert read(ONE, Question(tensors=[tensor]))["x"].tolist() == [1.0, 2.0, 3.0]


MATRIX = [[1.5, 2.0, 1.0], [0.25, -3.0, 0.0]]


@pytest.mark.parametrize(
    "data",
    [np.array(MATRIX), np.array(MATRIX, dtype="<f4"), MATRIX, [value for row in MATRIX for value in row]],
    ids=["array", "float32", "nested", "flat"],
)
def test_a_matrix_holds_every_column_in_order(data: Any) -> None:
    found = read(NUMBERS, Question(tensors=[Tensor("input-0", "FP32", [2, 3], data)]))
    assert {name: column.tolist() for name, column in found.items()} == {
        "a": [1.5, 0.25],
        "b": [2.0, -3.0],
        "c": [1.0, 0.0],
    }


def test_missing_values_of_a_matrix() -> None:
    found = read(NUMBERS, Question(tensors=[Tensor("x", "FP64", [1, 3], np.array([[np.nan, np.nan, 1.0]]))]))
    assert np.isnan([found["a"][0], found["b"][0]]).all()
    found = read(NUMBERS, Question(tensors=[Tensor("x", "FP64", [1, 3], [None, 2, 1])]))
    assert np.isnan(found["a"][0])
    assert read(NUMBERS, Question(tensors=[Tensor("x", "FP64", [0, 3], [])]))["a"].tolist() == []


@pytest.mark.parametrize("rows", [MATRIX, [[1.5, 2, True], [0.25, -3, False]]])
def test_rows_may_be_lists_in_order(rows: list[Any]) -> None:
    found = read(NUMBERS, Question(rows=rows))
    assert [found[name].tolist() for name in "abc"] == [[1.5, 0.25], [2.0, -3.0], [1.0, 0.0]]
    assert read(MIXED, Question(rows=[[1.0, 2, "A", True]]))["company"].tolist() == ["A"]


def test_rows_may_be_bare_values_of_the_only_column() -> None:
    assert read(ONE, Question(rows=[1.0, 2]))["x"].tolist() == [1.0, 2.0]
    assert read(ONE, Question(rows=[[1.0], [2]]))["x"].tolist() == [1.0, 2.0]


def test_v2_values_may_be_lists_of_one_and_bytes() -> None:
    row = {"fare": [1.0], "hour": [2], "company": [b"A"], "airport": [True]}
    lists = {name: [value] for name, value in row.items()}
    for question in (Question(rows=[row]), Question(lists=lists)):
        assert read(MIXED, question)["company"].tolist() == ["A"]


@pytest.mark.parametrize(
    ("data", "shape", "piece"),
    [
        (np.array([[1.0, 2.5, 1.0]]), [1, 3], "row 0, column 'b' holds 2.5; expected a whole number"),
        (np.array([[1.0, 2.0, 2.0]]), [1, 3], "row 0, column 'c' holds 2.0; expected true or false"),
        (np.array([[np.inf, 2.0, 1.0]]), [1, 3], "row 0, column 'a' holds inf"),
        (np.array([[1.0, 2.0, np.nan]]), [1, 3], "column 'c' has no value"),
        (np.array([[1.0, 2.0]]), [1, 2], "column 'x' holds shape [1, 2]; expected shape [rows, 3]"),
        ([1.0, 2.0], [1, 3], "holds 2 values; expected 3 values"),
        ([[1.0, 2.0], [1.0]], [2, 3], "holds 3 values; expected 6 values"),
        ([1.0, "2", 1], [1, 3], "row 0, column 'b' holds '2'"),
        ([1.0, 2.0, 1.0], [-1, 3], "holds 3 values; expected -3 values"),
    ],
)
def test_what_is_wrong_with_a_matrix_is_said(data: Any, shape: list[int], piece: str) -> None:
    assert piece in problems(NUMBERS, Question(tensors=[Tensor("x", "FP64", shape, data)]))


def test_what_is_wrong_with_arrays_is_said_at_once() -> None:
    tensors = [
        Tensor("fare", "FP64", [2], np.array([1.0, np.inf])),
        Tensor("hour", "FP32", [2], np.array([1.5, 2.0], dtype="<f4")),
        Tensor("company", "BYTES", [2], texts([b"\xff", b"A"])),
        Tensor("airport", "FP32", [2], np.array([1.0, 2.0])),
    ]
    told = problems(MIXED, Question(tensors=tensors, outputs=("what",)))
    for piece in (
        "row 1, column 'fare' holds inf",
        "row 0, column 'hour' holds 1.5",
        r"row 0, column 'company' holds b'\xff'; expected a text",
        "column 'airport' holds datatype FP32; expected datatype BOOL",
        "output 'what'",
    ):
        assert piece in told


def test_what_is_wrong_with_lists_in_order_is_said() -> None:
    told = problems(MIXED, Question(rows=[[1.0, 2, "A", True], [1.0], 5, {"fare": 1}]))
    for row, found in ((1, "a list of 1 values"), (2, "a int"), (3, "a dict")):
        assert f"row {row} holds {found}; expected a list of 4 values, in the order fare, hour" in told


def test_a_matrix_is_no_way_to_send_text() -> None:
    told = problems(MIXED, Question(tensors=[Tensor("x", "FP32", [1, 4], [1.0, 2.0, 3.0, 4.0])]))
    assert "column 'x' is not known" in told


def test_large_whole_numbers_are_read_as_ever() -> None:
    signature = Signature.of([Field("b", "INT64")], classes=None)
    for value in (2**60, -(2**63)):
        tensor = Tensor("b", "INT64", [1], np.array([value]))
        assert read(signature, Question(tensors=[tensor]))["b"].tolist() == [float(value)]
    tensor = Tensor("b", "UINT64", [1], np.array([2**63], dtype=np.uint64))
    assert "expected a whole number of 64 bits" in problems(signature, Question(tensors=[tensor]))
