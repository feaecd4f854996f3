"""The trees that are read from a framework answer as the framework does, in our own predictor."""

from __future__ import annotations

import numpy as np
import pytest

from mainspring.data import Ordinal
from mainspring.models.adapters.onnx_export import read_form
from mainspring.models.ports import NotExportableError, Recipe
from mainspring.models.training import train
from mainspring.models.training.estimators import trainer

HIST = "sklearn.ensemble.HistGradientBoostingClassifier"


def near_thresholds(matrix, form, seed=0):
    """Rows in which every value lies on a threshold, next to one, or is missing."""
    random = np.random.default_rng(seed)
    rows = matrix[random.integers(0, len(matrix), 400)].copy()
    for column, thresholds in form.boundaries().items():
        chosen = thresholds[random.integers(0, len(thresholds), len(rows))]
        way = random.choice([-np.inf, 0.0, np.inf], len(rows))
        moved = np.where(way == 0.0, chosen, np.nextafter(chosen, way))
        single = np.nextafter(chosen.astype(np.float32), way.astype(np.float32)).astype(np.float64)
        rows[:, column] = np.where(random.random(len(rows)) < 0.5, moved, single)
    return rows


@pytest.mark.parametrize("task", ["binary", "several", "regression"])
@pytest.mark.parametrize(
    "name",
    ["tree.DecisionTree", "ensemble.RandomForest", "ensemble.ExtraTrees", "ensemble.HistGradientBoosting", "LGBM"],
)
def test_readers(name, task, tables, transforms):
    kind = "Regressor" if task == "regression" else "Classifier"
    estimator = f"lightgbm.LGBM{kind}" if name == "LGBM" else f"sklearn.{name}{kind}"
    size = {"ensemble.HistGradientBoosting": {"max_iter": 10}, "tree.DecisionTree": {}}.get(
        name, {"n_estimators": 10}
    )
    model = train(tables[task], transforms[task, "gaps"], estimator=estimator, params=size)
    form = read_form(model.fitted, classification=task != "regression")
    matrix = model.transform.apply(tables[task])
    rows = near_thresholds(matrix, form)
    rows[np.random.default_rng(1).random(rows.shape) < 0.1] = np.nan
    for sample in (matrix, rows):
        np.testing.assert_allclose(form.scores(sample), model.fitted.scores(sample), rtol=0, atol=1e-13)


@pytest.mark.parametrize("framework", ["lightgbm", "sklearn"])
def test_categories_and_values_outside_them(framework, tables, transforms):
    transform = transforms["several", "gaps"]
    words = [place for place, step in enumerate(transform.steps) if isinstance(step, Ordinal)]
    estimator, params = {
        "lightgbm": (
            "LGBMClassifier",
            {"categorical_feature": words, "min_data_per_group": 5, "n_estimators": 10},
        ),
        "sklearn": (HIST, {"categorical_features": words, "max_iter": 10}),
    }[framework]
    model = train(tables["several"], transform, estimator=estimator, params=params)
    form = read_form(model.fitted, classification=True)
    assert form.categories
    matrix = transform.apply(tables["several"])
    for odd in (-1.0, -0.5, 1.5, 77.0, 1e6, np.nan):
        changed = matrix.copy()
        changed[:, words] = odd
        np.testing.assert_allclose(form.scores(changed), model.fitted.scores(changed), rtol=0, atol=1e-13)


def test_the_sums_of_a_forest_are_equal_to_the_last_bit(tables, transforms):
    model = train(
        tables["several"],
        transforms["several", "gaps"],
        estimator="RandomForestClassifier",
        params={"n_estimators": 33},
    )
    matrix = model.transform.apply(tables["several"])
    form = read_form(model.fitted, classification=True)
    assert np.array_equal(form.scores(matrix), model.fitted.scores(matrix))


@pytest.mark.parametrize("options", [{}, {"zero_as_missing": True}, {"use_missing": False}], ids=str)
def test_values_next_to_zero(options, tables, transforms):
    """LightGBM drops values within 1e-35 (in float32) from a row before it predicts."""
    params = {"n_estimators": 10, **options}
    model = train(tables["binary"], transforms["binary", "gaps"], estimator="LGBMClassifier", params=params)
    form = read_form(model.fitted, classification=True)
    matrix = model.transform.apply(tables["binary"])[:60]
    edge = float(np.float32(1e-35))
    for column in range(matrix.shape[1]):
        for size in (0.0, 1e-300, 1e-35, edge, np.nextafter(edge, 1), 1e-34):
            for value in (size, -size):
                changed = matrix.copy()
                changed[:, column] = value
                np.testing.assert_allclose(form.scores(changed), model.fitted.scores(changed), rtol=0, atol=1e-13)


def test_an_infinite_threshold_that_json_cannot_hold():
    """LightGBM writes 1e300 into its dump where a threshold is infinite: only a missing value goes right."""
    random = np.random.default_rng(0)
    matrix = random.normal(size=(400, 1))
    matrix[:200] = np.nan
    target = np.isnan(matrix[:, 0]).astype(np.int64)
    fitted = trainer("lightgbm").fit(Recipe("lightgbm.LGBMClassifier", {}, 0, ("a", "b")), matrix, target)
    form = read_form(fitted, classification=True)
    rows = np.array([[1e299], [1e300], [1.1e300], [1.7e308], [-1.7e308], [np.nan]])
    np.testing.assert_allclose(form.scores(rows), fitted.scores(rows), rtol=0, atol=1e-15)


@pytest.mark.parametrize(
    ("estimator", "params", "why"),
    [
        ("LGBMRegressor", {"linear_tree": True}, "linear models"),
        ("LGBMRegressor", {"objective": "cross_entropy"}, "does not fit the task"),
        ("KNeighborsRegressor", {}, "neither linear nor made of trees"),
    ],
)
def test_what_cannot_be_read(estimator, params, why, tables, transforms):
    table = tables["regression"].sql("select * replace (0.5 + 0.4 * sin(label) as label) from this")
    model = train(table, transforms["regression", "filled"], estimator=estimator, params=params)
    with pytest.raises(NotExportableError, match=why):
        read_form(model.fitted, classification=False)
