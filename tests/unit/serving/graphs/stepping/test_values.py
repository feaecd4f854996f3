from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.data import Examples, Table
from mainspring.serving.graphs.stepping.spec import Column, Given
from mainspring.serving.graphs.stepping.values import (
    OUTPUT,
    array_in,
    columns_in,
    described,
    form_of,
    value_for,
)


class Pair(NamedTuple):
    text: list[str]
    size: list[int]


@pytest.mark.parametrize(
    ("annotation", "form"),
    [
        (list[str], "list"),
        (list[list[str]] | None, "list"),
        (np.ndarray, "array"),
        (dict[str, list[float]], "columns"),
        (Mapping[str, Any], "columns"),
        (Table, "table"),
        (Examples, "examples"),
        (str, None),
        (int | None, None),
        (Any, None),
    ],
)
def test_what_takes_data_is_told_by_its_annotation(annotation: Any, form: str | None) -> None:
    assert form_of(annotation) == form


def test_what_a_function_gives_has_columns() -> None:
    assert columns_in([1, 2]) == {OUTPUT: [1, 2]}
    assert columns_in([1, 2], "text") == {"text": [1, 2]}
    assert columns_in({"a": [1]}) == {"a": [1]}
    assert columns_in(Pair(["x"], [1])) == {"text": ["x"], "size": [1]}
    table = Table.from_columns({"a": [1, None], "b": ["x", "y"]})
    assert columns_in(table) == {"a": [1, None], "b": ["x", "y"]}
    assert columns_in(Examples(splits={"request": table})) == {"a": [1, None], "b": ["x", "y"]}
    with pytest.raises(InputError, match="train, eval"):
        columns_in(Examples(splits={"train": table, "eval": table}))
    with pytest.raises(InputError, match="a float"):
        columns_in(1.0)


@pytest.mark.parametrize(
    ("values", "datatype", "shape", "packed", "nulls"),
    [
        ([1, 2], "INT64", (-1,), False, False),
        ([1, None], "FP64", (-1,), False, True),
        ([1, 2.5], "FP64", (-1,), False, False),
        ([True, False], "BOOL", (-1,), False, False),
        ([True, None], "BYTES", (-1,), True, True),
        (["a", None], "BYTES", (-1,), False, True),
        ([[1.0, 2], [3, 4]], "FP64", (-1, 2), False, False),
        ([[1.0], [2, 3]], "BYTES", (-1,), True, False),
        ([["a"], ["b"]], "BYTES", (-1,), True, False),
        ([{"a": 1}], "BYTES", (-1,), True, False),
        (np.zeros((2, 3), np.float32), "FP32", (-1, 3), False, False),
        (np.array(["a"]), "BYTES", (-1,), False, False),
    ],
)
def test_a_tensor_is_described_by_its_values(
    values: Any, datatype: str, shape: tuple[int, ...], packed: bool, nulls: bool
) -> None:
    found = described("x", values)
    assert (found.datatype, found.shape, found.packed, found.nulls) == (datatype, shape, packed, nulls)


cells = st.one_of(
    st.lists(st.text(), min_size=1),
    st.lists(st.one_of(st.none(), st.integers(-(2**40), 2**40)), min_size=1),
    st.lists(st.one_of(st.none(), st.floats(allow_nan=False)), min_size=1),
    st.lists(st.one_of(st.none(), st.booleans()), min_size=1),
    st.lists(st.lists(st.text()), min_size=1),
    st.lists(st.dictionaries(st.text(), st.integers(-5, 5)), min_size=1),
)


@given(cells)
def test_values_survive_an_edge(values: list[Any]) -> None:
    column = described("x", values)
    arrays = {"x": array_in(values, column)}
    assert value_for(Given(form="list", columns=(column,)), arrays, list) == values
    assert value_for(Given(form="columns", columns=(column,)), arrays, dict) == {"x": values}


def test_tables_and_arrays_are_made_again() -> None:
    columns = (Column(name="a", datatype="INT64"), Column(name="b"))
    arrays = {"a": np.array([1, 2]), "b": np.array(["x", None], dtype=object)}
    table = value_for(Given(form="table", columns=columns), arrays, Table)
    assert list(table.iter_rows()) == [{"a": 1, "b": "x"}, {"a": 2, "b": None}]
    examples = value_for(Given(form="examples", columns=columns), arrays, Examples)
    assert examples.split("request").num_rows == 2
    array = value_for(Given(form="array", columns=columns[:1]), arrays, np.ndarray)
    assert array is arrays["a"]


def test_what_is_missing_or_no_json_is_named() -> None:
    given = Given(form="list", columns=(Column(name="tokens", packed=True),))
    with pytest.raises(InputError, match="tokens is missing"):
        value_for(given, {}, list)
    with pytest.raises(InputError, match="tokens is not JSON"):
        value_for(given, {"tokens": np.array(["[1"], dtype=object)}, list)
