"""Reads CatBoost's symmetric trees into :class:`mainspring.models.trees.TreeEnsemble`.

The form is that of its JSON files (https://catboost.ai/docs/en/concepts/python-reference_catboost_save_model): all
nodes of a level ask the same question, whether a value in float32 is above a border; the answers of the levels are
the bits of the leaf's number, the first level the lowest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.models.ports import NotExportableError
from mainspring.models.trees import LEAF, Link, TreeEnsemble

LINKS = {
    "Logloss": Link.SIGMOID,
    "CrossEntropy": Link.SIGMOID,
    "MultiClass": Link.SOFTMAX,
    "MultiClassOneVsAll": Link.EACH_SIGMOID,
    "RMSE": Link.IDENTITY,
    "MAE": Link.IDENTITY,
    "MAPE": Link.IDENTITY,
    "Quantile": Link.IDENTITY,
    "Huber": Link.IDENTITY,
    "Expectile": Link.IDENTITY,
    "LogCosh": Link.IDENTITY,
    "Poisson": Link.EXP,
    "Tweedie": Link.EXP,
}
"""By the name of the loss: how sums become scores."""

MOST_DEPTH = 12
"""A symmetric tree of this depth has 4,096 leaves."""


def read_catboost_trees(model: Mapping[str, Any], *, classification: bool, features: int) -> TreeEnsemble:
    """The trees of a model, from its JSON.

    Raises:
        NotExportableError: For trees that are not symmetric, that ask about anything but numbers, or a loss whose
            link is not known.
    """
    if "oblivious_trees" not in model:
        raise NotExportableError("its trees are not symmetric", expected="grow_policy='SymmetricTree'")
    name = str(model["model_info"]["params"]["loss_function"]["type"])
    link = LINKS.get(name)
    if link is None or classification != (link in (Link.SIGMOID, Link.SOFTMAX, Link.EACH_SIGMOID)):
        raise NotExportableError(f"the loss {name!r} is not known", expected="one of " + ", ".join(sorted(LINKS)))
    rises = _missing_is_above(model)
    scale, bias = model["scale_and_bias"]
    base = np.atleast_1d(np.array(bias, dtype=np.float64))
    trees = [_read_tree(tree, rises, len(base), float(scale)) for tree in model["oblivious_trees"]]
    roots = np.cumsum([0, *(len(tree["feature"]) for tree in trees)])[:-1].astype(np.int64)
    for tree, root in zip(trees, roots, strict=True):
        tree["left"], tree["right"] = tree["left"] + root, tree["right"] + root
    joined: dict[str, Any] = {
        column: np.concatenate([tree[column] for tree in trees])
        for column in ("feature", "threshold", "left", "right", "default_left", "value")
    }
    return TreeEnsemble(
        **joined,
        roots=roots,
        targets=np.zeros(len(trees), dtype=np.int64),
        strict=np.zeros(len(joined["feature"]), dtype=bool),
        base=base,
        features=features,
        single_precision=True,
        link=link,
    )


def _missing_is_above(model: Mapping[str, Any]) -> dict[int, bool]:
    """By column: whether a missing value counts as above every border."""
    return {
        int(feature["flat_feature_index"]): feature["nan_value_treatment"] == "AsTrue"
        for feature in model["features_info"].get("float_features", ())
    }


def _read_tree(
    tree: Mapping[str, Any], rises: Mapping[int, bool], outputs: int, scale: float
) -> dict[str, npt.NDArray[Any]]:
    """A tree with its levels written out as nodes, the root first."""
    splits = tree["splits"] or []
    if any(split["split_type"] != "FloatFeature" for split in splits):
        raise NotExportableError("its trees ask about categories or texts", expected="a matrix of numbers")
    depth = len(splits)
    if depth > MOST_DEPTH:
        raise NotExportableError(f"its trees have {depth} levels", expected=f"at most {MOST_DEPTH}")
    inner, leaves = 2**depth - 1, 2**depth
    index = np.arange(inner)
    # The root asks the last split: it is the highest bit of the leaf's number.
    level = np.floor(np.log2(index + 1)).astype(np.int64)
    asked = [splits[depth - 1 - place] for place in level]
    values = scale * np.array(tree["leaf_values"], dtype=np.float64).reshape(leaves, outputs)
    nothing = np.zeros(leaves, dtype=np.int64)
    return {
        "feature": np.array([*(s["float_feature_index"] for s in asked), *(nothing + LEAF)], dtype=np.int64),
        "threshold": np.array([*(np.float32(s["border"]) for s in asked), *nothing], dtype=np.float64),
        "left": np.concatenate([2 * index + 1, nothing]),
        "right": np.concatenate([2 * index + 2, nothing]),
        "default_left": np.array(
            [*(not rises.get(int(s["float_feature_index"]), False) for s in asked), *(nothing > 0)], dtype=bool
        ),
        "value": np.concatenate([np.zeros((inner, outputs)), values]),
    }
