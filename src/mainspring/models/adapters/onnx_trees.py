"""Emits trees as one ``TreeEnsemble`` of ``ai.onnx.ml`` 5 in float64.

The operator is https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html. Its leaves have one value each: an
ensemble whose leaves have several is written once for each of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import TensorProto

from mainspring.models.adapters.onnx_graph import ML, Graph, tensor
from mainspring.models.adapters.onnx_links import emit_link
from mainspring.models.ports import NotExportableError
from mainspring.models.trees import LEAF, ZERO, Codes, TreeEnsemble

MOST_NODES = 20_000_000
"""Larger ensembles would not fit one file (2 GiB)."""

AT_MOST, BELOW, AMONG = 0, 1, 6
"""The operator's codes for ``<=``, ``<`` and set membership."""

SUM = 1
"""The operator's code for adding up leaves."""


def emit_trees(graph: Graph, form: TreeEnsemble, matrix: str) -> str:
    """Scores of an ensemble, ``[n, classes]`` or ``[n, 1]``.

    Raises:
        NotExportableError: If it is too large for one file.
    """
    width = form.value.shape[1]
    if len(form.feature) * width > MOST_NODES:
        raise NotExportableError(f"{len(form.feature)} nodes with {width} values are too many for one file")
    values, moved = _prepared(graph, form, matrix)
    sums = graph.add("TreeEnsemble", values, domain=ML, **_attributes(form, moved))
    if form.base.any():
        sums = graph.add("Add", sums, graph.doubles(form.base[None, :]))
    if form.divisor != 1.0:
        sums = graph.add("Div", sums, graph.doubles([form.divisor]))
    return emit_link(graph, sums, form.link, form.slope, form.outputs)


def _prepared(graph: Graph, form: TreeEnsemble, matrix: str) -> tuple[str, dict[int, int]]:
    """What the nodes compare, and for each coded feature the column that its codes were appended as."""
    values = matrix
    if form.single_precision:
        values = graph.add("Cast", graph.add("Cast", values, to=TensorProto.FLOAT), to=TensorProto.DOUBLE)
    if form.flushes_zeros or form.zero_is_missing:
        # What small values become depends on the column.
        zeros = np.zeros((1, form.features))
        zeros[0, list(form.zero_is_missing)] = np.nan
        small = graph.add("LessOrEqual", graph.add("Abs", values), graph.doubles([ZERO]))
        values = graph.add("Where", small, graph.doubles(zeros), values)
    coded = [_coded(graph, graph.take(values, [column]), codes) for column, codes in form.codes.items()]
    if coded:
        values = graph.add("Concat", values, *coded, axis=1)
    return values, {column: form.features + place for place, column in enumerate(form.codes)}


def _coded(graph: Graph, column: str, codes: Codes) -> str:
    """The codes of a column ``[n, 1]``, NaN for missing."""
    nothing = graph.doubles([np.nan])
    if codes.known is None:
        whole = graph.add("Floor", graph.add("Max", column, graph.doubles([0.0])))
        return graph.add("Where", graph.add("Greater", column, graph.doubles([-1.0])), whole, nothing)
    equal = graph.add("Equal", column, graph.doubles([codes.known]))
    marks = graph.add("Cast", equal, to=TensorProto.DOUBLE)
    # The place of the one mark, counted from 1; 0 if there is none.
    place = graph.add("MatMul", marks, graph.doubles(np.arange(1.0, len(codes.known) + 1)[:, None]))
    known = graph.add("Greater", place, graph.doubles([0.0]))
    return graph.add("Where", known, graph.add("Sub", place, graph.doubles([1.0])), nothing)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where nodes and leaves of an ensemble lie in the operator's two lists.

    A tree that is nothing but a leaf gets a stump before it, both ways of which lead to the leaf.
    """

    inner: npt.NDArray[np.int64]
    leaves: npt.NDArray[np.int64]
    bare: npt.NDArray[np.int64]
    place: npt.NDArray[np.int64]

    @classmethod
    def of(cls, form: TreeEnsemble) -> _Layout:
        leaf = form.feature == LEAF
        inner, leaves = np.flatnonzero(~leaf), np.flatnonzero(leaf)
        place = np.empty(len(leaf), dtype=np.int64)
        place[inner], place[leaves] = np.arange(len(inner)), np.arange(len(leaves))
        return cls(inner, leaves, form.roots[leaf[form.roots]], place)

    @property
    def nodes(self) -> int:
        """How many nodes there are, stumps included."""
        return len(self.inner) + len(self.bare)

    def asked(self, values: npt.NDArray[Any], stump: Any) -> npt.NDArray[Any]:
        """Values of the nodes that ask, then of the stumps."""
        return np.concatenate([values[self.inner], np.full(len(self.bare), stump, dtype=values.dtype)])

    def roots(self, roots: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The place of each tree's first node."""
        is_bare = np.isin(roots, self.bare)
        found = self.place[roots]
        found[is_bare] = len(self.inner) + np.arange(len(self.bare))
        return found


