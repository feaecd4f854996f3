"""Compiles a transform to ONNX: one input per raw column, the same arithmetic in float64, one matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from onnx import TensorProto

from mainspring.data import ColumnTransform, Numeric, OneHot, Ordinal, Transform
from mainspring.models.adapters.onnx_graph import ML, Graph
from mainspring.models.ports import NotExportableError
from mainspring.models.signature import MISSING


@dataclass(slots=True)
class _Blocks:
    """Parts of the matrix, and for each of their columns its place in the whole."""

    names: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)

    def add(self, name: str, places: Sequence[int]) -> None:
        self.names.append(name)
        self.places += places


def compile_transform(graph: Graph, transform: Transform, *, reserved: Sequence[str] = ()) -> str:
    """Add the transform to a graph; gives the name of the matrix, float64 ``[n, outputs]``.

    The inputs are in the order of ``transform.inputs``, ``[n, 1]`` each: float64 with NaN for missing, or text
    with :data:`mainspring.models.signature.MISSING` for missing.

    Args:
        graph: What it is added to.
        transform: What is compiled.
        reserved: Names that no input may have; such an input is called ``name (input)``.

    Raises:
        NotExportableError: For a rule that is not known, or a vocabulary that holds the text for missing.
    """
    blocks = _Blocks()
    start = 0
    numbers: list[tuple[str, Numeric, int]] = []
    for step in transform.steps:
        name = f"{step.column} (input)" if step.column in reserved else step.column
        if isinstance(step, Numeric):
            numbers.append((graph.input(name, TensorProto.DOUBLE, [None, 1]), step, start))
        else:
            source = graph.input(name, TensorProto.STRING, [None, 1])
            blocks.add(_words(graph, source, step), range(start, start + len(step.outputs)))
        start += len(step.outputs)
    if numbers:
        _numbers(graph, numbers, blocks)
    matrix = blocks.names[0] if len(blocks.names) == 1 else graph.add("Concat", *blocks.names, axis=1)
    order = np.argsort(blocks.places)
    return matrix if (order == np.arange(start)).all() else graph.take(matrix, order.tolist())


def _numbers(graph: Graph, numbers: Sequence[tuple[str, Numeric, int]], blocks: _Blocks) -> None:
    """All numbers at once: fill, shift, scale, and the marks of missing values."""
    names, steps, places = zip(*numbers, strict=True)
    values = names[0] if len(names) == 1 else graph.add("Concat", *names, axis=1)
    missing = graph.add("IsNaN", values)
    if any(step.fill is not None for step in steps):
        fills = [np.nan if step.fill is None else step.fill for step in steps]
        values = graph.add("Where", missing, graph.doubles([fills]), values)
    if any(step.shift != 0.0 for step in steps):
        values = graph.add("Sub", values, graph.doubles([[step.shift for step in steps]]))
    if any(step.scale != 1.0 for step in steps):
        values = graph.add("Div", values, graph.doubles([[step.scale for step in steps]]))
    blocks.add(values, places)
    marked = [index for index, step in enumerate(steps) if step.indicator]
    if marked:
        marks = graph.add("Cast", missing, to=TensorProto.DOUBLE)
        blocks.add(graph.take(marks, marked), [places[index] + 1 for index in marked])


def _words(graph: Graph, source: str, step: ColumnTransform) -> str:
    """A word becomes its place, and the place a row of a small table."""
    if not isinstance(step, OneHot | Ordinal):
        raise NotExportableError(f"the transform {type(step).__name__} of {step.column!r} is not known")
    if MISSING in step.vocabulary:
        raise NotExportableError(f"{step.column!r} has the category {MISSING!r}, which stands for a missing one")
    size = len(step.vocabulary)
    place = graph.add(
        "LabelEncoder",
        source,
        domain=ML,
        keys_strings=[*step.vocabulary, MISSING],
        values_int64s=list(range(size + 1)),
        default_int64=size + 1,
    )
    flat = graph.add("Reshape", place, graph.constant(np.array([-1], dtype=np.int64)))
    return graph.add("Gather", graph.doubles(_table(step)), flat, axis=0)


def _table(step: OneHot | Ordinal) -> np.ndarray:
    """Rows of the matrix for every known word, then for a missing one, then for an unseen one."""
    size = len(step.vocabulary)
    if isinstance(step, Ordinal):
        return np.array([*map(float, range(size)), np.nan, -1.0])[:, None]
    rows = np.zeros((size + 2, len(step.outputs)))
    rows[np.arange(size), np.arange(size)] = 1.0
    if step.missing:
        rows[size, -1] = 1.0
    if step.unseen:
        rows[size + 1, size] = 1.0
    return rows
