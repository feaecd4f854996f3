"""Reads XGBoost's trees into :class:`mainspring.models.trees.TreeEnsemble`.

The form is that of its JSON files (https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html): a row
goes left where its value, in float32, lies below the threshold; a leaf has its value where a threshold would be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.models.ports import NotExportableError
from mainspring.models.trees import LEAF, Link, TreeEnsemble

LINKS = {
    "binary:logistic": Link.SIGMOID,
    "multi:softprob": Link.SOFTMAX,
    "multi:softmax": Link.SOFTMAX,
    "reg:squarederror": Link.IDENTITY,
    "reg:squaredlogerror": Link.IDENTITY,
    "reg:absoluteerror": Link.IDENTITY,
    "reg:quantileerror": Link.IDENTITY,
    "reg:pseudohubererror": Link.IDENTITY,
    "count:poisson": Link.EXP,
    "reg:gamma": Link.EXP,
    "reg:tweedie": Link.EXP,
}
"""By the name of the objective: how sums become scores."""


def read_xgboost_trees(model: Mapping[str, Any], *, classification: bool) -> TreeEnsemble:
    """The trees of a booster, from its JSON.

    Raises:
        NotExportableError: For linear boosters, trees with several values in a leaf or with categories, or an
            objective whose link is not known.
    """
    learner = model["learner"]
    booster = learner["gradient_booster"]
    objective = str(learner["objective"]["name"])
    link = _link(objective, classification=classification)
    weights: Sequence[float] | None = None
    if booster["name"] == "dart":
        weights, booster = booster["weight_drop"], booster["gbtree"]
    if booster["name"] != "gbtree":
        raise NotExportableError(f"the booster {booster['name']} is not made of trees", expected="gbtree or dart")
    trees = [_read_tree(tree) for tree in booster["model"]["trees"]]
    for place, tree in enumerate(trees):
        if weights is not None:
            tree["value"] = tree["value"] * np.float32(weights[place])
    params = learner["learner_model_param"]
    outputs = max(int(params["num_class"]), 1)
    sizes = [len(tree["feature"]) for tree in trees]
    roots = np.cumsum([0, *sizes])[:-1].astype(np.int64)
    for tree, root in zip(trees, roots, strict=True):
        tree["left"], tree["right"] = tree["left"] + root, tree["right"] + root
    joined: dict[str, Any] = {
        name: np.concatenate([tree[name] for tree in trees])
        for name in ("feature", "threshold", "left", "right", "default_left", "value")
    }
    return TreeEnsemble(
        **joined,
        roots=roots,
        targets=np.array(booster["model"]["tree_info"], dtype=np.int64),
        strict=np.ones(len(joined["feature"]), dtype=bool),
        base=_base(str(params["base_score"]), link, outputs),
        features=int(params["num_feature"]),
        single_precision=True,
        single_sums=True,
        link=link,
    )


def _read_tree(tree: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]]:
    if int(tree["tree_param"].get("size_leaf_vector", "1")) > 1:
        raise NotExportableError("its leaves hold several values", expected="multi_strategy='one_output_per_tree'")
    if tree.get("categories_nodes"):
        raise NotExportableError("its trees ask about categories", expected="a matrix of numbers")
    left = np.array(tree["left_children"], dtype=np.int64)
    leaf = left < 0
    # Written with as many digits as float32 needs, and compared in it.
    conditions = np.array(tree["split_conditions"], dtype=np.float32).astype(np.float64)
    return {
        "feature": np.where(leaf, LEAF, np.array(tree["split_indices"], dtype=np.int64)),
        "threshold": np.where(leaf, 0.0, conditions),
        "left": np.where(leaf, 0, left),
        "right": np.where(leaf, 0, np.array(tree["right_children"], dtype=np.int64)),
        "default_left": ~leaf & np.array(tree["default_left"], dtype=bool),
        "value": np.where(leaf, conditions, 0.0)[:, None],
    }


def _link(objective: str, *, classification: bool) -> Link:
    link = LINKS.get(objective)
    if link is None:
        raise NotExportableError(
            f"the objective {objective!r} is not known", expected="one of " + ", ".join(sorted(LINKS))
        )
    if classification != (link in (Link.SIGMOID, Link.SOFTMAX)):
        raise NotExportableError(f"the objective {objective!r} does not fit the task")
    return link


def _base(text: str, link: Link, outputs: int) -> npt.NDArray[np.float64]:
    """What the sums start from; written as a score, one for all outputs or one for each."""
    scores = np.array([float(part) for part in text.strip("[]").split(",")], dtype=np.float32).astype(np.float64)
    if link is Link.SIGMOID:
        scores = -np.log(1 / scores - 1)
    elif link is Link.EXP:
        scores = np.log(scores)
    return np.broadcast_to(scores, (outputs,)).astype(np.float64)