def _attributes(form: TreeEnsemble, moved: dict[int, int]) -> dict[str, Any]:
    layout = _Layout.of(form)
    copies = form.value.shape[1]
    features = np.array([moved.get(int(column), int(column)) for column in form.feature], dtype=np.int64)
    default_left = layout.asked(form.default_left, False)
    roots = layout.roots(form.roots)
    return {
        "aggregate_function": SUM,
        "n_targets": form.outputs,
        "post_transform": 0,
        "tree_roots": _shifted(roots, np.full(len(roots), layout.nodes), copies),
        "nodes_featureids": np.tile(layout.asked(features, 0), copies).tolist(),
        "nodes_missing_value_tracks_true": np.tile(default_left, copies).astype(int).tolist(),
        "leaf_targetids": _shifted(_targets(form, layout.leaves), np.ones(len(layout.leaves)), copies),
        "leaf_weights": tensor(form.value[layout.leaves].T.reshape(-1)),
        **_questions(form, layout, copies),
        **_children(form, layout, copies, "true"),
        **_children(form, layout, copies, "false"),
    }


def _questions(form: TreeEnsemble, layout: _Layout, copies: int) -> dict[str, Any]:
    """What each node asks: a mode and a threshold, or a set of codes."""
    members = [form.categories.get(int(node)) for node in layout.inner]
    modes = np.where(layout.asked(form.strict, False), BELOW, AT_MOST).astype(np.uint8)
    modes[[index for index, codes in enumerate(members) if codes]] = AMONG
    splits = layout.asked(form.threshold, 0.0)
    # A set without members: nothing but a missing value may go left.
    splits[[index for index, codes in enumerate(members) if codes == ()]] = -np.inf
    questions = {"nodes_modes": tensor(np.tile(modes, copies)), "nodes_splits": tensor(np.tile(splits, copies))}
    # Sets are written one behind the other, in the order of their nodes, with NaN after each.
    sets = [value for codes in members if codes for value in (*codes, np.nan)]
    if sets:
        questions["membership_values"] = tensor(np.array(sets * copies, dtype=np.float64))
    return questions


def _children(form: TreeEnsemble, layout: _Layout, copies: int, way: str) -> dict[str, list[int]]:
    """Where one way out of each node leads: to another node, or to a leaf."""
    child = (form.left if way == "true" else form.right)[layout.inner]
    ids = np.concatenate([layout.place[child], layout.place[layout.bare]])
    is_leaf = np.concatenate([form.feature[child] == LEAF, np.ones(len(layout.bare), dtype=bool)])
    step = np.where(is_leaf, len(layout.leaves), layout.nodes)
    return {
        f"nodes_{way}nodeids": _shifted(ids, step, copies),
        f"nodes_{way}leafs": np.tile(is_leaf, copies).astype(int).tolist(),
    }


def _shifted(ids: npt.NDArray[np.int64], step: npt.NDArray[Any], copies: int) -> list[int]:
    """The indices of every copy, each moved by one step more."""
    moved = [ids + copy * step.astype(np.int64) for copy in range(copies)]
    return [int(value) for value in np.concatenate(moved).tolist()]


def _targets(form: TreeEnsemble, leaves: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The output of each leaf: that of the tree it belongs to; trees lie one behind the other."""
    tree = np.searchsorted(form.roots, leaves, side="right") - 1
    return np.asarray(form.targets[tree], dtype=np.int64)
