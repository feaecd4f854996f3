"""Small ONNX files of every kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto as T
from onnx import helper as h


def save(
    path: Path,
    nodes: Sequence[Any],
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    notes: Mapping[str, str] | None = None,
    initializers: Sequence[Any] = (),
) -> Path:
    graph = h.make_graph(nodes, "it", inputs, outputs, initializer=list(initializers))
    opsets = [h.make_opsetid("", 17), h.make_opsetid("ai.onnx.ml", 3)]
    model = h.make_model(graph, opset_imports=opsets, ir_version=9)
    for key, value in (notes or {}).items():
        item = model.metadata_props.add()
        item.key, item.value = key, value
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def value(name: str, kind: int, shape: Sequence[Any]) -> Any:
    return h.make_tensor_value_info(name, kind, shape)


def identity(path: Path, kind: int) -> Path:
    nodes = [h.make_node("Identity", ["x"], ["y"])]
    return save(path, nodes, [value("x", kind, ["n", 2])], [value("y", kind, ["n", 2])])


def image(path: Path) -> Path:
    """The mean of every channel."""
    nodes = [h.make_node("GlobalAveragePool", ["image"], ["p"]), h.make_node("Flatten", ["p"], ["means"])]
    return save(path, nodes, [value("image", T.FLOAT, ["n", 3, 4, 4])], [value("means", T.FLOAT, ["n", 3])])


def two_inputs(path: Path) -> Path:
    nodes = [
        h.make_node("Cast", ["count"], ["c"], to=T.FLOAT),
        h.make_node("Mul", ["price", "c"], ["total"]),
        h.make_node("Greater", ["total", "limit"], ["much"]),
    ]
    limit = h.make_tensor("limit", T.FLOAT, [1], [10.0])
    inputs = [value("price", T.FLOAT, ["rows"]), value("count", T.INT32, ["rows"]), value("limit", T.FLOAT, [1])]
    outputs = [value("total", T.FLOAT, ["rows"]), value("much", T.BOOL, ["rows"])]
    return save(path, nodes, inputs, outputs, initializers=[limit])


def fixed(path: Path) -> Path:
    nodes = [h.make_node("Neg", ["x"], ["y"])]
    return save(path, nodes, [value("x", T.DOUBLE, [1, 2])], [value("y", T.DOUBLE, [1, 2])])


def product(path: Path) -> Path:
    """A matrix product: neither dimension counts rows."""
    nodes = [h.make_node("MatMul", ["a", "b"], ["c"])]
    inputs = [value("a", T.FLOAT, ["i", "j"]), value("b", T.FLOAT, ["j", "k"])]
    return save(path, nodes, inputs, [value("c", T.FLOAT, ["i", "k"])])


def loss(path: Path) -> Path:
    """A number for all, and something of another size."""
    nodes = [h.make_node("ReduceMax", ["x"], ["most"], keepdims=0), h.make_node("Neg", ["x"], ["y"])]
    outputs = [value("most", T.FLOAT, []), value("y", T.FLOAT, [2, 2])]
    return save(path, nodes, [value("x", T.FLOAT, [2, 2])], outputs)


def summary(path: Path) -> Path:
    """Looks as if its first dimension counted rows, and sums it up."""
    nodes = [h.make_node("ReduceMax", ["x"], ["y"], axes=[0], keepdims=0)]
    return save(path, nodes, [value("x", T.FLOAT, ["n", 2])], [value("y", T.FLOAT, ["m"])])


def maps(path: Path) -> Path:
    """Scores by class, as converters of scikit-learn give them."""
    nodes = [h.make_node("ZipMap", ["x"], ["scores"], domain="ai.onnx.ml", classlabels_strings=["no", "yes"])]
    kind = h.make_sequence_type_proto(h.make_map_type_proto(T.STRING, h.make_tensor_type_proto(T.FLOAT, [])))
    outputs = [onnx.helper.make_value_info("scores", kind)]
    return save(path, nodes, [value("x", T.FLOAT, ["n", 2])], outputs)


def sequence(path: Path) -> Path:
    kind = h.make_sequence_type_proto(h.make_tensor_type_proto(T.FLOAT, [None]))
    nodes = [h.make_node("SequenceLength", ["x"], ["y"])]
    return save(path, nodes, [onnx.helper.make_value_info("x", kind)], [value("y", T.INT64, [])])


def exported(path: Path, signature: str) -> Path:
    """What Mainspring exports: a tensor per column, and its signature beside."""
    nodes = [h.make_node("Add", ["a", "b"], ["s"]), h.make_node("Reshape", ["s", "flat"], ["prediction"])]
    inputs = [value("a", T.DOUBLE, [None, 1]), value("b", T.DOUBLE, [None, 1])]
    flat = h.make_tensor("flat", T.INT64, [1], [-1])
    outputs = [value("prediction", T.DOUBLE, [None])]
    return save(path, nodes, inputs, outputs, {"mainspring.signature": signature}, [flat])
