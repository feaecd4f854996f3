"""Buckets, lines through points, and one column per place.

Edges are searched by a tree of comparisons, so that a thousand of them cost ten.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from onnx import TensorProto

from mainspring.data.transforms.ops import Bucketize, Interpolate, OneOf
from mainspring.models.adapters.onnx_ops.values import Numbers, Values
from mainspring.models.adapters.onnx_trees import emit_trees
from mainspring.models.trees import LEAF, TreeEnsemble


def emit_bucketize(values: Values, ops: Sequence[Bucketize]) -> list[Numbers]:
    """The number of edges at or below ``x``."""
    tensor, widths = values.side_by_side([op.inputs[0] for op in ops])
    edges = [np.array(op.edges) for op, width in zip(ops, widths, strict=True) for _ in range(width)]
    places = _places_below(values, tensor, edges)
    nothing = values.graph.doubles([[np.nan]])
    missing = values.graph.add("IsNaN", tensor)
    return values.split(values.graph.add("Where", missing, nothing, places), widths)


def emit_interpolate(values: Values, ops: Sequence[Interpolate]) -> list[Numbers]:
    """``to[i] + (x - at[i]) * slope[i]`` with the last point ``i`` at or below ``x``."""
    tensor, widths = values.side_by_side([op.inputs[0] for op in ops])
    graph = values.graph
    low = values.row([op.at[0] for op in ops], widths)
    high = values.row([op.at[-1] for op in ops], widths)
    inside = graph.add("Where", graph.add("Less", tensor, low), low, tensor)
    inside = graph.add("Where", graph.add("Greater", inside, high), high, inside)
    repeated = [op for op, width in zip(ops, widths, strict=True) for _ in range(width)]
    # The first point counts for everything below the second one.
    places = _places_below(values, inside, [np.array(op.at[1:]) for op in repeated])
    starts = np.cumsum([0, *(len(op.at) for op in repeated)])[:-1]
    index = graph.add("Add", places, graph.doubles(starts[None, :].astype(np.float64)))
    index = graph.add("Cast", index, to=TensorProto.INT64)
    at, to, slope = (
        graph.add("Gather", graph.doubles(np.concatenate(parts)), index, axis=0)
        for parts in zip(*(_lines(op) for op in repeated), strict=True)
    )
    along = graph.add("Mul", graph.add("Sub", inside, at), slope)
    return values.split(graph.add("Add", to, along), widths)


def emit_one_of(values: Values, ops: Sequence[OneOf]) -> list[Numbers]:
    """``x == i`` for every place, all ops at once."""
    parts = [values.numbers(op.inputs[0]) for op in ops]
    joined = values.join(parts)
    columns = [column for op, column in zip(ops, joined.places, strict=True) for _ in op.names]
    numbers = [float(place) for op in ops for place in range(len(op.names))]
    tensor = values.tensor(Numbers(joined.tensor, tuple(columns), joined.of))
    equal = values.graph.add("Equal", tensor, values.graph.doubles([numbers]))
    return values.split(values.doubled(equal), [len(op.names) for op in ops])


def _places_below(values: Values, tensor: str, edges: Sequence[npt.NDArray[np.float64]]) -> str:
    """For each column, how many of its edges are at or below ``x``; anything for NaN."""
    trees = [_Search(column) for column, _ in enumerate(edges)]
    for tree, one in zip(trees, edges, strict=True):
        tree.grow(one, 0, len(one))
    starts = np.cumsum([0, *(len(tree.feature) for tree in trees)])[:-1]
    form = TreeEnsemble(
        roots=starts,
        targets=np.arange(len(trees)),
        feature=np.concatenate([tree.feature for tree in trees]).astype(np.int64),
        threshold=np.concatenate([tree.threshold for tree in trees]).astype(np.float64),
        strict=np.ones(sum(len(tree.feature) for tree in trees), dtype=bool),
        left=np.concatenate([np.array(t.left) + s for t, s in zip(trees, starts, strict=True)]).astype(np.int64),
        right=np.concatenate([np.array(t.right) + s for t, s in zip(trees, starts, strict=True)]).astype(np.int64),
        default_left=np.zeros(sum(len(tree.feature) for tree in trees), dtype=bool),
        value=np.concatenate([tree.value for tree in trees]).astype(np.float64)[:, None],
        base=np.zeros(len(trees)),
        features=len(trees),
    )
    return emit_trees(values.graph, form, tensor)


class _Search:
    """A balanced tree over the edges of one column; its leaves hold the places."""

    def __init__(self, column: int) -> None:
        self.column = column
        self.feature: list[int] = []
        self.threshold: list[float] = []
        self.left: list[int] = []
        self.right: list[int] = []
        self.value: list[float] = []

    def grow(self, edges: npt.NDArray[np.float64], low: int, high: int) -> int:
        """Add the nodes that search the edges from ``low`` up to ``high``; gives the first."""
        place = len(self.feature)
        middle = (low + high) // 2
        leaf = low == high
        self.feature.append(LEAF if leaf else self.column)
        self.threshold.append(0.0 if leaf else float(edges[middle]))
        self.value.append(float(low) if leaf else 0.0)
        self.left.append(0)
        self.right.append(0)
        if not leaf:
            self.left[place] = self.grow(edges, low, middle)
            self.right[place] = self.grow(edges, middle + 1, high)
        return place


def _lines(op: Interpolate) -> tuple[npt.NDArray[np.float64], ...]:
    at, to = np.array(op.at), np.array(op.to)
    return at, to, np.append((to[1:] - to[:-1]) / (at[1:] - at[:-1]), 0.0)
