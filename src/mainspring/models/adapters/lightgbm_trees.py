"""Reads LightGBM's trees into :class:`mainspring.models.trees.TreeEnsemble`.

The rules of its decisions are those of ``Tree::NumericalDecision`` and ``Tree::CategoricalDecision``
(https://github.com/microsoft/LightGBM/blob/master/include/LightGBM/tree.h).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mainspring.models.ports import NotExportableError
from mainspring.models.trees import LEAF, Codes, Link, TreeEnsemble

INFINITE = 1e300
"""The dump is JSON, which has no infinity: LightGBM writes this number instead."""

LINKS = {
    "binary": Link.SIGMOID,
    "cross_entropy": Link.SIGMOID,
    "multiclass": Link.SOFTMAX,
    "multiclassova": Link.EACH_SIGMOID,
    "poisson": Link.EXP,
    "gamma": Link.EXP,
    "tweedie": Link.EXP,
    "regression": Link.IDENTITY,
    "regression_l1": Link.IDENTITY,
    "huber": Link.IDENTITY,
    "fair": Link.IDENTITY,
    "quantile": Link.IDENTITY,
    "mape": Link.IDENTITY,
}
"""By the name of the objective: how sums become scores."""


def read_lightgbm_trees(booster: Any, *, classification: bool) -> TreeEnsemble:
    """The trees of a booster.

    Raises:
        NotExportableError: For linear trees, or an objective whose link is not known.
    """
    dump = booster.dump_model()
    nodes = _Nodes()
    roots = [nodes.add(tree["tree_structure"]) for tree in dump["tree_info"]]
    outputs = int(dump["num_tree_per_iteration"])
    link, slope = _link(str(dump.get("objective", "")))
    if classification != (link in (Link.SIGMOID, Link.SOFTMAX, Link.EACH_SIGMOID)):
        raise NotExportableError(f"the objective {dump.get('objective')!r} does not fit the task")
    averaged = bool(dump.get("average_output", False))
    return TreeEnsemble(
        roots=np.array(roots, dtype=np.int64),
        targets=np.arange(len(roots), dtype=np.int64) % outputs,
        feature=np.array(nodes.feature, dtype=np.int64),
        threshold=np.array(nodes.threshold, dtype=np.float64),
        strict=np.zeros(len(nodes.feature), dtype=bool),
        left=np.array(nodes.left, dtype=np.int64),
        right=np.array(nodes.right, dtype=np.int64),
        default_left=np.array(nodes.default_left, dtype=bool),
        value=np.array(nodes.value, dtype=np.float64)[:, None],
        base=np.zeros(outputs),
        features=int(dump["max_feature_idx"]) + 1,
        categories=nodes.categories,
        codes=dict.fromkeys(sorted(nodes.categorical), Codes()),
        flushes_zeros=True,
        zero_is_missing=frozenset(nodes.zero_is_missing),
        divisor=len(roots) / outputs if averaged and roots else 1.0,
        link=link,
        slope=slope,
    )


class _Nodes:
    """Collects nested nodes into flat lists."""

    def __init__(self) -> None:
        self.feature: list[int] = []
        self.threshold: list[float] = []
        self.left: list[int] = []
        self.right: list[int] = []
        self.default_left: list[bool] = []
        self.value: list[float] = []
        self.categories: dict[int, tuple[int, ...]] = {}
        self.categorical: set[int] = set()
        self.zero_is_missing: set[int] = set()

    def add(self, root: dict[str, Any]) -> int:
        """Add a tree; gives the index of its root. Chains may be deeper than Python's stack."""
        first = self._append(root)
        waiting = [(root, first)]
        while waiting:
            node, index = waiting.pop()
            if "split_index" not in node:
                continue
            for side, children in (("left_child", self.left), ("right_child", self.right)):
                children[index] = self._append(node[side])
                waiting.append((node[side], children[index]))
        return first

    def _append(self, node: dict[str, Any]) -> int:
        index = len(self.feature)
        split = "split_index" in node
        if "leaf_coeff" in node or "leaf_const" in node:
            raise NotExportableError("its leaves hold linear models", expected="linear_tree=False")
        self.feature.append(int(node["split_feature"]) if split else LEAF)
        self.threshold.append(0.0)
        self.left.append(0)
        self.right.append(0)
        self.default_left.append(False)
        self.value.append(0.0 if split else float(node["leaf_value"]))
        if split:
            self._read_split(node, index)
        return index

    def _read_split(self, node: dict[str, Any], index: int) -> None:
        feature = self.feature[index]
        if node["decision_type"] == "==":
            self.categories[index] = tuple(sorted(int(code) for code in str(node["threshold"]).split("||")))
            self.categorical.add(feature)
            return
        threshold = float(node["threshold"])
        if abs(threshold) >= INFINITE:
            threshold = math.copysign(math.inf, threshold)
        self.threshold[index] = threshold
        # Without a kind of missing value, a missing one is compared as zero.
        missing = node["missing_type"]
        self.default_left[index] = threshold >= 0.0 if missing == "None" else bool(node["default_left"])
        if missing == "Zero":
            self.zero_is_missing.add(feature)


def _link(objective: str) -> tuple[Link, float]:
    """The link of an objective, written as LightGBM does: a name, and words such as ``sigmoid:1``."""
    name, *words = objective.split() or [""]
    if name not in LINKS:
        raise NotExportableError(
            f"the objective {objective!r} is not known", expected="one of " + ", ".join(sorted(LINKS))
        )
    options = dict(word.partition(":")[::2] for word in words)
    if "sqrt" in options:
        return Link.SIGNED_SQUARE, 1.0
    return LINKS[name], float(options.get("sigmoid", 1.0))
