"""Tree SHAP: exact Shapley values of a model of trees, by raw column."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from mainspring.data import Table
from mainspring.evaluation.explanation import Asked, Attributions, Background
from mainspring.evaluation.explanation.shapley.trees import Bits, Paths, interventional_tree_shap, sets_of
from mainspring.models.explaining.sums import matrix_of, mixed_with, model_of, output_of, owners, told
from mainspring.models.model import Model
from mainspring.models.trees import LEAF, TreeEnsemble

METHOD = "tree_shap"


def by_tree_shap(asked: Asked, rows: Table, *, background: Background, seed: int = 0) -> Attributions:
    """Exact interventional Shapley values of trees: no call of the model but one for the answers themselves.

    All features made of one raw column are known together, so that the values are those of raw columns by
    definition and not sums of the values of their parts.

    Args:
        asked: A trained model of trees: ``scale="logit"`` for boosted trees of two classes, ``"probability"`` for
            forests, ``"value"`` for regressions.
        rows: The rows to explain.
        background: What stands for the rest.
        seed: Not used: nothing is left to chance.

    Raises:
        InputError: If the model has no trees, is calibrated, its answer is no sum on that scale, or a feature is
            made of two raw columns.
        ResidualError: If the values miss the model's own answer.
    """
    model, form = model_of(asked, TreeEnsemble, METHOD)
    output = output_of(asked, form.link, form.slope, METHOD)
    features = background.features
    owner = owners(model, features)
    paths = _paths(form, tuple(owner.tolist()), output.place)
    columns = asked.columns(rows)
    answers = form.answers(matrix_of(model, columns))
    sums = np.empty((rows.num_rows, len(features) + 1))
    base = np.empty(rows.num_rows)
    alone = set(asked.names) <= set(features)
    others, start = _background(model, form, background, output.place)
    for place in range(rows.num_rows):
        if not alone:
            # Columns that are not explained keep the row's values in the background too.
            mixed = matrix_of(model, mixed_with(background, columns, place))
            others, start = _beside(form, mixed, output.place)
        one = answers[place : place + 1]
        sums[place] = interventional_tree_shap(paths, one, others, len(background), len(features) + 1)[0, :, 0]
        base[place] = start
    scale = output.sign * output.slope
    return told(
        METHOD, asked, columns, background, base * scale, sums[:, :-1] * scale, {"variant": "interventional"}
    )


@functools.lru_cache(maxsize=8)
def _paths(form: TreeEnsemble, owner: tuple[int, ...], output: int) -> Paths:
    """The ways to all leaves, walked once for all rows; features have the raw column of that place as player."""
    player = np.where(form.feature == LEAF, -1, np.array(owner)[np.maximum(form.feature, 0)])
    return Paths.of(
        roots=form.roots, left=form.left, right=form.right, player=player, values=values_of(form, output)
    )


def values_of(form: TreeEnsemble, output: int) -> npt.NDArray[np.float64]:
    """What each node, were it a leaf, adds to one output, shape ``[nodes, 1]``."""
    sizes = np.diff(np.append(form.roots, len(form.feature)))
    places = output - np.repeat(form.targets, sizes)
    within = (places >= 0) & (places < form.value.shape[1])
    picked = np.take_along_axis(form.value, np.where(within, places, 0)[:, None], axis=1)
    return np.where(within[:, None], picked, 0.0) / form.divisor


@functools.lru_cache(maxsize=4)
def _background(model: Model, form: TreeEnsemble, background: Background, output: int) -> tuple[Bits, float]:
    """The background beside which rows go down the trees, answered once for all of them."""
    return _beside(form, matrix_of(model, background.columns), output)


def _beside(form: TreeEnsemble, matrix: npt.NDArray[np.float64], output: int) -> tuple[Bits, float]:
    return sets_of(form.answers(matrix)), float(form.sums(matrix)[:, output].mean())
