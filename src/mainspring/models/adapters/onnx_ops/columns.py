"""Ops on several columns at once: side by side, projections, channels."""

from __future__ import annotations

import functools

import numpy as np
from onnx import TensorProto

from mainspring.data.transforms.ops import Concat, Project, ScaleChannels, UnitLength
from mainspring.data.transforms.ops.unit_length import SPLIT
from mainspring.models.adapters.onnx_ops.values import Numbers, Value, Values
from mainspring.models.adapters.onnx_ops.words import each

MOST_IN_ORDER = 32
"""Projections of more columns are products of matrices, which are faster and differ in their last bits."""


@each
def emit_concat(values: Values, op: Concat) -> Value:
    """The columns side by side."""
    return values.join([values.numbers(name) for name in op.inputs])


@each
def emit_project(values: Values, op: Project) -> Value:
    """``(x - mean) @ components.T``; of few columns added up in their order, to the last bit."""
    graph = values.graph
    directions = np.array(op.components)
    centred = graph.add("Sub", values.tensor(values.numbers(op.inputs[0])), graph.doubles([op.mean]))
    if len(op.mean) > MOST_IN_ORDER:
        made = graph.add("MatMul", centred, graph.doubles(directions.T))
    else:
        products = [
            graph.add("Mul", graph.take(centred, [place]), graph.doubles(directions[None, :, place]))
            for place in range(len(op.mean))
        ]
        made = functools.reduce(functools.partial(graph.add, "Add"), products)
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
    shares = graph.add("Div", numbers, divisor)
    moved = graph.add("Mul", shares, graph.doubles([[SPLIT]]))
    rounded = graph.add("Add", moved, graph.add("Sub", shares, moved))
    return Numbers(rounded, tuple(range(len(found.places))), len(found.places))
