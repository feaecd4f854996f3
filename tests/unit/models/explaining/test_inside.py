"""What looks inside a model must say what asking it about every mixture of rows says."""

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.evaluation.explanation import Asked, Background, explain
from mainspring.models import train

FORESTS = {"n_estimators": 12, "max_depth": 5}
BOOSTED = {"n_estimators": 15, "num_leaves": 8, "verbose": -1}


def held_against_the_definition(model, table, method, scale, **options):
    background = Background.of(table, rows=12, without=["label"], **options)
    rows = table.rows(20, 24)
    inside = explain(model, rows, background=background, method=method, scale=scale)
    outside = explain(model, rows, background=background, method="exact_shapley", scale=scale)
    assert inside.contributions == pytest.approx(outside.contributions, abs=1e-6)
    assert inside.base == pytest.approx(outside.base, abs=1e-6)
    assert np.abs(inside.contributions).max() > 1e-3
    return inside


@pytest.mark.parametrize(
    ("estimator", "params", "task", "scale"),
    [
        ("lightgbm.LGBMClassifier", BOOSTED, "binary", "logit"),
        ("lightgbm.LGBMRegressor", BOOSTED, "regression", "value"),
        ("sklearn.ensemble.RandomForestClassifier", FORESTS, "binary", "probability"),
        ("sklearn.ensemble.RandomForestClassifier", FORESTS, "several", "probability"),
        ("sklearn.ensemble.HistGradientBoostingClassifier", {"max_iter": 15}, "binary", "logit"),
    ],
)
def test_trees_by_the_definition(tables, fit, estimator, params, task, scale):
    table = tables[task]
    model = train(table, fit(table), estimator=estimator, params=params)
    background = Background.of(table, rows=12, without=["label"])
    rows = table.rows(20, 23)
    output = {"output": "middle"} if task == "several" else {}
    inside = explain(model, rows, background=background, method="tree_shap", scale=scale, **output)
    outside = explain(model, rows, background=background, method="exact_shapley", scale=scale, **output)
    assert inside.contributions == pytest.approx(outside.contributions, abs=1e-6)
    assert inside.base == pytest.approx(outside.base, abs=1e-6)
    assert inside.spent.rows == 3


def test_a_linear_model_by_the_definition(tables, fit):
    table = tables["binary"]
    model = train(table, fit(table), estimator="sklearn.linear_model.LogisticRegression")
    held_against_the_definition(model, table, "linear_shap", "logit")


def test_the_other_class_has_the_opposite_sign(tables, fit):
    table = tables["binary"]
    model = train(table, fit(table), estimator="lightgbm.LGBMClassifier", params=BOOSTED)
    background = Background.of(table, rows=10, without=["label"])
    yes = explain(model, table.rows(0, 2), background=background, method="tree_shap", scale="logit", output="yes")
    no = explain(model, table.rows(0, 2), background=background, method="tree_shap", scale="logit", output="no")
    assert no.contributions == pytest.approx(-yes.contributions)


def test_columns_that_are_not_explained_keep_the_row(tables, fit):
    table = tables["binary"]
    model = train(table, fit(table), estimator="lightgbm.LGBMClassifier", params=BOOSTED)
    held_against_the_definition(model, table, "tree_shap", "logit", features=["fare", "payment"])


def test_what_cannot_be_looked_into(tables, fit):
    table = tables["binary"]
    background = Background.of(table, rows=5, without=["label"])
    boosted = train(table, fit(table), estimator="lightgbm.LGBMClassifier", params=BOOSTED)
    with pytest.raises(InputError, match="scale='logit'"):
        explain(boosted, table.rows(0, 1), background=background, method="tree_shap")
    with pytest.raises(InputError, match="cannot look into lightgbm"):
        explain(boosted, table.rows(0, 1), background=background, method="linear_shap", scale="logit")
    assert Asked.of(boosted, table.rows(0, 1)).predictor is boosted
