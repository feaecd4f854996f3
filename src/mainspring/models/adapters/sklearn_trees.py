"""Reads scikit-learn's trees, forests and boosted trees into :class:`mainspring.models.trees.TreeEnsemble`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from mainspring.models.ports import NotExportableError
from mainspring.models.trees import LEAF, Codes, Link, TreeEnsemble

FORESTS = (RandomForestClassifier, RandomForestRegressor, ExtraTreesClassifier, ExtraTreesRegressor)
SINGLE_TREES = (DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor)
BOOSTED = (GradientBoostingClassifier, GradientBoostingRegressor)
HISTOGRAM_BOOSTED = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)

LINKS = {
    "HalfBinomialLoss": (Link.SIGMOID, 1.0),
    "ExponentialLoss": (Link.SIGMOID, 2.0),
    "HalfMultinomialLoss": (Link.SOFTMAX, 1.0),
    "HalfPoissonLoss": (Link.EXP, 1.0),
    "HalfGammaLoss": (Link.EXP, 1.0),
    "HalfSquaredError": (Link.IDENTITY, 1.0),
    "AbsoluteError": (Link.IDENTITY, 1.0),
    "PinballLoss": (Link.IDENTITY, 1.0),
    "HuberLoss": (Link.IDENTITY, 1.0),
}
"""By the name of the loss: how sums become scores, and the slope of the sigmoid."""


def read_sklearn_trees(estimator: Any) -> TreeEnsemble | None:
    """The trees of a fitted estimator; ``None`` if it is of another kind.

    Subclasses are of another kind: they may have changed how the trees are combined.

    Raises:
        NotExportableError: If it has something beside trees (a start estimator, several targets).
    """
    kind = type(estimator)
    if kind in SINGLE_TREES:
        return _averaged([estimator], estimator)
    if kind in FORESTS:
        return _averaged(estimator.estimators_, estimator)
    if kind in BOOSTED:
        return _boosted(estimator)
    if kind in HISTOGRAM_BOOSTED:
        return _histogram_boosted(estimator)
    return None


def _averaged(trees: Sequence[Any], estimator: Any) -> TreeEnsemble:
    if estimator.n_outputs_ != 1:
        raise NotExportableError("the estimator has several targets", expected="one target")
    arrays = [_read_tree(tree.tree_) for tree in trees]
    width = arrays[0]["value"].shape[1]
    return TreeEnsemble(
        **_joined(arrays),
        targets=np.zeros(len(trees), dtype=np.int64),
        base=np.zeros(width),
        features=estimator.n_features_in_,
        single_precision=True,
        divisor=float(len(trees)),
    )


def _boosted(estimator: Any) -> TreeEnsemble:
    features = estimator.n_features_in_
    if estimator.init_ != "zero" and not type(estimator.init_).__module__.startswith("sklearn.dummy"):
        raise NotExportableError("the boosting starts from another estimator", expected="the default start")
    arrays, targets = [], []
    for stage in estimator.estimators_:
        for target, tree in enumerate(stage):
            read = _read_tree(tree.tree_)
            arrays.append({**read, "value": estimator.learning_rate * read["value"]})
            targets.append(target)
    link, slope = _link(estimator._loss)
    return TreeEnsemble(
        **_joined(arrays),
        targets=np.array(targets, dtype=np.int64),
        base=estimator._raw_predict_init(np.zeros((1, features)))[0].astype(np.float64),
        features=features,
        single_precision=True,
        link=link,
        slope=slope,
    )


def _histogram_boosted(estimator: Any) -> TreeEnsemble:
    features = estimator.n_features_in_
    order, codes = np.arange(features), {}
    if estimator.is_categorical_ is not None:
        # Inside, the categorical columns come first.
        order = np.argsort(~estimator.is_categorical_, kind="stable")
        encoder = estimator._preprocessor.named_transformers_["encoder"]
        for column, known in zip(order, encoder.categories_, strict=False):
            codes[int(column)] = Codes(tuple(float(value) for value in known if value == value))
    arrays, targets = [], []
    categories: dict[int, tuple[int, ...]] = {}
    start = 0
    for stage in estimator._predictors:
        for target, predictor in enumerate(stage):
            nodes = predictor.nodes
            arrays.append(_read_nodes(nodes, order))
            targets.append(target)
            for node in np.flatnonzero(nodes["is_categorical"] & ~nodes["is_leaf"].astype(bool)):
                bits = predictor.raw_left_cat_bitsets[nodes["bitset_idx"][node]]
                categories[start + int(node)] = _codes_in(bits)
            start += len(nodes)
    link, slope = _link(estimator._loss)
    return TreeEnsemble(
        **_joined(arrays),
        targets=np.array(targets, dtype=np.int64),
        base=np.asarray(estimator._baseline_prediction, dtype=np.float64).reshape(-1),
        features=features,
        categories=categories,
        codes=codes,
        link=link,
        slope=slope,
    )


def _read_tree(tree: Any) -> dict[str, npt.NDArray[Any]]:
    leaf = tree.children_left < 0
    return {
        "feature": np.where(leaf, LEAF, tree.feature).astype(np.int64),
        "threshold": np.where(leaf, 0.0, tree.threshold),
        "left": np.where(leaf, 0, tree.children_left).astype(np.int64),
        "right": np.where(leaf, 0, tree.children_right).astype(np.int64),
        "default_left": ~leaf & tree.missing_go_to_left.astype(bool),
        "value": tree.value[:, 0, :].astype(np.float64),
    }


def _read_nodes(nodes: Any, order: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[Any]]:
    leaf = nodes["is_leaf"].astype(bool)
    return {
        "feature": np.where(leaf, LEAF, order[np.where(leaf, 0, nodes["feature_idx"])]).astype(np.int64),
        "threshold": np.where(leaf, 0.0, nodes["num_threshold"]).astype(np.float64),
        "left": np.where(leaf, 0, nodes["left"]).astype(np.int64),
        "right": np.where(leaf, 0, nodes["right"]).astype(np.int64),
        "default_left": ~leaf & nodes["missing_go_to_left"].astype(bool),
        "value": nodes["value"].astype(np.float64)[:, None],
    }


def _joined(trees: Sequence[dict[str, npt.NDArray[Any]]]) -> dict[str, Any]:
    """The arrays of several trees behind one another, with the children's indices moved."""
    roots = np.cumsum([0, *(len(tree["feature"]) for tree in trees)])[:-1].astype(np.int64)
    moved = [
        {**tree, "left": tree["left"] + root, "right": tree["right"] + root}
        for tree, root in zip(trees, roots, strict=True)
    ]
    joined = {name: np.concatenate([tree[name] for tree in moved]) for name in moved[0]}
    return {**joined, "roots": roots, "strict": np.zeros(len(joined["feature"]), dtype=bool)}


def _codes_in(bits: npt.NDArray[np.uint32]) -> tuple[int, ...]:
    return tuple(code for code in range(32 * len(bits)) if int(bits[code // 32]) >> (code % 32) & 1)


def _link(loss: Any) -> tuple[Link, float]:
    name = type(loss).__name__
    if name not in LINKS:
        raise NotExportableError(f"the loss {name} is not known", expected="one of " + ", ".join(LINKS))
    return LINKS[name]
