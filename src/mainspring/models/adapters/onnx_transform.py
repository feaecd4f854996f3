"""Compiles a transform to ONNX: one input per raw column, the same arithmetic in float64, one matrix."""

from __future__ import annotations

from collections.abc import Sequence

from onnx import TensorProto

from mainspring.data import Transform
from mainspring.data.transforms.lowering import lowered
from mainspring.data.transforms.ops import Kind
from mainspring.models.adapters.onnx_graph import Graph
from mainspring.models.adapters.onnx_ops import emit_ops
from mainspring.models.adapters.onnx_ops.values import Numbers, Values, Words


def compile_transform(graph: Graph, transform: Transform, *, reserved: Sequence[str] = ()) -> str:
    """Add the transform to a graph; gives the name of the matrix, float64 ``[n, outputs]``.

    The inputs are in the order of ``transform.inputs``, ``[n, 1]`` each: float64 with NaN for missing, or text
    with :data:`mainspring.models.signature.MISSING` for missing.

    Args:
        graph: What it is added to.
        transform: What is compiled.
        reserved: Names that no input may have; such an input is called ``name (input)``.

    Raises:
        NotExportableError: For an op that ONNX cannot say, or a vocabulary that holds the text for missing.
    """
    ops, results, kinds = lowered(transform.inputs, transform.steps, transform.results)
    values = Values(graph, {column.name: column.type for column in transform.inputs})
    numbers = []
    for column in transform.inputs:
        name = input_name(column.name, reserved)
        if kinds[column.name] is Kind.NUMBER:
            graph.input(name, TensorProto.DOUBLE, [None, 1])
            numbers.append((column.name, name))
        else:
            values.known[column.name] = Words(graph.input(name, TensorProto.STRING, [None, 1]))
    if numbers:
        # All numbers lie in one tensor from the start.
        tensors = [name for _, name in numbers]
        joined = tensors[0] if len(tensors) == 1 else graph.add("Concat", *tensors, axis=1)
        for place, (column_name, _) in enumerate(numbers):
            values.known[column_name] = Numbers(joined, (place,), len(numbers))
    emit_ops(values, ops)
    return values.tensor(values.join([values.numbers(name) for name in results]))


def input_name(column: str, reserved: Sequence[str]) -> str:
    """What the input of a raw column is called."""
    return f"{column} (input)" if column in reserved else column
