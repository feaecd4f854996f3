"""Fits an estimator on a transformed table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mainspring.core.digests import canonical_json
from mainspring.core.errors import InputError
from mainspring.data import Table, Transform
from mainspring.models.model import Model
from mainspring.models.ports import Recipe
from mainspring.models.training.estimators import find_estimator, trainer


def train(
    table: Table,
    transform: Transform,
    *,
    estimator: str = "lightgbm.LGBMClassifier",
    params: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> Model:
    """Train an estimator on the rows of a table.

    The same table, transform, estimator, parameters and seed give the same bytes on one machine.

    Args:
        table: The training split, with the label.
        transform: Fitted; it also says whether the task is classification or regression.
        estimator: Full name or class name of an estimator of scikit-learn or LightGBM.
        params: Arguments of its constructor: JSON values.
        seed: Of every random choice, unless ``params`` has its own.

    Raises:
        InputError: If there is no such estimator or parameter, if it does the other task, if labels are missing,
            or if it refuses the data.
    """
    given = dict(params or {})
    try:
        canonical_json(given)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"params are not JSON values: {error}", expected="numbers, texts, lists, true, null"
        ) from error
    framework, full = find_estimator(estimator)
    matrix, target = transform.apply(table), transform.labels(table)
    recipe = Recipe(full, given, seed, transform.classes)
    return Model(framework, recipe, trainer(framework).fit(recipe, matrix, target), transform)
