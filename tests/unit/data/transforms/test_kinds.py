"""The three rules, by hand and against ONNX's own operators."""

import math

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, checker, helper

from mainspring.core.errors import InputError
from mainspring.data import Numeric, OneHot, Ordinal

NAN = math.nan


def numbers(*values):
    return np.array(values, dtype=np.float64)


def words(*values):
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def test_numeric():
    rule = Numeric("x", fill=4.0, shift=1.0, scale=2.0, indicator=True)
    assert rule.outputs == ("x", "x=missing")
    np.testing.assert_array_equal(rule.apply(numbers(3.0, NAN)), [[1.0, 0.0], [1.5, 1.0]])
    np.testing.assert_array_equal(Numeric("x").apply(numbers(3.0, NAN, math.inf)), [[3.0], [NAN], [math.inf]])


def test_numeric_reads_text():
    np.testing.assert_array_equal(Numeric("x").apply(words("1.5", None, " 2 ")), [[1.5], [NAN], [2.0]])
    np.testing.assert_array_equal(Numeric("x").apply(np.array([True, False])), [[1.0], [0.0]])
    with pytest.raises(InputError) as caught:
        Numeric("fare").apply(words("1.5", "abc", None, "1_000"))
    assert "column 'fare' holds text: 'abc' in row 2, '1_000' in row 4" in str(caught.value)


def test_one_hot():
    rule = OneHot("w", ("b", "a"))
    assert rule.outputs == ("w=b", "w=a", "w?unseen", "w?missing")
    found = rule.apply(words("a", "b", "z", None, ""))
    np.testing.assert_array_equal(found, [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 1, 0]])
    bare = OneHot("w", ("b", "a"), unseen=False, missing=False)
    assert bare.outputs == ("w=b", "w=a")
    np.testing.assert_array_equal(bare.apply(words("z", None, "a")), [[0, 0], [0, 0], [0, 1]])


def test_one_hot_takes_whole_numbers_as_their_text():
    np.testing.assert_array_equal(
        OneHot("zip", ("12345",)).apply(numbers(12345.0, 1.5, NAN)), [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    )


def test_ordinal():
    rule = Ordinal("w", ("b", "a"))
    assert rule.outputs == ("w",)
    np.testing.assert_array_equal(rule.apply(words("a", "b", "z", None)), [[1.0], [0.0], [-1.0], [NAN]])


def test_no_rows():
    assert Numeric("x", indicator=True).apply(numbers()).shape == (0, 2)
    assert OneHot("w", ("a",)).apply(words()).shape == (0, 3)
    assert Ordinal("w", ("a",)).apply(words()).shape == (0, 1)


def scaler(rule):
    """The rule as a graph of float64 operators."""
    constants = [
        helper.make_tensor(name, TensorProto.DOUBLE, [1], [value])
        for name, value in (("fill", rule.fill), ("shift", rule.shift), ("scale", rule.scale))
    ]
    nodes = [
        helper.make_node("IsNaN", ["x"], ["missing"]),
        helper.make_node("Where", ["missing", "fill", "x"], ["filled"]),
        helper.make_node("Sub", ["filled", "shift"], ["centred"]),
        helper.make_node("Div", ["centred", "scale"], ["y"]),
        helper.make_node("Cast", ["missing"], ["flag"], to=TensorProto.DOUBLE),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["n", 1]) for name in ("x", "y", "flag")]
    graph = helper.make_graph(nodes, "numeric", ends[:1], ends[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    checker.check_model(model)
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


RULE = Numeric("x", fill=0.1, shift=11.768216237834954, scale=11.538465887273057, indicator=True)
SESSION = scaler(RULE)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(), min_size=1, max_size=30))
def test_float64_operators_give_the_same_bits(values):
    given_values = numbers(*values)
    with np.errstate(over="ignore"):
        wanted = RULE.apply(given_values)
    found = np.hstack(SESSION.run(["y", "flag"], {"x": given_values[:, None]}))
    assert found.tobytes() == wanted.tobytes()
