"""What is read off the trees must be what asking about every row at every point gives."""

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.evaluation.explanation import Asked
from mainspring.evaluation.explanation.effects import partial_dependence
from mainspring.models import train
from mainspring.models.explaining.effects import tree_partial_dependence

BOOSTED = {"n_estimators": 15, "num_leaves": 8, "verbose": -1}


@pytest.mark.parametrize(
    ("estimator", "params", "task", "scale"),
    [
        ("lightgbm.LGBMClassifier", BOOSTED, "binary", "logit"),
        ("lightgbm.LGBMRegressor", {**BOOSTED, "zero_as_missing": True}, "regression", "value"),
        ("sklearn.ensemble.RandomForestClassifier", {"n_estimators": 8, "max_depth": 6}, "several", "probability"),
        ("sklearn.ensemble.HistGradientBoostingClassifier", {"max_iter": 15}, "binary", "logit"),
    ],
)
@pytest.mark.parametrize("categories", ["onehot", "ordinal"])
def test_every_feature_and_a_pair(tables, fit, estimator, params, task, scale, categories):
    table = tables[task]
    model = train(table, fit(table, categories=categories), estimator=estimator, params=params)
    names = [name for name in table.names if name != "label"]
    output = {"output": "middle"} if task == "several" else {}
    asked = Asked.of(model, table.select(names), scale=scale, **output)
    moved = 0.0
    for features in (*names, (names[0], names[-1])):
        brute = partial_dependence(asked, table, features, rows=150, points=70)
        before = asked.spent.rows
        read = tree_partial_dependence(asked, table, features, rows=150, points=70)
        assert asked.spent.rows == before
        assert read.grid == brute.grid
        assert read.values == pytest.approx(brute.values, abs=1e-9)
        moved = max(moved, read.size)
    assert moved > 1e-3


def test_from_the_first_point_on(tables, fit):
    table = tables["binary"]
    model = train(table, fit(table), estimator="lightgbm.LGBMClassifier", params=BOOSTED)
    asked = Asked.of(model, table.select([name for name in table.names if name != "label"]), scale="logit")
    found = tree_partial_dependence(asked, table, "fare", centred=True, rows=50)
    assert found.values == pytest.approx(partial_dependence(asked, table, "fare", centred=True, rows=50).values)
    with pytest.raises(InputError, match="single rows"):
        partial_dependence(asked, table, "fare", individual=True, means=lambda rows, points: np.zeros(1))
    with pytest.raises(InputError, match="scale='logit'"):
        tree_partial_dependence(Asked.of(model, table.rows(0, 1)), table, "fare")
