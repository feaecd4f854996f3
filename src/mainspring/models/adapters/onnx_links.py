"""Emits links and linear models as ONNX nodes in float64.

Links are nodes of their own: runtimes skip ``post_transform`` of their tree operators.
"""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from mainspring.models.adapters.onnx_graph import Graph
from mainspring.models.linear import LinearForm
from mainspring.models.trees import Link


def emit_linear(graph: Graph, form: LinearForm, matrix: str) -> str:
    """Scores of a linear model, ``[n, classes]`` or ``[n, 1]``."""
    # ONNX Runtime was seen to multiply matrices of one column in float32.
    product = "Mul" if len(form.weights) == 1 else "MatMul"
    sums = graph.add(product, matrix, graph.doubles(form.weights))
    sums = graph.add("Add", sums, graph.doubles(form.bias[None, :]))
    return emit_link(graph, sums, form.link, 1.0, form.outputs)


def emit_link(graph: Graph, sums: str, link: Link, slope: float, outputs: int) -> str:
    """Scores from sums; see :class:`mainspring.models.trees.Link`."""
    if link in (Link.SIGMOID, Link.EACH_SIGMOID, Link.ONE_AGAINST_REST):
        scaled = sums if slope == 1.0 else graph.add("Mul", sums, graph.doubles([slope]))
        each = graph.add("Sigmoid", scaled)
        if link is Link.SIGMOID:
            return graph.add("Concat", graph.add("Sub", graph.doubles([1.0]), each), each, axis=1)
        return each if link is Link.EACH_SIGMOID else shares(graph, each, outputs)
    if link is Link.SOFTMAX:
        return graph.add("Softmax", sums, axis=1)
    if link is Link.CHOICE:
        return _choice(graph, sums, outputs)
    if link is Link.EXP:
        return graph.add("Exp", sums)
    if link is Link.SIGNED_SQUARE:
        return graph.add("Mul", graph.add("Sign", sums), graph.add("Mul", sums, sums))
    return sums


def shares(graph: Graph, each: str, outputs: int) -> str:
    """Each number of a row divided by their sum; all alike where that is 0."""
    axis = graph.constant(np.array([1], dtype=np.int64))
    total = graph.add("ReduceSum", each, axis, keepdims=1)
    none = graph.add("Equal", total, graph.doubles([0.0]))
    parts = graph.add("Div", each, total)
    return graph.add("Where", none, graph.doubles([1.0 / outputs]), parts)


def _choice(graph: Graph, sums: str, outputs: int) -> str:
    if outputs == 1:
        positive = graph.add("Greater", sums, graph.doubles([0.0]))
        second = graph.add("Cast", positive, to=TensorProto.DOUBLE)
        return graph.add("Concat", graph.add("Sub", graph.doubles([1.0]), second), second, axis=1)
    best = graph.add("ArgMax", sums, axis=1, keepdims=1)
    is_best = graph.add("Equal", best, graph.constant(np.arange(outputs, dtype=np.int64)[None, :]))
    return graph.add("Cast", is_best, to=TensorProto.DOUBLE)
