"""Ops on several columns at once: side by side, projections, channels."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from mainspring.data.transforms.ops import Concat, Project, ScaleChannels, UnitLength
from mainspring.models.adapters.onnx_ops.values import Numbers, Value, Values
from mainspring.models.adapters.onnx_ops.words import each


@each
def emit_concat(values: Values, op: Concat) -> Value:
    """The columns side by side."""
    return values.join([values.numbers(name) for name in op.inputs])


@each
def emit_project(values: Values, op: Project) -> Value:
    """``(x - mean) @ components.T``."""
    graph = values.graph
    centred = values.tensor(values.numbers(op.inputs[0]))
    if any(op.mean):
        centred = graph.add("Sub", centred, graph.doubles([op.mean]))
    made = graph.add("MatMul", centred, graph.doubles(np.array(op.components).T))
    return Numbers(made, tuple(range(len(op.components))), len(op.components))


@each
def emit_scale_channels(values: Values, op: ScaleChannels) -> Value:
    """``(x - shift) / scale`` by channel."""
    graph = values.graph
    found = values.numbers(op.inputs[0])
    times = len(found.places) // len(op.shifts)
    moved = graph.add("Sub", values.tensor(found), graph.doubles([np.tile(op.shifts, times)]))
    scaled = graph.add("Div", moved, graph.doubles([np.tile(op.scales, times)]))
    return Numbers(scaled, tuple(range(len(found.places))), len(found.places))


@each
def emit_unit_length(values: Values, op: UnitLength) -> Value:
    """``x / length``."""
    graph = values.graph
    found = values.numbers(op.inputs[0])
    numbers = values.tensor(found)
    axis = values.integers([1])
    if op.length == "l2":
        squares = graph.add("ReduceSum", graph.add("Mul", numbers, numbers), axis, keepdims=1)
        length = graph.add("Sqrt", squares)
    else:
        kind = "ReduceSum" if op.length == "l1" else "ReduceMax"
        length = graph.add(kind, graph.add("Abs", numbers), axis, keepdims=1)
    # The operator for the largest passes over NaN.
    missing = graph.add("ReduceMax", values.doubled(graph.add("IsNaN", numbers)), axis, keepdims=1)
    length = graph.add("Where", graph.add("Cast", missing, to=TensorProto.BOOL), graph.doubles([[np.nan]]), length)
    nothing = graph.add("Equal", length, graph.doubles([[0.0]]))
    divisor = graph.add("Where", nothing, graph.doubles([[1.0]]), length)
    return Numbers(graph.add("Div", numbers, divisor), tuple(range(len(found.places))), len(found.places))
