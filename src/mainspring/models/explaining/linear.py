"""Linear SHAP: exact Shapley values of a linear model, by raw column."""

from __future__ import annotations

import numpy as np

from mainspring.data import Table
from mainspring.evaluation.explanation import Asked, Attributions, Background
from mainspring.models.explaining.sums import matrix_of, mixed_with, model_of, output_of, owners, told
from mainspring.models.linear import LinearForm

METHOD = "linear_shap"


def by_linear_shap(asked: Asked, rows: Table, *, background: Background, seed: int = 0) -> Attributions:
    """What each raw column adds: weights times the distance from the background's mean, summed over its features.

    Args:
        asked: A trained linear model: ``scale="logit"`` for two classes, ``"value"`` for regressions.
        rows: The rows to explain.
        background: What stands for the rest.
        seed: Not used: nothing is left to chance.

    Raises:
        InputError: If the model is not linear, is calibrated, its answer is no sum on that scale, or a feature is
            made of two raw columns.
        ResidualError: If the values miss the model's own answer.

    Reference: E. Štrumbelj and I. Kononenko, *Explaining prediction models and individual predictions with feature
    contributions*, Knowledge and Information Systems 41 (2014).
    """
    model, form = model_of(asked, LinearForm, METHOD)
    output = output_of(asked, form.link, 1.0, METHOD)
    features = background.features
    owner = owners(model, features)
    columns = asked.columns(rows)
    matrix = matrix_of(model, columns)
    means = np.empty_like(matrix)
    means[:] = matrix_of(model, background.columns).mean(axis=0)
    if not set(asked.names) <= set(features):
        for place in range(rows.num_rows):
            means[place] = matrix_of(model, mixed_with(background, columns, place)).mean(axis=0)
    weights = form.weights[:, output.place] * output.sign * output.slope
    parts = (matrix - means) * weights
    contributions = np.zeros((rows.num_rows, len(features) + 1))
    np.add.at(contributions.T, owner, parts.T)
    base = means @ weights + form.bias[output.place] * output.sign * output.slope
    return told(METHOD, asked, columns, background, base, contributions[:, :-1], {"variant": "interventional"})
