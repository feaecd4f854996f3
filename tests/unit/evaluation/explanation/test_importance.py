"""Permutation importance: scikit-learn's figures, groups, and both ways of a metric."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import permutation_importance as by_sklearn

from mainspring.core import InputError
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.explanation import Budget, BudgetError
from mainspring.evaluation.explanation.importance import Importance, permutation_importance

RNG = np.random.default_rng(0)
N = 400
X = RNG.normal(size=(N, 3))
X[:, 2] = X[:, 0]
Y = np.where(X[:, 0] + 0.3 * X[:, 1] + 0.2 * RNG.normal(size=N) > 0, "yes", "no")
TABLE = Table.from_columns({"a": X[:, 0], "b": X[:, 1], "copy": X[:, 2], "label": Y.tolist()})
FOREST = RandomForestClassifier(20, max_depth=4, random_state=0).fit(X, Y)


class Model:
    def predict(self, table):
        matrix = np.column_stack([table.column(name) for name in ("a", "b", "copy")])
        return Predictions(("no", "yes"), FOREST.predict_proba(matrix))


def test_figures_are_scikit_learns():
    theirs = by_sklearn(FOREST, X, Y, n_repeats=3, random_state=7, scoring="accuracy")
    ours = permutation_importance(Model(), TABLE, label="label", metric="accuracy", repeats=3, seed=7)
    for name, values in zip(("a", "b", "copy"), theirs.importances.tolist(), strict=True):
        assert ours.losses[name] == pytest.approx(values, abs=1e-12)


def test_copies_hide_each_other_and_a_group_does_not():
    groups = {"a": ["a"], "both": ["a", "copy"], "b": ["b"]}
    found = permutation_importance(Model(), TABLE, label="label", metric="log_loss", features=groups)
    assert found.means["both"] > 2 * found.means["a"] > 0
    assert next(iter(found.means)) == "both"
    assert all(error >= 0 for error in found.standard_errors.values())
    assert str(found).startswith("log_loss")


def test_they_are_kept(tmp_path):
    found = permutation_importance(Model(), TABLE, label="label", metric="auc", repeats=2)
    found.save(tmp_path)
    assert Importance.load(tmp_path) == found


def test_a_budget_is_kept():
    with pytest.raises(BudgetError, match="3 calls"):
        permutation_importance(Model(), TABLE, label="label", metric="auc", budget=Budget(calls=3))


def test_what_cannot_be_shuffled():
    with pytest.raises(InputError, match="'height'"):
        permutation_importance(Model(), TABLE, label="label", metric="auc", features=["height"])
    with pytest.raises(InputError, match="neither better"):
        permutation_importance(Model(), TABLE, label="label", metric="base_rate")
    with pytest.raises(InputError, match="no figure"):
        permutation_importance(Model(), TABLE, label="label", metric="rmse")
