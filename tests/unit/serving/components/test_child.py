"""How the arguments of methods are matched, and how data is brought into the form that they take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mainspring.serving.components import child

COLUMNS = {"a": np.array([1.0, 2.0]), "b": np.array([3.0, 4.0])}
ROWS = [{"a": 1.0, "b": 3.0}, {"a": 2.0, "b": 4.0}]
MATRIX = np.array([[1.0, 3.0], [2.0, 4.0]])


def asked(
    function: Callable[..., Any], how: str, value: Any, *, takes: str = "", inputs: tuple[str, ...] = ()
) -> Any:
    return child.Method("predict", function, takes, list(inputs))(how, value, None, {"meta": {"puid": "7"}})


@pytest.mark.parametrize(("how", "value"), [("tensors", COLUMNS), ("rows", ROWS), ("rows", MATRIX.tolist())])
def test_a_matrix_is_made_of_columns_and_of_rows(how: str, value: Any) -> None:
    np.testing.assert_array_equal(asked(lambda X: X, how, value), MATRIX)


@pytest.mark.parametrize(("how", "value"), [("tensors", COLUMNS), ("rows", ROWS)])
def test_the_name_of_the_first_argument_says_what_is_given(how: str, value: Any) -> None:
    assert asked(lambda rows: rows, how, value) == ROWS
    assert asked(lambda instances: instances, how, value) == ROWS
    for found in (asked(lambda columns: columns, how, value), asked(lambda inputs: inputs, how, value)):
        assert {name: one.tolist() for name, one in found.items()} == {"a": [1.0, 2.0], "b": [3.0, 4.0]}
    pd.testing.assert_frame_equal(asked(lambda df: df, how, value), pd.DataFrame(COLUMNS))


def test_an_annotation_says_it_too() -> None:
    def predict(table: pd.DataFrame) -> pd.DataFrame:
        return table

    pd.testing.assert_frame_equal(asked(predict, "tensors", COLUMNS), pd.DataFrame(COLUMNS))


def test_an_option_says_it_better() -> None:
    assert asked(lambda X: X, "tensors", COLUMNS, takes="rows") == ROWS


def test_names_and_meta_are_given_to_who_asks() -> None:
    assert asked(lambda X, names, meta: (names, meta), "tensors", COLUMNS) == (["a", "b"], {"puid": "7"})
    assert asked(lambda X, features_names=None: features_names, "rows", ROWS) == ["a", "b"]
    assert asked(lambda X, whatever: whatever, "rows", ROWS) == ["a", "b"]
    assert asked(lambda X, threshold=0.5: threshold, "rows", ROWS) == 0.5
    assert asked(lambda X, meta=None, parameters=None: parameters, "rows", ROWS) is None


def test_several_arguments_are_inputs_by_name() -> None:
    found = asked(
        lambda image, scale, meta=None: (scale, image), "tensors", {"image": MATRIX, "scale": COLUMNS["a"]}
    )
    np.testing.assert_array_equal(found[1], MATRIX)
    [only] = asked(lambda **tensors: list(tensors), "tensors", {"x": MATRIX})
    assert only == "x"
    assert asked(lambda image: image.shape, "tensors", {"image": MATRIX}, inputs=("image",)) == (2, 2)
    with pytest.raises(child.WrongInputError, match="mask is not among image, scale"):
        asked(lambda image, scale: 0, "tensors", {"image": MATRIX, "scale": MATRIX, "mask": MATRIX})


def test_one_tensor_is_given_as_it_is_whatever_it_is_called() -> None:
    tensor = np.zeros((2, 3, 4), np.float32)
    assert asked(lambda X: X, "tensors", {"image": tensor}) is tensor
    assert asked(lambda anything: anything, "tensors", {"image": tensor}) is tensor


def test_several_tensors_are_no_matrix() -> None:
    with pytest.raises(child.WrongInputError, match=r"a \[2\], b \[2, 2\]"):
        asked(lambda X: X, "tensors", {"a": COLUMNS["a"], "b": MATRIX})


def test_texts_make_a_matrix_of_objects() -> None:
    found = asked(lambda X: X, "rows", [{"a": 1, "b": "x"}, {"a": 2, "b": None}])
    assert found.dtype == object
    assert found.tolist() == [[1, "x"], [2, None]]
    assert asked(lambda X: X, "rows", [[1, "x"], [2, "y"]]).tolist() == [[1, "x"], [2, "y"]]
    assert asked(lambda X: X, "rows", ["x", "y"]).tolist() == ["x", "y"]
    assert asked(lambda X: X, "rows", [[1, 2], [3]]).tolist() == [[1, 2], [3]]


def test_rows_without_names_are_no_columns() -> None:
    with pytest.raises(child.WrongInputError, match="the rows have no names"):
        asked(lambda columns: columns, "rows", [[1, 2]])


def test_rows_that_lack_a_value_have_none() -> None:
    assert asked(lambda columns: columns["b"], "rows", [{"a": 1}, {"b": "x"}]).tolist() == [None, "x"]


def test_values_of_other_libraries_are_sent_as_arrays() -> None:
    class Tensor:
        def detach(self) -> Tensor:
            return self

        cpu = detach

        def numpy(self) -> np.ndarray:
            return MATRIX

    for given, expected in (
        (pd.DataFrame(COLUMNS), {"a": [1.0, 2.0], "b": [3.0, 4.0]}),
        (pd.Series([1, 2]), [1, 2]),
        (np.float32(0.5), 0.5),
        (np.datetime64("2026-01-02"), "2026-01-02"),
        (np.array(["2026-01-02"], dtype="datetime64[D]"), ["2026-01-02"]),
        (Tensor(), MATRIX.tolist()),
        ([MATRIX, 1], [MATRIX.tolist(), 1]),
        ({1: np.int64(2)}, {"1": 2}),
        (np.array([1, None], dtype=object), [1, None]),
        (np.array(["a", 1], dtype=object), ["a", 1]),
        (np.array(["a", "bc"]), ["a", "bc"]),
        (np.array([b"a"]), [b"a"]),
        ((1, float("inf")), [1, float("inf")]),
    ):
        parts: list[Any] = []
        told = child.written(given, parts)
        found = child.Reader(bytearray(child.joined(parts))).value(told)
        assert listed(found) == expected


def listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: listed(one) for name, one in value.items()}
    if isinstance(value, list):
        return [listed(one) for one in value]
    return value.tolist() if hasattr(value, "tolist") else value


@pytest.mark.parametrize("given", [np.array([1j]), 1j, np.zeros(1, dtype="V4")])
def test_what_has_no_form_is_refused(given: Any) -> None:
    with pytest.raises(TypeError, match="cannot be sent"):
        child.written(given, [])


@pytest.mark.parametrize(("given", "branch"), [(1, 1), (np.int64(2), 2), (np.array([[3]]), 3), ([-1], -1)])
def test_a_route_is_a_number_in_whatever_wrapping(given: Any, branch: int) -> None:
    assert child.one_place(given) == branch


@pytest.mark.parametrize("given", [True, 1.5, "1", [1, 2], None])
def test_other_routes_are_refused(given: Any) -> None:
    with pytest.raises(TypeError, match="the number of a branch"):
        child.one_place(given)
